"""What a run writes while it trains: its journal, samples, evaluations and checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from omnigan.domain import Domain, Source
from omnigan.engine import checkpoint, seeds
from omnigan.engine.calendar import Calendar
from omnigan.engine.evaluating import Evaluations
from omnigan.engine.health import Balance, about_samples
from omnigan.engine.journal import Journal
from omnigan.engine.jumps import Jumps
from omnigan.engine.ranks.alone import Content
from omnigan.engine.real import real_examples
from omnigan.engine.reporter import Reporter
from omnigan.engine.runfolder import RunFolder
from omnigan.engine.step import Adversaries
from omnigan.engine.stopwatch import Stopwatch
from omnigan.errors import OmniganError
from omnigan.evaluation.closest import show_closest
from omnigan.recipe.schema import Recipe
from omnigan.returned import artifacts
from omnigan.sampling import Trained
from omnigan.soundness import NotFinite

__all__ = ["FolderRecord", "Record"]

EARLY = 0.1
"""Share of the run in which nobody expects anything of the samples."""
SETTLED = 100
"""Steps after which the moving average has left its beginning."""


class Record:
    """Writes nothing: all but the first of several processes do so."""

    def begin(self, state: Mapping[str, Any]) -> None:
        """Write what there is before the first step: weights to go back to, and a first look.

        Args:
            state: JSON values that a resumed run needs, besides those of the record itself.
        """

    def note(self, readings: Mapping[str, float]) -> None:
        """Take in the readings of the step that was just taken."""

    def keep(self, state: Mapping[str, Any]) -> None:
        """Write the samples, the evaluation and the checkpoint that are due; see :meth:`begin`."""

    def save(self, state: Mapping[str, Any]) -> None:
        """Write a checkpoint; see :meth:`begin`."""

    def newest(self) -> Content | None:
        """Return the newest whole checkpoint, if there is one; say which were passed over."""
        return None

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to where a checkpoint with this state was written."""

    def warn(self, text: str) -> None:
        """Tell the user, and whoever reads the journal later."""

    def measuring(self, what: str) -> AbstractContextManager[None]:
        """Count the time that a block takes as spent on something."""
        return nullcontext()

    def end(self) -> None:
        """Say what the finished run has for its user."""


