"""The image domain's recipe sections."""

from __future__ import annotations

from omnigan.domain import DomainConfig
from omnigan_image.data_config import ImageData
from omnigan_image.networks.config import Discriminator, Generator

__all__ = ["ImageConfig"]


class ImageConfig(DomainConfig):
    """Everything in a recipe that belongs to the image domain."""

    data: ImageData = ImageData()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()
