"""How much of the sounds is used, and what to write where that is little of them."""

from __future__ import annotations

import numpy as np

from omnigan_audio.data.facts import Facts
from omnigan_audio.data.samples import Places
from omnigan_audio.data_config import AudioData

__all__ = ["ADVICE", "are_recordings", "minutes", "used_minutes"]

ADVICE = "data.cut=random takes parts from all over each recording"

_LONG = 30.0  # seconds; what is longer is a recording, not one sound


def minutes(facts: Facts, rows: Places) -> float:
    """Return how long files are together."""
    return float(facts.seconds[rows].sum()) / 60


def used_minutes(facts: Facts, rows: Places, data: AudioData) -> float:
    """Return how much of that examples are made of, if one is cut out of each file."""
    return float(np.minimum(facts.seconds[rows], data.samples / data.rate).sum()) / 60


def are_recordings(facts: Facts, rows: Places, data: AudioData) -> bool:
    """Return whether most of the time is in long files, of which one clip is cut out each."""
    seconds = facts.seconds[rows]
    longest = max(_LONG, 2 * data.samples / data.rate)
    return data.cut != "random" and 2 * seconds[seconds > longest].sum() > seconds.sum()
