"""The scores that compare sets of examples as distributions, which every domain has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from omnigan.domain import Batch
from omnigan.evaluation.extractors import Extractor
from omnigan.evaluation.material import Material, RealFeatures
from omnigan.evaluation.memorisation import Memorisation, memorisation
from omnigan.evaluation.recognition import Recognition
from omnigan.evaluation.results import Row
from omnigan.evaluation.scores import Critic, Likeness, copies

__all__ = ["STAGES", "Distributions"]

STAGES = 3
"""Parts of the work that somebody may want to be told of."""


class Distributions:
    """Scores any number of generated sets; there must be enough examples on both sides.

    Args:
        material: The real examples.
        extractor: What they are compared in.
    """

    def __init__(self, material: Material, extractor: Extractor) -> None:
        self.material, self.extractor = material, extractor
        self._real = RealFeatures(material, extractor)
        self._likeness = Likeness(self._real)
        self._recognition = Recognition(self._real)
        self._critic: Critic | None = None

    def score(
        self, generated: Batch, begun: Callable[[int], None]
    ) -> tuple[list[Row], Mapping[str, Memorisation]]:
        """Return the rows of generated examples, and what they are near to.

        Args:
            generated: The examples.
            begun: Told the number of each stage before it begins, from 0.
        """
        begun(0)
        features = self._real.of(generated.x)
        # See own_metrics.
        rows = [] if self.material.domain.paired else self._likeness.rows(features)
        rows += self._recognition.rows(generated, features)
        begun(1)
        memories = self._memories(generated, features)
        rows += copies(memories, self._real)
        begun(2)
        self._critic = self._critic or Critic(self.material)
        return [*rows, *self._critic.rows(generated)], memories

    def _memories(self, generated: Batch, features: Tensor) -> dict[str, Memorisation]:
        real, seen, found = self.material, self._real, {}
        if real.domain.space.symbols is None:  # between symbols there is no distance
            found["in data"] = memorisation(
                generated.x,
                real.held_out.batch.x,
                real.train.batch.x,
                rows=real.domain.for_copies,
            )
        if self.extractor.cheap:
            found["in features"] = memorisation(features, seen.held_out, seen.train)
        return found
