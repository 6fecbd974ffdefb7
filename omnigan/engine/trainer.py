"""The training loop: one step after another, and what happens when one goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from omnigan.domain import Batch, BatchSource, Domain
from omnigan.engine.calendar import Calendar
from omnigan.engine.checksum import checksum
from omnigan.engine.content import content_of, put
from omnigan.engine.disk import resume_command
from omnigan.engine.forecast import Forecast
from omnigan.engine.health import Diverged, all_finite, as_floats, check_finite
from omnigan.engine.likelihood import require_density
from omnigan.engine.loading import BatchOrder, batches, check_enough
from omnigan.engine.profiling import Profile, Unprofiled
from omnigan.engine.ranks.alone import Content, Ranks
from omnigan.engine.record import FolderRecord, Record
from omnigan.engine.reporter import Reporter
from omnigan.engine.runfolder import RunFolder
from omnigan.engine.signals import Interrupted
from omnigan.engine.step import Adversaries
from omnigan.engine.stopping import LikelihoodWatch, after_likelihood_step
from omnigan.errors import OmniganError
from omnigan.recipe.schema import Recipe

__all__ = ["Trainer"]

HINT = "Lower train.rate, set train.clip, or use train.precision=fp32."


class Trainer:
    """One run in one folder.

    Args:
        domain: The resolved domain.
        recipe: The resolved recipe.
        folder: Where everything goes; it exists.
        device: Where the networks live.
        reporter: Told about progress.
        ranks: The processes of the run; the first one alone writes into the folder.
        publish: Called when there is something new to look at.
        profiled: Whether to find out where the time of some steps goes.

    Raises:
        UserError: The recipe and the data or the processes do not fit.
    """

    def __init__(
        self,
        domain: Domain,
        recipe: Recipe,
        folder: RunFolder,
        device: torch.device,
        reporter: Reporter,
        *,
        ranks: Ranks,
        publish: Callable[[], None],
        profiled: bool = False,
    ) -> None:
        self.ranks = ranks
        self.recipe = recipe
        self.folder = folder
        self.reporter = reporter
        source = domain.source("train")
        check_enough(source, recipe.train.batch_size, ranks.place.size)
        if isinstance(source, BatchSource) and not recipe.train.workers:
            source = source.resident(device)
        self.adversaries = Adversaries(domain, recipe.train, recipe.seed, device, ranks)
        ranks.align(self._content, self._put)
        rows = self.adversaries.shares.own
        self.order = BatchOrder(source, recipe.train.batch_size, recipe.seed, rows)
        require_density(domain, self.adversaries.average, recipe.train)
        self.adversaries.require_terms(batches(self.order, 0, workers=0))
        self.watch = LikelihoodWatch.wanted(domain, recipe)
        self.calendar = Calendar(recipe, self.adversaries)
        self.record = Record()
        if ranks.first:
            self.record = FolderRecord(
                domain,
                recipe,
                folder,
                self.adversaries,
                source=source,
                calendar=self.calendar,
                reporter=reporter,
                publish=publish,
            )
        self.profile = (
            Profile(folder, recipe.train, device, reporter)
            if profiled and ranks.first
            else Unprofiled()
        )
        self.forecast = Forecast(recipe.train, reporter)
        self.rollbacks = 0

    def _content(self) -> Content:
        return content_of(self.adversaries)

    def _put(self, content: Content) -> None:
        put(content, self.adversaries)

    # ---- the loop --------------------------------------------------------------------------

    def run(self) -> None:
        """Train from the present step to the last.

        Raises:
            Interrupted: A signal came in; the step was finished and saved.
            OmniganError: Training diverged too often.
        """
        adversaries = self.adversaries
        self.reporter.start(self.folder.path, adversaries.step, adversaries.total_steps)
        if adversaries.step == 0:
            self.record.begin(self._state())
        data = self._data()
        while not adversaries.finished:
            asked = self.ranks.asked_to_stop()
            if asked is not None:
                self._interrupt(asked)
            try:
                self._step(data)
            except Diverged as reason:
                self._blame_data(reason)
                self._go_back(reason)
                data = self._data()
        self.profile.end()
        self.record.end()

    def _step(self, data: Iterator[Batch]) -> None:
        with self.ranks.stop.step():
            readings = self._advance(data)
        check_finite(readings, self.adversaries.step)
        readings |= self._look()
        self.record.note(readings)
        if self.calendar.due(self.calendar.checkpoints):
            self.ranks.require_agreement(lambda: checksum(self.adversaries), self.adversaries.step)
        self.record.keep(self._state())

    def _advance(self, data: Iterator[Batch]) -> dict[str, float]:
        """Take a step and return its readings.

        Raises:
            Diverged: The networks hold NaN, and fail before any reading shows it: there is no
                symbol of that name, and no distribution.
            OmniganError: So it is in one of several processes. The others may be waiting for its
                part of the step, so all end.
        """
        adversaries = self.adversaries
        left = adversaries.total_steps - adversaries.step
        try:
            with self.profile.step(), self.forecast.step(left):
                return as_floats(adversaries.advance(data))
        except (IndexError, RuntimeError, ValueError):
            alone = self.ranks.place.size == 1
            adversaries.step += 1  # the number of the step that failed
            reason = Diverged(f"step {adversaries.step}: it cannot be computed")
            self._blame_data(reason, everywhere=False)
            if all_finite(adversaries.generator, adversaries.discriminator):
                raise
            reason = Diverged(f"{reason}: weights became NaN or infinite")
            raise (reason if alone else OmniganError(f"{reason}. {HINT}")) from None

    def _data(self) -> Iterator[Batch]:
        first = self.adversaries.batches_before(self.adversaries.step)
        return batches(self.order, first, self.recipe.train.workers)

    def _look(self) -> dict[str, float]:
        """Look at held-out examples and end likelihood training, each if it is time to."""
        adversaries = self.adversaries
        if adversaries.step > adversaries.likelihood_steps:
            return {}
        with self.record.measuring("held-out likelihood"):
            readings, news = after_likelihood_step(adversaries, self.watch)
        if news:
            self.reporter.say(news)
        return readings

    # ---- saving and going back -------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"rollbacks": self.rollbacks}
        if self.watch:
            state["watch"] = self.watch.state()
        return state

    def resume(self) -> bool:
        """Go to the newest whole checkpoint; say which were passed over.

        Returns:
            Whether there was one.
        """
        content = self.ranks.copies(self.record.newest)
        if content is None:
            return False
        self._put(content)
        state, _ = content
        self.record.restore(state)
        self.rollbacks = int(state["rollbacks"])
        if self.watch:
            self.watch.restore(state.get("watch"))
        return True

    def _blame_data(self, reason: Diverged, *, everywhere: bool = True) -> None:
        """Give up if the step's own examples were not numbers: going back would not help.

        Args:
            reason: What was noticed.
            everywhere: Whether all processes look; each may have read a copy of its own.

        Raises:
            OmniganError: They were not.
        """
        own = self._poisoned()
        found = self.ranks.from_all(own) if everywhere else [own]
        for rank, index in enumerate(found):
            if index is not None:
                whose = f", as process {rank} reads it," if None in found else ""
                raise OmniganError(
                    f"{reason}, because training example {index} (counted from 0){whose} holds NaN "
                    "or infinite values. Correct it or leave it out."
                )

    def _poisoned(self) -> int | None:
        """Return the first of the step's examples that is no number, if there is one."""
        step = self.adversaries.step
        drawn = range(*map(self.adversaries.batches_before, (step - 1, step)))
        return next((index for number in drawn for index in self.order.poisoned(number)), None)

    def _go_back(self, reason: Diverged) -> None:
        """Return to the last good checkpoint and go on with fresh noise.

        Raises:
            OmniganError: That was done too often already, or there is no checkpoint.
        """
        before = self.rollbacks
        allowed = self.recipe.train.max_rollbacks
        if before >= allowed:
            raise OmniganError(f"{reason}, after going back {before} times. {HINT}")
        if not self.resume():
            raise OmniganError(f"{reason}, and there is no checkpoint to go back to. {HINT}")
        self.rollbacks = before + 1
        self.adversaries.attempt = self.rollbacks
        self.record.warn(
            f"{reason}; went back to step {self.adversaries.step} to go on with other noise "
            f"({self.rollbacks} of {allowed}). {HINT}"
        )

    def _interrupt(self, number: int) -> None:
        self.record.save(self._state())
        step, total = self.adversaries.step, self.adversaries.total_steps
        raise Interrupted(
            f"Stopped at step {step} of {total}, saved. Go on with:\n  "
            f"{self.ranks.command(resume_command(self.folder))}",
            number,
        )
