"""The grid that music is quantised to: what one tensor cell means."""

from __future__ import annotations

from dataclasses import dataclass

from omnigan_music.config import MusicData

__all__ = ["Grid", "Voice"]

RESOLUTION = 480
"""MIDI ticks in a quarter note, about."""


@dataclass(frozen=True)
class Voice:
    """A track with nothing left open. ``low`` and ``high`` are MIDI pitches, both included."""

    name: str
    program: int
    drums: bool
    monophonic: bool
    low: int
    high: int


@dataclass(frozen=True)
class Grid:
    """Layout of a phrase ``x`` ``[2, tracks, steps, pitches]`` with values 0 and 1.

    ``x[0]`` is the roll: 1 while a note sounds. ``x[1]`` is the onsets: 1 on the first step of a
    note, so that repeated notes stay apart. A note that was already sounding when the phrase
    begins has its onset on step 0. Pitch axis: ``x[..., p]`` is MIDI pitch ``low + p``.
    """

    voices: tuple[Voice, ...]
    beats_per_bar: int
    beat_unit: int
    steps_per_beat: int
    bars: int
    tempo: float

    @property
    def steps_per_bar(self) -> int:
        return self.beats_per_bar * self.steps_per_beat

    @property
    def steps(self) -> int:
        return self.bars * self.steps_per_bar

    @property
    def low(self) -> int:
        return min(voice.low for voice in self.voices)

    @property
    def high(self) -> int:
        return max(voice.high for voice in self.voices)

    @property
    def pitches(self) -> int:
        return self.high - self.low + 1

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of one phrase, ``(2, tracks, steps, pitches)``."""
        return (2, len(self.voices), self.steps, self.pitches)

    @property
    def quarters_per_step(self) -> float:
        """Length of one step in quarter notes."""
        return 4 / self.beat_unit / self.steps_per_beat

    @property
    def resolution(self) -> int:
        """MIDI ticks in a quarter note, of which a step takes a whole number."""
        steps_per_whole = self.beat_unit * self.steps_per_beat
        return steps_per_whole * max(1, round(RESOLUTION / steps_per_whole))

    @property
    def ticks_per_step(self) -> int:
        return 4 * self.resolution // (self.beat_unit * self.steps_per_beat)

    @classmethod
    def of(cls, data: MusicData) -> Grid:
        """Return the grid of a resolved config.

        Raises:
            ValueError: Something is still left to the data.
        """
        if (
            isinstance(data.tracks, str)
            or isinstance(data.steps_per_beat, str)
            or isinstance(data.tempo, str)
            or data.meter == "auto"
        ):
            raise ValueError("this music config still has settings that are read off the data")
        voices = []
        for track in data.tracks:
            if track.low is None or track.high is None or track.monophonic is None:
                raise ValueError(f"track '{track.name}' still has settings read off the data")
            voices.append(
                Voice(
                    track.name, track.program, track.drums, track.monophonic, track.low, track.high
                )
            )
        beats, unit = (int(part) for part in data.meter.split("/"))
        return cls(tuple(voices), beats, unit, data.steps_per_beat, data.bars, data.tempo)
