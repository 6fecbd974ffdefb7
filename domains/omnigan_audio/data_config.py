"""The audio domain's ``data`` section."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from omnigan.domain import Section

__all__ = ["SILENCE", "AudioData", "Cut", "Loudness", "SoundFont"]

Cut = Literal["attack", "start", "random"]
Loudness = Literal["none", "peak", "rms"]
Pitch = Annotated[int, Field(ge=0, le=127)]
_Velocity = Annotated[int, Field(ge=1, le=127)]

SILENCE = -60.0
"""Level in dB of full scale below which sounds are silent, if the recipe does not say."""

_LENGTH = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*(s|ms)")
_SHORTEST, _LONGEST = 64, 2**22  # samples


class SoundFont(Section):
    """What the source ``soundfont`` consists of: sounds of a General MIDI SoundFont.

    Every melodic instrument plays every pitch, and every drum kit every hit of General MIDI, tuned
    in steps. Kits have many hits in common: copies are left out.

    Attributes:
        kinds: ``notes`` of instruments, ``drums``, or ``all``.
        families: Families of instruments (piano, organ, strings, ...) and classes of drums (kick,
            snare, hi-hat, tom, cymbal, ...) to take; None takes all but sound effects.
        lowest: Lowest MIDI pitch of notes.
        highest: Highest MIDI pitch of notes.
        velocities: How hard notes and hits are played, 1 to 127. The SoundFont has no layers, so
            that another velocity only changes the level; with ``loudness`` it changes nothing.
        tunings: How often each drum hit is played, tuned evenly from ``-tuning`` to ``tuning``.
        tuning: Semitones.
    """

    kinds: Literal["all", "notes", "drums"] = "all"
    families: tuple[str, ...] | None = None
    lowest: Pitch = 36
    highest: Pitch = 84
    velocities: Annotated[tuple[_Velocity, ...], Field(min_length=1)] = (100,)
    tunings: int = Field(default=25, ge=1, le=1000)
    tuning: float = Field(default=3.0, ge=0, le=12)

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> SoundFont:
        if self.lowest > self.highest:
            raise ValueError(f"lowest ({self.lowest}) must not be above highest ({self.highest})")
        return self


class AudioData(Section):
    """Where the sounds come from and how they become examples of one rate and length.

    Attributes:
        source: A folder of sound files at any depth (WAV, FLAC, OGG, MP3, AIFF, ...), one such
            file, or ``soundfont``: notes and drum hits of the SoundFont that comes with the
            package pretty_midi, rendered by midirenderer.
        soundfont: Which of them.
        rate: Samples per second of the examples, in Hz; files of another rate are resampled.
        length: Length of an example: samples such as 4096, or a time such as ``0.5 s`` or
            ``500 ms``.
        cut: How a file becomes examples. ``attack``: one, which begins just before its first sound
            (for drum hits and notes), searched in its first 30 seconds. ``start``: one, from the
            first sample on. ``random``: every reading takes another part of the file (for
            recordings of any length).
        loudness: ``none`` keeps the level of each file, ``peak`` brings its highest sample to 0.9,
            ``rms`` its mean power to -20 dBFS, or as far as it goes without clipping.
        silence: What stays below this level is silent and left out, in dB of full scale:
            clips by their peak, recordings and random parts of them by their mean power.
        gain: Each reading is made louder by so many dB at random, lowest and highest; never so
            loud that it clips.
        polarity: Each reading turns the waveform upside down with a chance of one half.
        held_out: Share of the files that is never trained on. Where ``cut`` is ``random``, parts of
            files that are too long to be held out as a whole, or too few, are held out instead.
        split_seed: Seed of that split.
        labels: ``none``, ``folder`` (name of the sub-folder), ``auto`` (the SoundFont's families,
            or a ``labels.csv`` in the folder), or a CSV file with a column ``file``: a path, also
            one below the source.
        label_column: Column of the CSV file that holds the label.
        label_names: Every label that occurs; filled in from the data.
        pitch: ``none``, ``auto`` (the SoundFont's own; for files a note such as ``_C#4`` or a MIDI
            number such as ``-61`` at the end of the name), or a column of the CSV file that
            ``labels`` names.
        pitches: MIDI pitches that occur with each label, in the order of ``label_names``; one list
            of all where there are no labels; filled in from the data.
        max_files: Take only so many files or rendered sounds, evenly spread over the sorted names.
    """

    source: str = "soundfont"
    soundfont: SoundFont = SoundFont()
    rate: int = Field(default=8000, ge=4000, le=96000)
    length: int | str = 4096
    cut: Cut = "attack"
    loudness: Loudness = "peak"
    silence: float = Field(default=SILENCE, ge=-120, le=0)
    gain: tuple[Annotated[float, Field(ge=-60, le=60)], Annotated[float, Field(ge=-60, le=60)]] = (
        0.0,
        0.0,
    )
    polarity: bool = False
    held_out: float = Field(default=0.2, gt=0, lt=1)
    split_seed: int = Field(default=0, ge=0)
    labels: str = "none"
    label_column: str = "label"
    label_names: tuple[str, ...] | None = None
    pitch: str = "none"
    pitches: tuple[tuple[Pitch, ...], ...] | None = None
    max_files: int | None = Field(default=None, ge=2)

    @field_validator("length")
    @classmethod
    def _is_length(cls, value: int | str) -> int | str:
        if isinstance(value, str) and _LENGTH.fullmatch(value.strip()) is None:
            raise ValueError("must be a number of samples such as 4096, or a time such as '0.5 s'")
        return value

    @field_validator("gain")
    @classmethod
    def _is_range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] > value[1]:
            raise ValueError("must be two numbers, the lower one first")
        return value

    @model_validator(mode="after")
    def _length_is_sensible(self) -> AudioData:
        if not _SHORTEST <= self.samples <= _LONGEST:
            raise ValueError(
                f"has a length of {self.samples} samples ({self.samples / self.rate:g} s); it must "
                f"be from {_SHORTEST} to {_LONGEST} samples"
            )
        return self

    @property
    def samples(self) -> int:
        """Length of an example in samples."""
        if isinstance(self.length, int):
            return self.length
        match = _LENGTH.fullmatch(self.length.strip())
        assert match is not None  # the validator has seen it
        return round(float(match[1]) * (1e-3 if match[2] == "ms" else 1.0) * self.rate)
