"""The music metrics as the engine sees them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

from torch import Tensor

from omnigan.domain import Metric
from omnigan_music.grid import Grid
from omnigan_music.metrics import compare, harmony, melody, originality, overlap, rhythm, texture
from omnigan_music.metrics.notes import PhraseSet, melodic

__all__ = ["metrics_for"]

_Values = float | Mapping[str, float]
_Better = Literal["match", "lower", "higher"]


def _alone(
    grid: Grid, measure: Callable[[PhraseSet], _Values], better: _Better = "match", digits: int = 3
) -> Metric:
    def compute(x: Tensor) -> _Values:
        return measure(PhraseSet.of(grid, x))

    return Metric(compute, None, better, digits)


def _against(
    grid: Grid,
    reference: Literal["held-out", "train"],
    measure: Callable[[PhraseSet, PhraseSet], _Values],
    better: _Better,
    digits: int = 3,
    *,
    means: Collection[str] = (),
) -> Metric:
    def compute(x: Tensor, other: Tensor) -> _Values:
        return measure(PhraseSet.of(grid, x), PhraseSet.of(grid, other))

    return Metric(compute, reference, better, digits, means)


def _distinct(grid: Grid) -> Metric:
    """Compare with nothing; but the more phrases there are, the fewer are distinct."""

    def measure(phrases: PhraseSet, other: PhraseSet) -> float:
        return originality.distinct_phrases(phrases)

    return _against(grid, "held-out", measure, "higher")


def metrics_for(grid: Grid) -> dict[str, Metric]:
    """Return every metric that applies to a grid, by name.

    Those of pitch leave drums out. A value is NaN where there is nothing to measure, such as the
    note lengths of a silent track. Definitions: docs/metrics.md.
    """
    metrics = {"empty bars": _alone(grid, texture.empty_bars)}
    if melodic(grid):
        metrics |= _melodic(grid)
    if grid.bars > 1:
        metrics["groove consistency"] = _alone(grid, rhythm.groove)
    if rhythm.drum_pattern_applies(grid):
        metrics["drum onsets on eighths"] = _alone(grid, rhythm.drum_pattern)
    return metrics | {
        "nearest training phrase": _against(
            grid, "train", originality.nearest, "match", 1, means=["mean"]
        ),
        "distinct phrases": _distinct(grid),
    }


def _melodic(grid: Grid) -> dict[str, Metric]:
    least = texture.qualified_length(grid)
    measures: dict[str, tuple[Any, ...]] = {
        "pitch classes per bar": (texture.used_pitch_classes, "match", 2),
        f"notes of {least} steps or more": (texture.qualified_notes,),
        "pitches at once": (texture.pitches_at_once,),
        "steps with more than 2 pitches": (texture.polyphony,),
        "repeated notes": (melody.repeated_notes,),
        "melodic steps": (melody.steps,),
        "tonal distance": (harmony.tonal_distance,),
        "scale consistency": (harmony.scale_consistency,),
        "pitch-class entropy (bits)": (harmony.class_entropy,),
    }
    metrics = {name: _alone(grid, *measure) for name, measure in measures.items()}
    comparisons: dict[str, tuple[Any, ...]] = {
        "note length KL": (compare.length_divergence, "lower", 4),
        "pitch class KL": (compare.class_divergence, "lower", 4),
        "pitch-class transition distance": (compare.transition_distance, "lower"),
        "Yang-Lerch overlap": (overlap.overlap, "higher"),
        "Yang-Lerch KL": (overlap.overlap_divergence, "lower"),
    }
    for name, comparison in comparisons.items():
        metrics[name] = _against(grid, "held-out", *comparison)
    means = [f"{grid.voices[track].name} mean" for track in melodic(grid)]
    metrics["longest copied run"] = _against(
        grid, "train", originality.copied_notes, "match", 1, means=means
    )
    return metrics
