"""The best weights of a run, in ``best/``: the moving average as it was at the best evaluation.

Which weights are best is part of a checkpoint's state, and those that any checkpoint calls the best
stay on the disk: whichever checkpoint a run goes back to, it goes on with the best of then.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from omnigan.engine import checkpoint
from omnigan.engine.checkpoint import BadCheckpoint
from omnigan.engine.step import Adversaries
from omnigan.evaluation.headline import Headline, headline
from omnigan.evaluation.results import Evaluation

__all__ = ["Best"]


class Best:
    """Compares evaluations by one metric and keeps the weights of the best.

    Attributes:
        metric: Name of the metric.
        score: What the best evaluation had by it.
        samples: How many it was of, where that is known: scores of fewer cannot be compared.
        step: When it was; None before the first.

    Args:
        folder: Where the weights go.
        metric: Name of the metric.
    """

    def __init__(self, folder: Path, metric: str) -> None:
        self.folder = folder
        self.metric = metric
        self.score = Headline()
        self.samples: int | None = None
        self.step: int | None = None

    def consider(self, evaluation: Evaluation, adversaries: Adversaries) -> None:
        """Keep the present weights if no earlier ones had as good an evaluation of its kind."""
        score = headline(evaluation, self.metric)
        alike = self.samples in (None, evaluation.samples)
        if score.beats(self.score if alike else Headline()):
            about = {"metric": self.metric, "score": score.distance}
            checkpoint.write(self.folder, adversaries, about, parts=("ema",))
            self.score, self.step = score, adversaries.step
            self.samples = evaluation.samples

    def state(self) -> dict[str, Any]:
        """Return JSON values for :meth:`restore`."""
        score = None if self.step is None else self.score.distance
        of = {"parts": self.score.parts, "samples": self.samples}
        return {"metric": self.metric, "score": score, **of, "step": self.step}

    def prune(self, checkpoints: Path) -> None:
        """Delete weights that no checkpoint calls the best."""
        called = {self.step}
        for each in checkpoint.find(checkpoints):
            with suppress(BadCheckpoint):  # no run will go back to that one
                called.add(checkpoint.read_json(each).get("best", {}).get("step"))
        for each in checkpoint.find(self.folder):
            if each.step not in called:
                shutil.rmtree(each.folder)

    def restore(self, state: Mapping[str, Any] | None, step: int) -> None:
        """Go back to where :meth:`state` was taken, at a step; later weights are deleted.

        Args:
            state: What it returned; None if there was nothing to compare then.
            step: The step that the run goes on from.
        """
        checkpoint.sweep(self.folder)
        for each in checkpoint.find(self.folder):
            if each.step > step:
                shutil.rmtree(each.folder)
        there = [each.step for each in checkpoint.find(self.folder)]
        self.score, self.samples, self.step = Headline(), None, None
        if state is None or state["metric"] != self.metric:
            return
        if state["step"] in there:  # else they were lost with the disk
            # Earlier versions did not tell the number of parts, mostly one, nor that of samples.
            self.score = Headline(float(state["score"]), int(state.get("parts", 1)))
            self.samples, self.step = state.get("samples"), int(state["step"])
