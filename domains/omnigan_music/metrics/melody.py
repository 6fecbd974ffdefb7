"""How each track moves from note to note."""

from __future__ import annotations

import numpy as np

from omnigan_music.metrics.notes import Floats, PhraseSet, melodic
from omnigan_music.metrics.texture import mean

__all__ = ["repeated_notes", "steps"]

WHOLE_TONE = 2


def repeated_notes(phrases: PhraseSet) -> dict[str, float]:
    """Return the share of notes with the pitch of the note before, by track.

    Of a track with several pitches at once, the top line counts.
    """
    return {name: mean(moves == 0) for name, moves in _moves(phrases).items()}


def steps(phrases: PhraseSet) -> dict[str, float]:
    """Return the share of notes a semitone or a whole tone from the note before, by track.

    The rest are repeated or leap. Of a track with several pitches at once, the top line counts.
    """
    return {
        name: mean((moves > 0) & (moves <= WHOLE_TONE)) for name, moves in _moves(phrases).items()
    }


def _moves(phrases: PhraseSet) -> dict[str, Floats]:
    """Return the sizes in semitones of all moves from note to note, by track."""
    first, second = phrases.successive
    size = np.abs(second.pitch - first.pitch)
    return {
        phrases.grid.voices[track].name: np.asarray(size[first.track == track])
        for track in melodic(phrases.grid)
    }
