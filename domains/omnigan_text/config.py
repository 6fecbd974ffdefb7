"""The text domain's recipe sections."""

from __future__ import annotations

from omnigan.domain import DomainConfig
from omnigan_text.data_config import TextData
from omnigan_text.networks.config import Discriminator, Generator

__all__ = ["TextConfig"]


class TextConfig(DomainConfig):
    """Everything in a recipe that belongs to the text domain."""

    data: TextData = TextData()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()
