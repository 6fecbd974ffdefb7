"""What was found in the data and done with it, for people and for files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from omnigan.datasets.sentences import (
    copies,
    in_memory,
    left_out,
    other_files,
    said,
    tally,
    unreadable,
)
from omnigan.wording import named, numbered
from omnigan_audio.data.facts import Facts
from omnigan_audio.data.minutes import ADVICE, are_recordings, minutes, used_minutes
from omnigan_audio.data.resample import METHOD
from omnigan_audio.data.samples import Places
from omnigan_audio.data.sources import SOUNDFONT
from omnigan_audio.data.tally import MOST_COMPARED
from omnigan_audio.data_config import AudioData

__all__ = ["Findings"]

_NAMED = 100  # files that are named; the rest is only counted
_CUTS = {
    "attack": "one clip of each sound, beginning just before its attack",
    "start": "one clip of each sound, from its first sample on",
    "random": "another part of a recording at each reading",
}
_LOUDNESS = {
    "none": "at the level they have",
    "peak": "each brought to a peak of 0.9",
    "rms": "each brought to a mean power of -20 dBFS, or as near to it as goes without clipping",
}


@dataclass
class Findings:
    """What loading sounds met.

    Attributes:
        facts: About every sound of the source.
        ignored: Other files of a folder, by ending.
        in_memory: Whether the cache could not be written.
        silent: Names of sounds left out because they are silent.
        copies: Rendered sounds left out because they are like another.
        equal: Sounds that are exact copies of others, all of them used.
        alike: Sounds that are nearly so.
        unlabelled: Sounds left out because they have no label.
        table: What should be known about a table of labels.
        without_pitch: Sounds left out because they have no pitch.
        used: The numbers of those that are used, in the order of the source.
        sounds: How many sounds are in each split; the same sound is in both where parts of each
            are held out.
        labels: How many sounds have each label.
        pitches: How many sounds have each pitch.
    """

    facts: Facts
    ignored: Counter[str]
    in_memory: bool
    silent: Sequence[str] = ()
    copies: int = 0
    equal: int = 0
    alike: int = 0
    unlabelled: int = 0
    table: Sequence[str] = ()
    without_pitch: int = 0
    used: Places = field(default_factory=lambda: np.zeros(0, np.int64))
    sounds: dict[str, int] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    pitches: Counter[int] = field(default_factory=Counter)

    def plain(self, data: AudioData, examples: dict[str, int]) -> dict[str, Any]:
        """Return JSON values.

        Args:
            data: The config, resolved.
            examples: How many examples are in each split.
        """
        facts = self.facts
        return {
            "summary": self.sentences(data, examples),
            "preprocessing": _preprocessing(data),
            "source": data.source,
            "rate": data.rate,
            "length": data.samples,
            "sounds": self.sounds,
            "examples": examples,
            "minutes": round(self._minutes(), 2),
            "labels": dict(self.labels),
            "pitches": {str(pitch): count for pitch, count in sorted(self.pitches.items())},
            "kinds": dict(facts.counts["kinds"].most_common()),
            "rates": {str(rate): count for rate, count in self._rates().items()},
            "sounds of one channel": [f"{n} ({why})" for n, why in self._cancelled()[:_NAMED]],
            "channels": {str(number): count for number, count in self._channels().items()},
            "resampled": self._resampled(data),
            "beyond full scale": self._beyond(),
            "files broken": len(facts.reasons),
            "broken": [f"{name}: {reason}" for name, reason in self._broken()[:_NAMED]],
            "sounds silent": len(self.silent),
            "silent": list(self.silent[:_NAMED]),
            "sounds without a label": self.unlabelled,
            "sounds without a pitch": self.without_pitch,
            "other files": dict(self.ignored.most_common()),
            "duplicates": {
                "equal": self.equal,
                "alike": None if self._why_alike_is_unknown(data) else self.alike,
                "left out": self.copies,
            },
            "split by": self._split_by(),
        }

    def sentences(self, data: AudioData, examples: dict[str, int]) -> list[str]:
        """Return what a person should know before training, one plain sentence each."""
        pitches = f"MIDI {min(self.pitches)} to {max(self.pitches)}" if self.pitches else ""
        quiet = [(name, f"below {data.silence:g} dB") for name in self.silent]
        return said(
            self._amount(data, examples),
            self._unused(data),
            f"Each is {data.samples} samples ({data.samples / data.rate:.3g} s) at {data.rate} "
            f"Hz, {_CUTS[data.cut]}, {_LOUDNESS[data.loudness]}.",
            *self._conversions(data),
            tally("Labels", self.labels),
            f"Pitches: {pitches}." if pitches else "",
            left_out("without a label", self.unlabelled),
            *self.table,
            left_out("without a pitch", self.without_pitch),
            f"Left out as silent: {named(quiet, 'sound')}." if quiet else "",
            unreadable(self._broken(), "sound"),
            other_files(dict(self.ignored.most_common())),
            *self._duplicates(data),
            *self._split(),
            in_memory(self.in_memory),
        )

    def _amount(self, data: AudioData, examples: dict[str, int]) -> str:
        used = len(self.used)
        kind = "rendered sound" if data.source == SOUNDFONT else "file"
        what = "parts" if data.cut == "random" else "of them"
        return (
            f"Sound: {numbered(used, kind)}, {self._minutes():.1f} minutes; {examples['train']} "
            f"{what} to train on, {examples['valid']} held out."
        )

    def _minutes(self) -> float:
        return minutes(self.facts, self.used)

    def _unused(self, data: AudioData) -> str:
        if not are_recordings(self.facts, self.used, data):
            return ""
        return (
            f"Of the {self._minutes():.1f} minutes {used_minutes(self.facts, self.used, data):.1f} "
            f"are used, {data.samples / data.rate:.3g} s of each file; {ADVICE}."
        )

    def _rates(self) -> Counter[int]:
        return Counter(dict(Counter(self.facts.rates[self.used].tolist()).most_common()))

    def _channels(self) -> Counter[int]:
        return Counter(dict(Counter(self.facts.channels[self.used].tolist()).most_common()))

    def _cancelled(self) -> list[tuple[str, str]]:
        """Return the names of sounds whose loudest channel is taken, and which it is."""
        taken = [(row, int(self.facts.taken[row])) for row in self.used.tolist()]
        return [(self.facts.names[row], f"channel {n + 1}") for row, n in taken if n >= 0]

    def _resampled(self, data: AudioData) -> int:
        return sum(count for rate, count in self._rates().items() if rate != data.rate)

    def _beyond(self) -> int:
        return int((self.facts.peak[self.used] > 1).sum())

    def _broken(self) -> list[tuple[str, str]]:
        return [(self.facts.names[row], why) for row, why in sorted(self.facts.reasons.items())]

    def _conversions(self, data: AudioData) -> list[str]:
        if data.source == SOUNDFONT:
            return []
        rates = ", ".join(f"{rate} Hz ({n})" for rate, n in self._rates().most_common(5))
        wide = sum(count for number, count in self._channels().items() if number > 1)
        cancelled = self._cancelled()
        wide -= len(cancelled)
        beyond = self._beyond() if data.loudness == "none" else 0
        return [
            *([f"Resampled from {rates}."] if self._resampled(data) else []),
            *([f"Several channels, of which the mean is taken: {wide}."] if wide else []),
            *(
                [
                    "Channels that cancel each other out, of which the loudest is taken: "
                    f"{named(cancelled, 'sound')}."
                ]
                if cancelled
                else []
            ),
            *([f"Louder than full scale, and clipped: {beyond}."] if beyond else []),
        ]

    def _duplicates(self, data: AudioData) -> list[str]:
        unknown = self._why_alike_is_unknown(data)
        return [
            left_out("because they are like another", self.copies),
            copies(self.equal, None if unknown else self.alike, "sound"),
            unknown if len(self.used) > 1 else "",
        ]

    def _why_alike_is_unknown(self, data: AudioData) -> str:
        """Say why nothing is known of near copies, if that is so."""
        if data.cut == "random":
            return "Near copies are not looked for where data.cut is 'random'."
        if len(self.facts.names) > MOST_COMPARED:
            return f"Near copies are not looked for among more than {MOST_COMPARED} sounds."
        if self.facts.counts["duplicates"]["too many alike"]:
            return (
                "So many sounds are alike that it tells nothing about copies; only exact copies "
                "are kept on one side of the split."
            )
        return ""

    def _split_by(self) -> str:
        cut, whole = self._held_out()
        return " and ".join(["sound"] * (whole > 0) + ["time"] * (cut > 0))

    def _held_out(self) -> tuple[int, int]:
        """Return how many sounds parts are held out of, and how many are as a whole."""
        cut = sum(self.sounds.values()) - len(self.used)  # those that are in both splits
        return cut, self.sounds["valid"] - cut

    def _split(self) -> list[str]:
        cut, whole = self._held_out()
        if not cut:
            return []
        which = "each recording" if cut == len(self.used) else f"the {cut} longest recordings"
        if cut == 1 < len(self.used):
            which = "the longest recording"
        others = f", and {whole} of the others as a whole" if whole else ""
        return [
            f"To come near the wanted share of the time, parts of {which} are held out{others}."
        ]


def _preprocessing(data: AudioData) -> str:
    return (
        f"Channels averaged, resampled to {data.rate} Hz with {METHOD}, cut to "
        f"{data.samples} samples, {_CUTS[data.cut]}, {_LOUDNESS[data.loudness]}."
    )
