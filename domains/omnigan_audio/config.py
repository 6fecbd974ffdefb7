"""The audio domain's recipe sections."""

from __future__ import annotations

from omnigan.domain import DomainConfig
from omnigan_audio.data_config import AudioData
from omnigan_audio.networks.config import Discriminator, Generator

__all__ = ["AudioConfig"]


class AudioConfig(DomainConfig):
    """Everything in a recipe that belongs to the audio domain."""

    data: AudioData = AudioData()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()
