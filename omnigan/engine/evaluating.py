"""Evaluations during training."""

from __future__ import annotations

import shlex

import torch

from omnigan.domain import Domain, Notify
from omnigan.engine.best import Best
from omnigan.engine.reporter import Reporter
from omnigan.engine.runfolder import RunFolder
from omnigan.engine.step import Adversaries
from omnigan.errors import UserError
from omnigan.evaluation.enough import shortage
from omnigan.evaluation.evaluate import Evaluator
from omnigan.evaluation.headline import headline, headline_metric
from omnigan.evaluation.measures import engine_metrics, own_metrics
from omnigan.evaluation.results import Evaluation
from omnigan.evaluation.two_sample import LEAST
from omnigan.recipe.schema import Recipe
from omnigan.sampling import Trained

__all__ = ["Evaluations", "deciding_metric"]


def deciding_metric(domain: Domain, recipe: Recipe) -> str:
    """Return the metric that tells the best weights of a run that is evaluated.

    Raises:
        UserError: There are no held-out examples or too few for this metric, or ``log.best`` names
            none.
    """
    if not len(domain.source("valid")):
        raise UserError("log.evaluate_every: there are no held-out examples. Leave it out.")
    metric = headline_metric(domain, recipe.log.best)
    few = shortage(domain, recipe.log.evaluate_samples, f"write log.evaluate_samples={LEAST}")
    if few and metric in engine_metrics(domain):
        own = list(own_metrics(domain))
        other = f" or name another metric as log.best, such as '{own[0]}'," if own else ""
        raise UserError(
            f"log.evaluate_every: there would be no '{metric}' to tell the best weights by. {few} "
            f"Do that,{other} or leave out log.evaluate_every."
        )
    return metric


class Evaluations:
    """Scores the moving average now and then, always against the same real examples.

    Args:
        domain: The resolved domain.
        recipe: The resolved recipe.
        folder: The run's.
        device: Where the networks live.
        notify: Told about long work.

    Raises:
        UserError: As in :func:`deciding_metric`.
    """

    def __init__(
        self,
        domain: Domain,
        recipe: Recipe,
        folder: RunFolder,
        device: torch.device,
        notify: Notify,
    ) -> None:
        self.best = Best(folder.best, deciding_metric(domain, recipe))
        self.domain, self.device, self.notify = domain, device, notify
        self.count, self.seed = recipe.log.evaluate_samples, recipe.seed
        self.folder = folder
        self._evaluator: Evaluator | None = None

    def evaluate(self, adversaries: Adversaries) -> Evaluation:
        """Score the present moving average, and keep it if it is the best so far."""
        if self._evaluator is None:  # not before it is needed: a run may be resumed for its end
            self._evaluator = Evaluator(
                self.domain, self.count, self.seed, notify=self.notify, device=self.device
            )
        trained = Trained(self.domain, adversaries.average, adversaries.step, self.device)
        evaluation = self._evaluator.score(trained, self.count)
        self.best.consider(evaluation, adversaries)
        return evaluation

    def warnings(self, evaluation: Evaluation) -> list[str]:
        """Say what could not be computed, and why it cannot tell the best weights, if it cannot."""
        metric = self.best.metric
        if evaluation.failed or headline(evaluation, metric).parts:
            return [*evaluation.failed]
        return [
            f"The evaluation has no value of '{metric}' to tell the best weights by. Hold out more "
            "examples, raise log.evaluate_samples, or name another metric as log.best."
        ]

    def say_best(self, reporter: Reporter) -> None:
        """Say which weights were the best, and how to use them."""
        if self.best.step is not None:
            run = shlex.quote(str(self.folder.path))
            reporter.say(
                f"The best weights by {self.best.metric} are those of step {self.best.step}: "
                f"omnigan sample {run} --best"
            )
