"""The training loop: one step after another, with a journal, samples and checkpoints between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from omnigan.domain import Batch, BatchSource, Domain
from omnigan.engine import checkpoint, seeds
from omnigan.engine.disk import resume_command
from omnigan.engine.evaluating import Evaluations
from omnigan.engine.health import Balance, Diverged, about_samples, as_floats, check_finite
from omnigan.engine.journal import Journal
from omnigan.engine.likelihood import require_density
from omnigan.engine.loading import BatchOrder, batches, check_enough
from omnigan.engine.reporter import Reporter
from omnigan.engine.runfolder import RunFolder
from omnigan.engine.signals import Interrupted, StopRequest
from omnigan.engine.step import Adversaries
from omnigan.engine.stopping import LikelihoodWatch, after_likelihood_step
from omnigan.engine.stopwatch import Stopwatch
from omnigan.errors import OmniganError
from omnigan.recipe.schema import Duration, Recipe
from omnigan.sampling import Trained

__all__ = ["Trainer"]

TIMES_A_RUN = 20
"""How often samples and checkpoints are written where the recipe leaves it open."""
EARLY = 0.1
"""Share of the run in which nobody expects anything of the samples."""


class Trainer:
    """One run in one folder.

    Args:
        domain: The resolved domain.
        recipe: The resolved recipe.
        folder: Where everything goes; it exists.
        device: Where the networks live.
        reporter: Told about progress.
        publish: Called when there is something new to look at.
    """

    def __init__(
        self,
        domain: Domain,
        recipe: Recipe,
        folder: RunFolder,
        device: torch.device,
        reporter: Reporter,
        *,
        publish: Callable[[], None],
    ) -> None:
        self.domain = domain
        self.recipe = recipe
        self.folder = folder
        self.reporter = reporter
        self.publish = publish
        self.source = domain.source("train")
        check_enough(self.source, recipe.train.batch_size)
        if isinstance(self.source, BatchSource) and not recipe.train.workers:
            self.source = self.source.resident(device)
        self.order = BatchOrder(self.source, recipe.train.batch_size, recipe.seed)
        self.adversaries = Adversaries(domain, recipe.train, recipe.seed, device)
        require_density(domain, self.adversaries.average, recipe.train)
        self.watch = LikelihoodWatch.wanted(domain, recipe)
        self.journal = Journal(folder.metrics)
        self.balance = Balance()
        self.rollbacks = 0
        self.stopwatch = Stopwatch()
        self.total = recipe.train.total_steps()
        log = recipe.log
        often = Duration(count=max(1, self.total // TIMES_A_RUN))
        self.every = self._steps(log.every)
        self.samples_every = self._steps(log.samples_every or often)
        self.checkpoint_every = self._steps(log.checkpoint_every or often)
        self.evaluate_every = self._steps(log.evaluate_every) if log.evaluate_every else None
        self.evaluations = (
            Evaluations(domain, recipe, folder, device, reporter.notify)
            if self.evaluate_every
            else None
        )

    def _steps(self, duration: Duration) -> int:
        return duration.steps(self.recipe.train.batch_size)

    # ---- the loop --------------------------------------------------------------------------

    def run(self, stop: StopRequest) -> None:
        """Train from the present step to the last.

        Raises:
            Interrupted: A signal came in; the step was finished and saved.
            OmniganError: Training diverged too often.
        """
        self.reporter.start(self.folder.path, self.adversaries.step, self.total)
        if self.adversaries.step == 0:
            self._begin()
        data = self._data()
        while not self.adversaries.finished:
            if stop.number is not None:
                self._interrupt(stop.number)
            try:
                self._step(data)
            except Diverged as reason:
                self._blame_data(reason)
                self._go_back(reason)
                data = self._data()
        if self.evaluations:
            self.evaluations.say_best(self.reporter)

    def _step(self, data: Iterator[Batch]) -> None:
        readings = as_floats(self.adversaries.advance(data))
        step = self.adversaries.step
        check_finite(readings, step)
        readings |= self._look()
        last = self.adversaries.finished
        self._note(readings, step, last)
        sampling = last or step % self.samples_every == 0
        evaluating = self.evaluate_every and (last or step % self.evaluate_every == 0)
        if sampling:
            self._sample()
        if evaluating:
            self._evaluate()
        if last or step % self.checkpoint_every == 0:
            self._save()
        if (sampling or evaluating) and not last:
            self._publish()

    def _data(self) -> Iterator[Batch]:
        first = self.adversaries.batches_before(self.adversaries.step)
        return batches(self.order, first, self.recipe.train.workers)

    # ---- what happens between steps --------------------------------------------------------

    def _begin(self) -> None:
        self.journal.clear()  # of a run whose checkpoints are all lost
        if self.evaluations:
            self.evaluations.best.restore(None, 0)
        self._save()  # so that there is always something to go back to
        self._render(self._real(), self.folder.samples / "real")
        self._sample()
        self._publish()

    def _look(self) -> dict[str, float]:
        """Look at held-out examples and end likelihood training, each if it is time to."""
        adversaries = self.adversaries
        if adversaries.step > adversaries.likelihood_steps:
            return {}
        with self.stopwatch.measuring("held-out likelihood"):
            readings, news = after_likelihood_step(adversaries, self.watch)
        if news:
            self.reporter.say(news)
        return readings

    def _note(self, readings: dict[str, float], step: int, last: bool) -> None:
        self.journal.add(readings)
        shown: dict[str, float] = {}
        if last or step % self.every == 0:
            shown = self.journal.close_interval()
            examples = step * self.recipe.train.batch_size
            self.journal.write({"step": step, "examples": examples, **shown})
            self.stopwatch.write(self.folder, step)
        self.reporter.step(step, shown)
        won = "d_accuracy" in readings and self.balance.watch(readings["d_accuracy"])
        if won:
            self._warn(won)

    def _warn(self, text: str) -> None:
        self.journal.write({"step": self.adversaries.step, "warning": text})
        self.reporter.warn(f"step {self.adversaries.step}: {text}")

    def _sample(self) -> None:
        with self.stopwatch.measuring("samples"):
            samples = self._trained().preview(self.recipe.log.samples, self.recipe.seed).x
            self._render(samples, self.folder.sample_folder(self.adversaries.step))
        if self.adversaries.progress > EARLY:
            for warning in about_samples(self.domain, samples, self._real()):
                self._warn(warning)

    def _evaluate(self) -> None:
        assert self.evaluations is not None  # whoever has an interval has them
        with self.stopwatch.measuring("evaluation"):
            result = self.evaluations.evaluate(self.adversaries)
        self.journal.write({"step": self.adversaries.step, "evaluation": result.to_json()})
        for warning in self.evaluations.warnings(result):
            self._warn(warning)

    def _publish(self) -> None:
        with self.stopwatch.measuring("report"):
            self.publish()

    def _trained(self) -> Trained:
        adversaries = self.adversaries
        return Trained(self.domain, adversaries.average, adversaries.step, adversaries.device)

    def _real(self) -> Tensor:
        """Return as many real examples as there are samples, the same ones each time."""
        count = min(self.recipe.log.samples, len(self.source))
        rng = seeds.generator(self.recipe.seed, "real")
        places = torch.randperm(len(self.source), generator=rng)[:count].tolist()
        return torch.stack([self.source.read(place, rng).x for place in places])

    def _render(self, x: Tensor, folder: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.domain.preview(x, folder)

    # ---- saving and going back -------------------------------------------------------------

    def _save(self) -> None:
        with self.stopwatch.measuring("checkpoints"):
            checkpoint.save(
                self.folder.checkpoints, self.adversaries, self._state(), self.recipe.log.keep
            )
            if self.evaluations:
                self.evaluations.best.prune(self.folder.checkpoints)

    def _state(self) -> dict[str, Any]:
        state = {
            "journal": self.journal.state(),
            "balance": self.balance.state(),
            "rollbacks": self.rollbacks,
        }
        if self.watch:
            state["watch"] = self.watch.state()
        if self.evaluations:
            state["best"] = self.evaluations.best.state()
        return state

    def resume(self) -> bool:
        """Go to the newest whole checkpoint; say which were passed over.

        Returns:
            Whether there was one.
        """
        checkpoint.sweep(self.folder.checkpoints)
        for choice in checkpoint.find(self.folder.checkpoints):
            try:
                state = checkpoint.restore(choice, self.adversaries)
            except checkpoint.BadCheckpoint as error:
                self.reporter.warn(f"passed over a checkpoint: {error}")
                continue
            self.journal.restore(state["journal"])
            self.balance.restore(state["balance"])
            self.rollbacks = int(state["rollbacks"])
            if self.watch:
                self.watch.restore(state.get("watch"))
            if self.evaluations:
                self.evaluations.best.restore(state.get("best"), self.adversaries.step)
            return True
        return False

    def _blame_data(self, reason: Diverged) -> None:
        """Give up if the step's own examples were not numbers: going back would not help.

        Raises:
            OmniganError: They were not.
        """
        step = self.adversaries.step
        drawn = range(*map(self.adversaries.batches_before, (step - 1, step)))
        for number in drawn:
            for index in self.order.poisoned(number):
                raise OmniganError(
                    f"{reason}, because training example {index} (counted from 0) holds NaN or "
                    "infinite values. Correct it or leave it out."
                )

    def _go_back(self, reason: Diverged) -> None:
        """Return to the last good checkpoint and go on with fresh noise.

        Raises:
            OmniganError: That was done too often already, or there is no checkpoint.
        """
        before = self.rollbacks
        allowed = self.recipe.train.max_rollbacks
        hint = "Lower train.rate, set train.clip, or use train.precision=fp32."
        if before >= allowed:
            raise OmniganError(f"{reason}, after going back {before} times. {hint}")
        if not self.resume():
            raise OmniganError(f"{reason}, and there is no checkpoint to go back to. {hint}")
        self.rollbacks = before + 1
        self.adversaries.attempt = self.rollbacks
        self._warn(
            f"{reason}; went back to step {self.adversaries.step} to go on with other noise "
            f"({self.rollbacks} of {allowed}). {hint}"
        )

    def _interrupt(self, number: int) -> None:
        self._save()
        raise Interrupted(
            f"Stopped at step {self.adversaries.step} of {self.total}, saved. Go on with:\n  "
            f"{resume_command(self.folder)}",
            number,
        )
