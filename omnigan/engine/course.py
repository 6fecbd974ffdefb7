"""Where a run is: which steps are done, which are likelihood steps, and what that means."""

from __future__ import annotations

from omnigan.engine.schedules import at
from omnigan.recipe.schema import Train

__all__ = ["Course"]


class Course:
    """The steps of a run. Those from the first on may be likelihood steps: all, some or none.

    Args:
        train: The recipe's section.

    Attributes:
        step: Steps that are done.
        ended: The step at which likelihood training has ended early, or for an adversarial run at
            all; else None.
    """

    def __init__(self, train: Train) -> None:
        self.train = train
        self.total_steps = train.total_steps()
        self.step = 0
        self.ended: int | None = None

    @property
    def likelihood_steps(self) -> int:
        """How many steps, from the first, are likelihood steps."""
        return self.train.likelihood_steps() if self.ended is None else self.ended

    @property
    def warmup_steps(self) -> int:
        """How many of them come before adversarial ones."""
        return self.likelihood_steps if self.train.objective == "adversarial" else 0

    @property
    def finished(self) -> bool:
        """Whether there is no step left."""
        likelihood = self.train.objective == "likelihood"
        return self.step >= (self.likelihood_steps if likelihood else self.total_steps)

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 to 1; it stays 0 during a warm-up."""
        before = self.warmup_steps
        return min(max(self.step - before, 0) / max(self.total_steps - before, 1), 1.0)

    def batches_before(self, step: int) -> int:
        """Return how many batches the steps before a step draw together."""
        likelihood = min(step, self.likelihood_steps)
        return likelihood + (step - likelihood) * (self.train.discriminator_steps + 1)

    def rates(self) -> tuple[float, float]:
        """Return the present learning rates of the generator and of the discriminator."""
        train, progress = self.train, self.progress
        generator, discriminator = (
            at(train.rate if own is None else own, progress)
            for own in (train.generator_rate, train.discriminator_rate)
        )
        if self.step < self.warmup_steps and train.warmup and train.warmup.rate is not None:
            generator = at(train.warmup.rate, self.step / train.likelihood_steps())
        return generator, discriminator

    def betas(self) -> tuple[float, float]:
        """Return Adam's present decay rates."""
        first, second = self.train.betas
        return at(first, self.progress), at(second, self.progress)