class FolderRecord(Record):
    """Writes what the recipe asks for, when it is due.

    Args:
        domain: The resolved domain.
        recipe: The resolved recipe.
        folder: Where everything goes; it exists.
        adversaries: What is looked at and saved.
        source: The training examples.
        calendar: What is due when.
        reporter: Told about progress.
        publish: Called when there is something new to look at.
    """

    def __init__(
        self,
        domain: Domain,
        recipe: Recipe,
        folder: RunFolder,
        adversaries: Adversaries,
        *,
        source: Source,
        calendar: Calendar,
        reporter: Reporter,
        publish: Callable[[], None],
    ) -> None:
        self.domain = domain
        self.recipe = recipe
        self.folder = folder
        self.adversaries = adversaries
        self.source = source
        self.reporter = reporter
        self.publish = publish
        self.journal = Journal(folder.metrics)
        self.balance = Balance(recipe.train.penalties)
        self.jumps = Jumps(recipe.train.clip)
        self.stopwatch = Stopwatch()
        self.calendar = calendar
        self.evaluations = (
            Evaluations(domain, recipe, folder, adversaries.device, reporter.notify)
            if calendar.evaluations
            else None
        )

    # ---- before, after and between steps ---------------------------------------------------

    def begin(self, state: Mapping[str, Any]) -> None:
        # Where no checkpoint can be written, lines of a run that may yet be mended stay.
        self.folder.checkpoints.mkdir(parents=True, exist_ok=True)
        self.journal.clear()  # of a run whose checkpoints are all lost
        if self.evaluations:
            self.evaluations.best.restore(None, 0)
        self.save(state)
        self._render(*self._real, self.folder.samples / "real")
        self._sample()
        self._publish()

    def note(self, readings: Mapping[str, float]) -> None:
        step = self.adversaries.step
        self.journal.add(readings)
        shown: dict[str, float] = {}
        if self.calendar.due(self.calendar.lines):
            shown = self.journal.close_interval()
            examples = step * self.recipe.train.batch_size
            self.journal.write({"step": step, "examples": examples, **shown})
            self.stopwatch.write(self.folder, step)
        self.reporter.step(step, shown)
        watches = {"d_accuracy": self.balance.watch, "d_gradient": self.jumps.watch}
        for name, watch in watches.items():
            if name in readings and (text := watch(readings[name])):
                self.warn(text)

    def keep(self, state: Mapping[str, Any]) -> None:
        calendar = self.calendar
        sampling, evaluating = calendar.due(calendar.samples), calendar.due(calendar.evaluations)
        if sampling:
            self._sample()
        if evaluating:
            self._evaluate()
        if calendar.due(calendar.checkpoints):
            self.save(state)
        if (sampling or evaluating) and not self.adversaries.finished:
            self._publish()

    def warn(self, text: str) -> None:
        self.journal.write({"step": self.adversaries.step, "warning": text})
        self.reporter.warn(f"step {self.adversaries.step}: {text}")

    def measuring(self, what: str) -> AbstractContextManager[None]:
        return self.stopwatch.measuring(what)

    def end(self) -> None:
        if self.evaluations:
            self.evaluations.say_best(self.reporter)

    # ---- looking ---------------------------------------------------------------------------

    def _sample(self) -> None:
        adversaries = self.adversaries
        with self.measuring("samples"):
            trained = Trained(
                self.domain, adversaries.average, adversaries.step, adversaries.device
            )
            try:
                samples = trained.preview(self.recipe.log.samples, self.recipe.seed).x
            except NotFinite as error:
                self.warn(f"{error} None are written.")
                return
            self._render(samples, True, self.folder.sample_folder(adversaries.step))
        if adversaries.progress > EARLY and adversaries.step > SETTLED:
            for warning in about_samples(self.domain, samples, self._real[0]):
                self.warn(warning)

    @cached_property
    def _real(self) -> tuple[Tensor, bool]:
        """As many real examples as there are samples, and whether they are sorted alike."""
        rng = seeds.generator(self.recipe.seed, "real")
        return real_examples(self.domain, self.source, self.recipe.log.samples, rng)

    def _render(self, x: Tensor, by_label: bool, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if by_label:
            artifacts(self.domain, "preview", self.domain.preview(x, folder))
        else:
            artifacts(self.domain, "render", self.domain.render(x, folder))
            artifacts(self.domain, "overview", self.domain.overview(x, folder))

    def _evaluate(self) -> None:
        assert self.evaluations is not None  # whoever has an interval has them
        with self.measuring("evaluation"):
            try:
                result = self.evaluations.evaluate(self.adversaries)
            except OmniganError as error:
                self.warn(f"There is no evaluation: {error}")
                return
            failed: list[str] = []
            # First the scores: they are not to be lost where their picture cannot be written.
            self.journal.write({"step": self.adversaries.step, "evaluation": result.to_json()})
            show_closest(self.domain, result, self.folder.samples / "closest", failed)
        for warning in self.evaluations.warnings(result) + failed:
            self.warn(warning)

    def _publish(self) -> None:
        with self.measuring("report"):
            self.publish()

    # ---- saving and going back -------------------------------------------------------------

    def save(self, state: Mapping[str, Any]) -> None:
        with self.measuring("checkpoints"):
            checkpoint.save(
                self.folder.checkpoints,
                self.adversaries,
                {**self._state(), **state},
                self.recipe.log.keep,
            )
            if self.evaluations:
                self.evaluations.best.prune(self.folder.checkpoints)

    def _state(self) -> dict[str, Any]:
        state = {
            "journal": self.journal.state(),
            "balance": self.balance.state(),
            "jumps": self.jumps.state(),
        }
        if self.evaluations:
            state["best"] = self.evaluations.best.state()
        return state

    def newest(self) -> Content | None:
        checkpoint.sweep(self.folder.checkpoints)
        for choice in checkpoint.find(self.folder.checkpoints):
            try:
                return checkpoint.read(choice)
            except checkpoint.BadCheckpoint as error:
                self.reporter.warn(f"passed over a checkpoint: {error}")
        return None

    def restore(self, state: Mapping[str, Any]) -> None:
        self.journal.restore(state["journal"])
        self.balance.restore(state["balance"])
        self.jumps.restore(state.get("jumps", {}))
        # What a run was about to delete when it was killed.
        checkpoint.prune(self.folder.checkpoints, self.adversaries.step, self.recipe.log.keep)
        if self.evaluations:
            self.evaluations.best.restore(state.get("best"), self.adversaries.step)
            self.evaluations.best.prune(self.folder.checkpoints)
