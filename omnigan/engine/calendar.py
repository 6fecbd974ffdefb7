"""At which steps a run writes what."""

from __future__ import annotations

from omnigan.engine.course import Course
from omnigan.recipe.schema import Duration, Recipe

__all__ = ["Calendar"]

TIMES_A_RUN = 20
"""How often samples and checkpoints are written where the recipe leaves it open."""


class Calendar:
    """Tells what is due after the present step of a run; after the last one all is.

    Args:
        recipe: The resolved recipe.
        course: Where the run is.

    Attributes:
        lines: Steps from one line of the journal to the next.
        samples: From one sample folder to the next.
        checkpoints: From one checkpoint to the next.
        evaluations: From one evaluation to the next; None: there are none.
    """

    def __init__(self, recipe: Recipe, course: Course) -> None:
        self.course = course
        size, log = recipe.train.batch_size, recipe.log
        often = Duration(count=max(1, course.total_steps // TIMES_A_RUN))
        self.lines = log.every.steps(size)
        self.samples = (log.samples_every or often).steps(size)
        self.checkpoints = (log.checkpoint_every or often).steps(size)
        self.evaluations = log.evaluate_every.steps(size) if log.evaluate_every else None

    def times(self, every: int) -> int:
        """Return after how many steps of a whole run one of the attributes comes round."""
        return -(-self.course.total_steps // every)

    def due(self, every: int | None) -> bool:
        """Tell whether one of the attributes has come round; None never does."""
        return every is not None and (self.course.finished or self.course.step % every == 0)
