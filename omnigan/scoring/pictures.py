"""Pictures of a trial: do the probabilities hold, and how far apart are the kinds?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from omnigan.evaluation.plot import Panel, Series, draw
from omnigan.scoring.ranking import Numbers
from omnigan.scoring.trial import Trial

__all__ = ["draw_logits", "draw_reliability"]

_BINS = 24
_NAMES = {"train": "training", "held_out": "held-out", "generated": "generated"}


def draw_reliability(trial: Trial, path: Path) -> None:
    """Draw the share of real examples over the probability that they were given."""
    found = [(each.probability, each.share, str(each.count)) for each in trial.bins]
    panel = Panel(
        "probability of being real",
        "share that is real (number of examples)",
        [
            Series(f"this critic, {trial.calibration.name}", found),
            Series("exactly right", [(0.0, 0.0, ""), (1.0, 1.0, "")]),
        ],
    )
    draw([panel], path)


def draw_logits(files: Sequence[float], trial: Trial, path: Path) -> None:
    """Draw how the logits of each kind are distributed, and where the files are."""
    everything = np.concatenate([*trial.logits.values(), np.array(files, np.float64)])
    low, high = float(everything.min()), float(everything.max())
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    series = [
        Series(_NAMES[name], _outline(logits, edges)) for name, logits in trial.logits.items()
    ]
    series.append(Series("your files", [(logit, 0.0, "") for logit in sorted(files)]))
    draw([Panel("logit", "share of examples", series)], path)


def _outline(logits: Numbers, edges: Numbers) -> list[tuple[float, float, str]]:
    counts, _ = np.histogram(logits, edges)
    middles = (edges[1:] + edges[:-1]) / 2
    return [
        (float(at), float(count) / len(logits), "")
        for at, count in zip(middles, counts, strict=True)
    ]
