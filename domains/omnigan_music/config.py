"""The music domain's recipe sections."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from omnigan.domain import DomainConfig, Section
from omnigan.errors import listed

__all__ = ["Discriminator", "Generator", "MusicConfig", "MusicData", "Pitch", "Track"]

Pitch = Annotated[int, Field(ge=0, le=127)]


class Track(Section):
    """One track of the model, and which notes of a file belong to it.

    A note belongs to the first track that selects its instrument: ``drums`` selects drum channels;
    ``index`` the n-th non-empty melodic instrument of a file, counted from 0; ``programs`` General
    MIDI programs; ``pattern`` a regular expression searched in the instrument's name, ignoring
    case. A track that says none of them selects every melodic instrument.

    Attributes:
        name: Name shown in reports and written into MIDI files.
        program: General MIDI program that generated files play this track with.
        drums: A drum track: hits have no length, and nothing is transposed.
        index: See above.
        programs: See above.
        pattern: See above.
        monophonic: At most one pitch at a time; None reads it off the data.
        low: Lowest MIDI pitch; None reads it off the data.
        high: Highest MIDI pitch; None reads it off the data.
    """

    name: str = Field(min_length=1)
    program: int = Field(default=0, ge=0, le=127)
    drums: bool = False
    index: int | None = Field(default=None, ge=0)
    programs: tuple[Annotated[int, Field(ge=0, le=127)], ...] | None = None
    pattern: str | None = None
    monophonic: bool | None = None
    low: Pitch | None = None
    high: Pitch | None = None

    @field_validator("pattern")
    @classmethod
    def _is_regular_expression(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from error
        return value

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Track:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low ({self.low}) must not be above high ({self.high})")
        return self


class MusicData(Section):
    """Where the music comes from and how it is cut into phrases.

    Attributes:
        source: A folder of .mid/.midi files, one such file, or ``chorales`` (Bach, from music21).
        tracks: Tracks of the model, or ``auto`` to read them off the data.
        meter: Time signature such as ``3/4``; ``auto`` takes the commonest. Bars in any other are
            left out and counted.
        bars: Bars in a phrase.
        steps_per_beat: Grid steps in a beat (the meter's lower number); ``auto`` reads it off.
        hop: Bars from the start of one training phrase to the next.
        transpose: Each reading of a phrase shifts it by up to so many semitones either way.
        held_out: Share of the pieces that is never trained on.
        split_seed: Seed of that split.
        labels: ``none``, ``folder`` (name of the sub-folder), ``mode`` (major or minor, estimated),
            or a CSV file with a column ``file``.
        label_column: Column of the CSV file that holds the label.
        label_names: Every label that occurs; filled in from the data.
        tempo: Quarter notes per minute of generated files; ``auto`` takes the data's median.
        max_file_mb: Larger files are skipped and counted; reading takes up to 90 times the memory.
    """

    source: str = "chorales"
    tracks: Literal["auto"] | tuple[Track, ...] = "auto"
    meter: str = "auto"
    bars: int = Field(default=4, ge=1, le=64)
    steps_per_beat: Literal["auto"] | Annotated[int, Field(ge=1, le=48)] = "auto"
    hop: int = Field(default=1, ge=1)
    transpose: int = Field(default=3, ge=0, le=12)
    held_out: float = Field(default=0.2, gt=0, lt=1)
    split_seed: int = Field(default=0, ge=0)
    labels: str = "none"
    label_column: str = "label"
    label_names: tuple[str, ...] | None = None
    tempo: Literal["auto"] | Annotated[float, Field(ge=10, le=400)] = "auto"
    max_file_mb: float = Field(default=5.0, gt=0)

    @field_validator("meter")
    @classmethod
    def _is_meter(cls, value: str) -> str:
        if value == "auto":
            return value
        match = re.fullmatch(r"([1-9]\d?)/(1|2|4|8|16)", value)
        if match is None:
            raise ValueError("must be 'auto' or a time signature such as 3/4 or 6/8")
        return value

    @field_validator("tracks")
    @classmethod
    def _names_differ(cls, value: object) -> object:
        if isinstance(value, tuple):
            if not value:
                raise ValueError("must name at least one track, or be 'auto'")
            names = [track.name for track in value]
            twice = sorted(name for name, times in Counter(names).items() if times > 1)
            if twice:
                raise ValueError(f"must have different names, and not twice {listed(twice[:3])}")
        return value


class Generator(Section):
    """The generator network.

    Attributes:
        body: ``melodic`` (omnigan's own), ``hold`` (the same, but each note of a monophonic track
            is chosen without knowing the one before) or ``musegan`` (the published design, as a
            baseline).
        width: Channels of the body.
        latent: Distribution of the latent vectors.
        z: Size of the latent vector of the whole phrase.
        bar_z: Size of the latent vector of each bar.
    """

    body: Literal["melodic", "hold", "musegan"] = "melodic"
    width: int = Field(default=128, ge=8, le=8192)
    latent: Literal["normal", "uniform"] = "normal"
    z: int = Field(default=96, ge=1, le=8192)
    bar_z: int = Field(default=32, ge=1, le=8192)


class Discriminator(Section):
    """The discriminator network.

    Attributes:
        body: ``streams`` (omnigan's own) or ``musegan`` (the published design, as a baseline).
        width: Channels of the body.
    """

    body: Literal["streams", "musegan"] = "streams"
    width: int = Field(default=128, ge=8, le=8192)


class MusicConfig(DomainConfig):
    """Everything in a recipe that belongs to the music domain."""

    data: MusicData = MusicData()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()
