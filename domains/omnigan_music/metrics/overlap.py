"""Do generated phrases differ from each other as they differ from real ones?

Method of Yang & Lerch (2018), "On the evaluation of generative models in music": per feature, the
distances of generated phrases to each other (intra-set) and to real ones (inter-set) give two
densities, which should overlap. Both are estimated on ONE grid, so that overlap and divergence are
between the densities that are compared.
"""

from __future__ import annotations

import numpy as np

from omnigan_music.metrics.harmony import class_counts, entropy, scale_shares
from omnigan_music.metrics.notes import Floats, Ints, PhraseSet
from omnigan_music.metrics.rhythm import groove_shares

__all__ = ["density", "features", "overlap", "overlap_divergence"]

_POINTS = 256


def _per_phrase(values: Ints, phrase: Ints, phrases: int) -> Floats:
    """Return the mean of the values of each phrase; 0 where there are none."""
    count = np.bincount(phrase, minlength=phrases)
    return np.asarray(np.bincount(phrase, values, phrases) / np.maximum(count, 1))


def _pitch_use(phrases: PhraseSet) -> tuple[Floats, Floats]:
    """Return for each phrase the number of distinct pitches, and highest minus lowest."""
    notes = phrases.melodic_notes
    used = np.zeros((len(phrases), 128), bool)
    used[notes.phrase, notes.pitch] = True
    highest = 127 - used[:, ::-1].argmax(1)
    spread = np.where(used.any(1), highest - used.argmax(1), 0)
    return used.sum(1).astype(np.float64), spread.astype(np.float64)


def features(phrases: PhraseSet) -> dict[str, Floats]:
    """Return nine features of the melodic tracks, each ``[N]``; a silent phrase has zeros."""
    notes, n = phrases.melodic_notes, len(phrases)
    first, second = phrases.successive
    distinct, spread = _pitch_use(phrases)
    classes = class_counts(notes, n)
    return {
        "distinct pitches": distinct,
        "pitch range": spread,
        "notes": classes.sum(1),
        "note length": _per_phrase(notes.length, notes.phrase, n),
        "time between onsets": _per_phrase(second.start - first.start, first.phrase, n),
        "interval": _per_phrase(np.abs(second.pitch - first.pitch), first.phrase, n),
        "scale consistency": scale_shares(classes),
        "groove consistency": groove_shares(phrases),
        "pitch-class entropy": entropy(classes),
    }


_DISCRETE = ("distinct pitches", "pitch range", "notes")


def density(samples: Floats, points: Floats, least: float) -> Floats:
    """Return a Gaussian kernel estimate at evenly spaced ``points``, with sum 1.

    Args:
        samples: ``[K]``.
        points: ``[G]``.
        least: Smallest bandwidth; above it Scott's rule, K^(-1/5) standard deviations.
    """
    spread = float(samples.std(ddof=1)) if len(samples) > 1 else 0.0
    width = max(spread * len(samples) ** -0.2, least)
    values = np.zeros(len(points))
    for block in np.array_split(samples, -(-len(samples) // 4096)):
        values += np.exp(-0.5 * ((points[:, None] - block) / width) ** 2).sum(1)
    return np.asarray(values / values.sum())


def _drawn(phrases: PhraseSet, most: int, seed: int) -> dict[str, Floats]:
    """Return the features of at most so many phrases, integers blurred by up to half a unit."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(phrases))[:most]
    values = {}
    for name, value in features(phrases).items():
        blur = rng.uniform(-0.5, 0.5, len(chosen)) if name in _DISCRETE else 0.0
        values[name] = value[chosen] + blur
    return values


def _densities(
    phrases: PhraseSet, reference: PhraseSet, most: int, seed: int
) -> dict[str, tuple[Floats, Floats]]:
    """Return for each feature the intra-set and the inter-set density on a common grid."""
    ours, theirs = _drawn(phrases, most, seed), _drawn(reference, most, seed + 1)
    pairs = np.triu_indices(min(most, len(phrases)), k=1)
    if not pairs[0].size or not len(reference):
        return {}
    found = {}
    for name, value in ours.items():
        intra = np.abs(value[:, None] - value)[pairs]
        inter = np.abs(value[:, None] - theirs[name]).ravel()
        top = max(intra.max(), inter.max(), 1e-9)
        points = np.linspace(-0.2 * top, 1.2 * top, _POINTS)
        least = 2 * (points[1] - points[0])  # a constant feature must stay visible on the grid
        found[name] = density(intra, points, least), density(inter, points, least)
    return found


def _with_mean(values: dict[str, float]) -> dict[str, float]:
    return {"mean": float(np.mean(list(values.values()))) if values else float("nan"), **values}


def overlap(
    phrases: PhraseSet, reference: PhraseSet, most: int = 100, seed: int = 0
) -> dict[str, float]:
    """Return the overlapped area of both densities, 0 to 1, by feature and their mean."""
    found = _densities(phrases, reference, most, seed)
    return _with_mean({name: float(np.minimum(p, q).sum()) for name, (p, q) in found.items()})


def overlap_divergence(
    phrases: PhraseSet, reference: PhraseSet, most: int = 100, seed: int = 0
) -> dict[str, float]:
    """Return KL(intra-set || inter-set) in nats, by feature and their mean."""
    tiny = 1e-9  # kernel tails underflow
    values = {}
    for name, (p, q) in _densities(phrases, reference, most, seed).items():
        divergence = float((p * np.log((p + tiny) / (q + tiny))).sum())
        values[name] = max(divergence, 0.0)
    return _with_mean(values)
