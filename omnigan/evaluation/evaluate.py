"""All metrics of generated examples, each beside the value of real ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from omnigan.domain import Batch, Conditions, Density, Domain, Metric, Notify, silent
from omnigan.evaluation.distributions import STAGES, Distributions
from omnigan.evaluation.enough import shortage
from omnigan.evaluation.extractors import extractor
from omnigan.evaluation.failures import failures_kept
from omnigan.evaluation.material import Material
from omnigan.evaluation.measures import COUNTED, own_metrics
from omnigan.evaluation.memorisation import Memorisation
from omnigan.evaluation.real import take
from omnigan.evaluation.results import Evaluation, Row
from omnigan.evaluation.thinning import evenly
from omnigan.evaluation.two_sample import LEAST
from omnigan.label_shares import in_shares
from omnigan.sampling import Trained

__all__ = ["Evaluation", "Evaluator", "Row", "evaluate"]

_CPU = torch.device("cpu")


class Evaluator:
    """Scores any number of generated sets against the same real examples.

    Examples of both splits are read as training reads them, with augmentation drawn from the
    evaluation seed. What depends on real examples alone is computed once.

    Args:
        domain: Supplies the metrics and the data.
        samples: Generated examples that will come; as many held-out ones are drawn, without
            replacement, or all of them.
        seed: Of every draw.
        features: What distributions are compared in; see
            :func:`~omnigan.evaluation.extractors.extractor`.
        notify: Told about long work.
        device: Where features are computed and the critic of
            :func:`~omnigan.evaluation.two_sample.two_sample` is trained.

    Raises:
        UserError: There are no held-out or no training examples, or no such features.
    """

    def __init__(
        self,
        domain: Domain,
        samples: int,
        seed: int,
        *,
        features: str = "auto",
        notify: Notify = silent,
        device: torch.device = _CPU,
    ) -> None:
        self.domain = domain
        self.notify = notify
        self.material = Material.read(domain, samples, seed, device)
        self._shortage = shortage(domain, samples)
        self._distributions: Distributions | None = None
        # Features that have to be learned are not learned for nothing.
        if not self._shortage or features not in ("auto", "classifier"):
            seen = extractor(domain, features, notify)
            self._distributions = Distributions(self.material, seen)
        self._floors: dict[tuple[str, int], dict[str, float]] = {}

    def labels(self, n: int) -> list[str] | None:
        """Return labels for ``n`` generated examples in the shares that the training set has.

        Returns:
            None where the networks know no labels.
        """
        found = self.material.labels
        if found is None:
            return None
        names = self.domain.labels()
        counts = torch.bincount(found, minlength=len(names)).tolist()
        return [names[number] for number in in_shares(counts, n)]

    def generate(self, trained: Trained, n: int, wishes: Sequence[str] = ()) -> Batch:
        """Let a generator make ``n`` examples to score, under conditions as the data has them.

        Args:
            trained: The generator.
            n: How many.
            wishes: What else it is asked for; see :meth:`omnigan.domain.Domain.ask`.
        """
        seed = self.material.seed
        if self.domain.paired:
            n = min(n, len(self.material.held_out))
            some = take(self.material.held_out.batch, torch.arange(n))
            return trained.generate_for({**some.cond, **trained.asked(n, seed, wishes)}, seed)
        if not wishes:
            return trained.generate(n, seed, self.labels(n))
        labels = trained.choose_labels(n, seed, self.labels(n))
        cond = trained.conditions(labels, seed, trained.asked(n, seed, wishes))
        return trained.generate_for(cond, seed)

    def score(self, trained: Trained, n: int, wishes: Sequence[str] = ()) -> Evaluation:
        """Score ``n`` examples of a generator; for the arguments see :meth:`generate`."""
        held_out = self.material.held_out.batch
        density = trained.density(held_out, self.material.seed, wishes)
        return self(self.generate(trained, n, wishes), density)

    def __call__(self, generated: Batch, density: Density | None = None) -> Evaluation:
        """Score generated examples with their conditions.

        Args:
            generated: The examples. Conditions that the data does not have are not looked at.
            density: Of the generator that made them; without it, metrics against a density are
                left out.
        """
        known = self.material.held_out.batch.cond
        cond = {name: value for name, value in generated.cond.items() if name in known}
        generated = Batch(generated.x, cond).to(_CPU)
        metrics = {
            name: metric
            for name, metric in own_metrics(self.domain).items()
            if metric.against != "density" or density is not None
        }
        total = len(metrics) + STAGES
        rows: list[Row] = []
        failed: list[str] = []
        for done, (name, metric) in enumerate(metrics.items()):
            self.notify("evaluating", done, total)
            with failures_kept(f"The metric '{name}'", failed):
                rows += self._rows(name, metric, generated, density)
        found = self._distributions if not self._too_few(len(generated)) else None
        memories: Mapping[str, Memorisation] = {}
        if found is not None:
            with failures_kept("Scores of distributions", failed):
                more, memories = found.score(
                    generated,
                    lambda stage: self.notify("evaluating", total - STAGES + stage, total),
                )
                rows += more
        self.notify("evaluating", total, total)
        evaluation = self._evaluation(generated, rows, memories)
        features = found.extractor.described if found else ""
        return replace(evaluation, features=features, failed=tuple(failed))

    def _too_few(self, generated: int) -> str:
        """Say why there are no scores of distributions; ``""`` where there are."""
        if self._shortage or generated >= LEAST:
            return self._shortage
        return (
            f"Scores of distributions take {LEAST} examples, and only {generated} were generated."
        )

    def _rows(
        self, name: str, metric: Metric, generated: Batch, density: Density | None
    ) -> list[Row]:
        """Return the rows of one of the domain's own metrics."""
        if metric.against == "density":
            values = _named(metric.compute(generated, self.material.held_out.batch, density))
            return self._table(name, metric, values, {}, (len(generated),) * 2)
        perfect, n = self._perfect(metric, len(generated)), len(generated)
        if (name, n) not in self._floors:
            self._floors[name, n] = self._values(metric, perfect, n)
        few = min(n, len(perfect)) if metric.against in COUNTED else n
        values = self._values(metric, generated, few)
        return self._table(name, metric, values, self._floors[name, n], (few, n))

    def _table(
        self,
        name: str,
        metric: Metric,
        values: Mapping[str, float],
        floors: Mapping[str, float],
        samples: tuple[int, int],
    ) -> list[Row]:
        """Return rows of values; of means over the examples the second number of samples is true.

        The first is that of everything else.
        """
        real = self.material
        reference = real.train if metric.against == "train" else real.held_out
        few, whole = (real.provenance([reference], number) for number in samples)
        return [
            Row(
                *(name, part, number, floors.get(part, math.nan)),
                *(metric.better, metric.digits, whole if part in metric.means else few),
            )
            for part, number in values.items()
        ]

    def _perfect(self, metric: Metric, n: int) -> Batch:
        """Return the real examples whose value is the floor of ``n`` generated ones."""
        held_out = self.material.held_out.batch
        if metric.against == "held-out":
            return self.material.like
        return take(held_out, torch.arange(n)) if metric.against == "paired" else held_out

    def _values(self, metric: Metric, batch: Batch, most: int) -> dict[str, float]:
        """Return the values of examples by part, compared with what the metric asks for.

        What depends on the number of examples is taken of at most so many, spread evenly.
        """
        if metric.against not in COUNTED or len(batch) <= most:
            return self._measured(metric, batch)
        whole = self._measured(metric, batch) if metric.means else {}
        means = {part: whole[part] for part in metric.means if part in whole}
        if means and len(means) == len(whole):
            return means
        return self._measured(metric, take(batch, evenly(len(batch), most))) | means

    def _measured(self, metric: Metric, batch: Batch) -> dict[str, float]:
        real = self.material
        others: dict[str | None, tuple[Tensor | Conditions, ...]] = {
            None: (),
            "held-out": (real.held_out.batch.x,),
            "train": (real.train.batch.x,),
            "paired": (real.held_out.batch.x[: len(batch)],),
            "conditions": (batch.cond,),
        }
        return _named(metric.compute(batch.x, *others[metric.against]))

    def _evaluation(
        self, generated: Batch, rows: list[Row], memories: Mapping[str, Memorisation]
    ) -> Evaluation:
        real = self.material
        pairs = next((memory.pairs for memory in memories.values()), ())
        made, known = [pair.generated for pair in pairs], [pair.train for pair in pairs]
        return Evaluation(
            rows=tuple(rows),
            samples=len(generated),
            held_out=len(real.held_out),
            train=len(real.train),
            seed=real.seed,
            too_few=self._too_few(len(generated)),
            closest=tuple(replace(pair, train=real.train.places[pair.train]) for pair in pairs),
            pairs=(generated.x[made], real.train.batch.x[known]) if pairs else None,
        )


def evaluate(
    domain: Domain,
    generated: Batch,
    density: Density | None = None,
    *,
    samples: int,
    seed: int,
    features: str = "auto",
    notify: Notify = silent,
    device: torch.device = _CPU,
) -> Evaluation:
    """Score generated examples once; see :class:`Evaluator`, also for the arguments.

    Args:
        domain: Supplies the metrics and the data.
        generated: Generated examples with their conditions.
        density: Of the generator that made them, if it has one.
        samples: Most held-out examples to draw.
        seed: Of every draw.
        features: What distributions are compared in.
        notify: Told how many metrics are done.
        device: Where networks run.

    Raises:
        UserError: There are no held-out or no training examples, or no such features.
    """
    evaluator = Evaluator(domain, samples, seed, features=features, notify=notify, device=device)
    return evaluator(generated, density)


def _named(values: float | Mapping[str, float]) -> dict[str, float]:
    if isinstance(values, Mapping):
        return {part: float(value) for part, value in values.items()}
    return {"": float(values)}
