"""How far one distribution is from another."""

from __future__ import annotations

import numpy as np

from omnigan_music.metrics.harmony import class_counts, transitions
from omnigan_music.metrics.notes import Floats, PhraseSet
from omnigan_music.metrics.rhythm import length_counts

__all__ = ["class_divergence", "divergence", "length_divergence", "transition_distance"]


def divergence(counts: Floats, reference: Floats) -> float:
    """Return KL(counts || reference) in nats, after one more count in every bin of both.

    In this direction what the reference never does costs most. The added count (Laplace) keeps
    it finite and fades with the number of notes.
    """
    p = (counts + 1) / (counts + 1).sum()
    q = (reference + 1) / (reference + 1).sum()
    return float((p * np.log(p / q)).sum())


def length_divergence(phrases: PhraseSet, reference: PhraseSet) -> float:
    """Return the divergence of note lengths in steps, the last bin open (a bar or longer)."""
    return divergence(length_counts(phrases), length_counts(reference))


def class_divergence(phrases: PhraseSet, reference: PhraseSet) -> float:
    """Return the divergence of the pitch classes of all melodic notes.

    Never enough alone: independent noise with the data's marginals scores like real data.
    """
    return divergence(
        class_counts(phrases.melodic_notes, len(phrases)).sum(0),
        class_counts(reference.melodic_notes, len(reference)).sum(0),
    )


def transition_distance(phrases: PhraseSet, reference: PhraseSet) -> float:
    """Return the total variation distance, 0 to 1, of the pitch-class transitions."""
    return float(np.abs(transitions(phrases) - transitions(reference)).sum() / 2)
