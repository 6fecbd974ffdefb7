"""Examples that were made for something: labels, and inputs of paired data."""

from __future__ import annotations

import pytest
import torch

from omnigan.domain import Batch, Metric
from omnigan.errors import UserError
from omnigan.evaluation.evaluate import Evaluator, evaluate
from omnigan.evaluation.headline import headline_metric
from omnigan.sampling import Trained


def test_conditions_go_along(plane, normal, numbers):
    generated = normal(200, 0)
    labelled = Batch(generated.x, {"label": torch.full((200, 1), 7.0)})
    found = numbers(evaluate(plane(labelled=True), labelled, samples=200, seed=0))
    value, floor = found["told from real", "accuracy on 200"]
    assert value > 0.95
    assert 0.4 < floor < 0.6


def test_samples_have_the_labels_of_the_data(plane):
    class Unequal(plane):
        """Three of four examples are on the left."""

        def labels(self):
            return ("right", "left")

        def source(self, split):
            inner = super().source(split)
            inner.read = lambda i, rng: Batch(inner.x[i], {"side": torch.tensor(i % 4 > 0).long()})
            return inner

        def condition(self, label, n):
            return {"side": torch.full((n,), self.labels().index(label))}

    labels = Evaluator(Unequal(), 400, 0).labels(100)
    assert labels.count("left") == pytest.approx(75, abs=3)
    halves = labels[:50].count("left"), labels[50:].count("left")
    assert halves[0] == pytest.approx(halves[1], abs=2), "mixed, whatever the order of the source"
    assert Evaluator(plane(), 40, 0).labels(10) is None


def test_a_source_sorted_by_class_does_not_confuse_the_critic(plane, normal, numbers):
    """Halves of other classes would be told apart by class."""

    class Sorted(plane):
        def source(self, split):
            inner = super().source(split)
            inner.x = inner.x[(inner.x[:, 0] > 0).long().argsort(stable=True)]
            return inner

        def classes(self, split):
            return [0 if x < 0 else 1 for x in self.source(split).x[:, 0]]

    found = numbers(evaluate(Sorted(), normal(400, 0), samples=400, seed=1))
    low, high = (found["told from real", f"95 % {end}"][0] for end in ("from", "to"))
    assert low < 0.5 < high


def test_paired_examples_are_made_for_the_conditions_of_held_out_ones_and_compared_with_them(
    plane, numbers
):
    class Paired(plane):
        paired = True

        def metrics(self):
            return {"error": Metric(lambda x, real: float((x - real).abs().mean()), "paired")}

    class Echo(torch.nn.Module):
        def forward(self, input, label):
            return label.expand(-1, 2) + 3

    domain = Paired(labelled=True)
    trained = Trained(domain, Echo(), 1, torch.device("cpu"))
    evaluator = Evaluator(domain, 200, seed=0)
    generated = evaluator.generate(trained, 100)
    real = evaluator.material.held_out.batch
    torch.testing.assert_close(generated.x, real.cond["label"][:100].expand(-1, 2) + 3)
    value, floor = numbers(evaluator(generated))["error", ""]
    assert value == pytest.approx(float((generated.x - real.x[:100]).abs().mean()))
    assert floor == 0
    assert len(evaluator.generate(trained, 500)) == 200  # there are no more held-out ones


def test_sets_that_are_made_from_each_other_are_not_compared_as_sets(plane):
    class Paired(plane):
        paired = True
        headline = "error"

        def metrics(self):
            error = Metric(lambda x, real: float((x - real).abs().mean()), "paired")
            return {**super().metrics(), "error": error}

    domain = Paired()
    evaluator = Evaluator(domain, 40, seed=0)
    copies = Batch(evaluator.material.held_out.batch.x)
    found = {row.metric for row in evaluator(copies).rows}
    assert {"mean", "nothing", "error", "told from real"} <= found
    assert not {"offset", "nearest", "Frechet distance", "precision", "coverage"} & found
    assert headline_metric(domain, "auto") == "error"
    for name in ("offset", "Frechet distance"):
        with pytest.raises(UserError, match=f"no metric '{name}'"):
            headline_metric(domain, name)


def test_a_metric_may_ask_what_examples_were_made_for(plane, normal, numbers):
    """Half of the generated ones obey, and all of the real ones do."""

    class Obedient(plane):
        def metrics(self):
            def obeyed(x, cond):
                return float(((x[:, :1] > 0).float() == cond["label"]).float().mean())

            return {"obedience": Metric(obeyed, "conditions", "higher")}

    x = normal(40, 0).x
    asked = (x[:, :1] > 0).float()
    asked[::2] = 1 - asked[::2]
    evaluation = evaluate(Obedient(labelled=True), Batch(x, {"label": asked}), samples=40, seed=0)
    assert numbers(evaluation)["obedience", ""] == (0.5, 1.0)
