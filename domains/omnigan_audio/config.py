"""The audio domain's recipe sections."""

from __future__ import annotations

from pydantic import model_validator

from omnigan.domain import DomainConfig
from omnigan_audio.data_config import AudioData
from omnigan_audio.networks.config import Discriminator, Generator

__all__ = ["AudioConfig"]


class AudioConfig(DomainConfig):
    """Everything in a recipe that belongs to the audio domain."""

    data: AudioData = AudioData()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()

    @model_validator(mode="after")
    def _harmonics_are_those_of_pitches(self) -> AudioConfig:
        for name, section in (
            ("generator", self.generator),
            ("discriminator", self.discriminator),
        ):
            if section.harmonics and (self.data.pitch == "none" or self.generator.vocoder):
                why = "vocoders are given no pitch" if self.generator.vocoder else "set data.pitch"
                raise ValueError(f"has {name}.harmonics but no pitches; {why}, or leave it out")
        return self
