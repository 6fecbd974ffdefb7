"""What is wrong with generated phrases, in words."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

__all__ = ["complaints", "notes_in"]

FEWEST, MOST = 0.3, 3.0
"""Notes in a phrase, over those in a training phrase, beyond which it is worth a word."""


def complaints(x: Tensor, tracks: Sequence[str], usual: float) -> list[str]:
    """Return plain sentences about phrases ``[B, 2, tracks, steps, pitches]``.

    Silence altogether is left to whoever looks at examples of any kind.

    Args:
        x: The phrases.
        tracks: Names of the tracks.
        usual: Notes in a training phrase, in the mean.
    """
    if not bool(x.any()):
        return []
    silent = [
        name
        for name, sounds in zip(tracks, x[:, 0].any(-1).any(-1).any(0), strict=True)
        if not sounds
    ]
    found = []
    if silent:
        found.append(
            f"The tracks {', '.join(silent)} are silent in every sample. If it lasts, "
            "lower train.rate, or leave them out of data.tracks."
        )
    notes = notes_in(x)
    if not FEWEST * usual <= notes <= MOST * usual:
        found.append(
            f"Samples have {notes:.0f} notes each where training phrases have {usual:.0f}. If it "
            "lasts, lower train.rate."
        )
    return found


def notes_in(x: Tensor) -> float:
    """Return how many notes start in a phrase, in the mean."""
    return float(x[:, 1].sum()) / len(x)
