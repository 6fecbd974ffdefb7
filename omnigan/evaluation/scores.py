"""The engine's own scores, which every domain has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from torch import Tensor

from omnigan import __version__
from omnigan.domain import Batch
from omnigan.evaluation.floors import kept
from omnigan.evaluation.frechet import frechet_distance
from omnigan.evaluation.kernel import kernel_distance
from omnigan.evaluation.manifold import manifold_scores
from omnigan.evaluation.material import Material, RealFeatures
from omnigan.evaluation.memorisation import Memorisation
from omnigan.evaluation.real import combined, digest
from omnigan.evaluation.results import Row
from omnigan.evaluation.thinning import evenly
from omnigan.evaluation.two_sample import TwoSample, critic_mark, two_sample

__all__ = ["LIKENESS", "SCORES", "Critic", "Likeness", "copies"]

_LIKENESS: Mapping[str, tuple[Literal["match", "lower", "higher"], int]] = {
    "Frechet distance": ("lower", 3),
    "kernel distance": ("lower", 5),
    "kernel distance error": ("match", 5),
    "precision": ("higher", 3),
    "recall": ("higher", 3),
    "density": ("match", 3),
    "coverage": ("higher", 3),
}
_NEAR, _RATIO, _TOLD = "near copies", "distance to training", "told from real"
LIKENESS = tuple(_LIKENESS)
"""Names of the metrics that compare distributions."""
SCORES = (*LIKENESS, _NEAR, _RATIO, _TOLD)
"""Names of the metrics of this module."""


class Likeness:
    """How alike the distributions of generated and of held-out examples are, in features."""

    def __init__(self, real: RealFeatures) -> None:
        self.real = real
        self._floors: dict[int, dict[str, float]] = {}

    def rows(self, generated: Tensor) -> list[Row]:
        """Score features ``[N, F]``; the floor is that of as many training examples."""
        real = self.real
        n = min(len(generated), len(real.like))
        if n not in self._floors:
            self._floors[n] = _likeness(real.like[evenly(len(real.like), n)], real.held_out)
        values = _likeness(generated[evenly(len(generated), n)], real.held_out)
        material, extractor = real.material, real.extractor
        provenance = material.provenance([material.held_out], n, extractor.name, extractor.sha256)
        return [
            Row(name, "", values[name], self._floors[n][name], better, digits, provenance)
            for name, (better, digits) in _LIKENESS.items()
        ]


def _likeness(features: Tensor, held_out: Tensor) -> dict[str, float]:
    kernel = kernel_distance(features, held_out)
    manifold = manifold_scores(held_out, features)
    values = (
        frechet_distance(features, held_out),
        kernel.value,
        kernel.error,
        manifold.precision,
        manifold.recall,
        manifold.density,
        manifold.coverage,
    )
    return dict(zip(_LIKENESS, values, strict=True))


def copies(found: Mapping[str, Memorisation], real: RealFeatures) -> list[Row]:
    """Return the rows of memorisation, ``found`` in the features and in the data, by these words.

    The floor is what is expected of other examples that were not copied.
    """
    material, extractor = real.material, real.extractor
    rows = []
    for metric in (_NEAR, _RATIO):
        for part, memory in found.items():
            seen = (extractor.name, extractor.sha256) if part == "in features" else ()
            provenance = material.provenance(
                [material.train, material.held_out], len(memory.generated), *seen
            )
            near = metric == _NEAR
            value, floor = (memory.close, memory.expected) if near else (memory.ratio, 1.0)
            rows.append(Row(metric, part, value, floor, "match", 3, provenance))
    return rows


class Critic:
    """Whether a fresh discriminator can tell generated from held-out examples."""

    def __init__(self, material: Material) -> None:
        self.material = material
        held_out, like = material.held_out, material.like
        self.mark = critic_mark(material.domain, held_out.batch, material.seed)
        key = combined(
            *(self.mark, held_out.sha256, digest({"x": like.x, **like.cond})),
            *(str(material.seed), __version__),
        )
        self._floor = kept(f"two-sample-{key}", lambda: _parts(self._told(like)))

    def rows(self, generated: Batch) -> list[Row]:
        """Test generated examples; the floor is the same test of training examples."""
        told = self._told(generated)
        reference = [self.material.held_out]
        provenance = self.material.provenance(
            reference, len(generated), "a fresh discriminator", self.mark
        )
        return [
            Row(_TOLD, part.format(told.n), value, self._floor[part], "lower", 3, provenance)
            for part, value in _parts(told).items()
        ]

    def _told(self, generated: Batch) -> TwoSample:
        material = self.material
        return two_sample(
            material.domain,
            material.held_out.batch,
            generated,
            material.seed,
            device=material.device,
        )


def _parts(told: TwoSample) -> dict[str, float]:
    return {"accuracy on {}": told.accuracy, "95 % from": told.low, "95 % to": told.high}
