"""What real examples get: as many of them, computed once."""

from __future__ import annotations

import json

import pytest

from omnigan.cache import read_sealed, write_sealed
from omnigan.domain import Metric
from omnigan.evaluation.evaluate import Evaluator, evaluate


def test_floor_of_a_comparison_is_a_training_sample_as_large_as_the_held_out_one(
    plane, normal, numbers
):
    domain, sizes = plane(), []
    metric = domain.metrics()["offset"]

    def compute(x, other):
        sizes.append((len(x), len(other)))
        return metric.compute(x, other)

    domain.metrics = lambda: {"offset": type(metric)(compute, "held-out")}
    evaluation = evaluate(domain, normal(300, 3), samples=200, seed=0)
    assert sizes == [(200, 200), (200, 200)], "of more generated ones some are taken"
    (value, floor) = numbers(evaluation)["offset", ""]
    assert value == pytest.approx(3, abs=0.3)
    assert floor < 0.3
    assert (evaluation.samples, evaluation.held_out, evaluation.train) == (300, 200, 512)


def test_a_score_and_its_floor_are_of_equally_many_examples(plane, normal, numbers):
    """Those that are left of the larger set are spread evenly; a mean is taken of all."""
    seen = []

    class Extremes(plane):
        def metrics(self):
            def measure(x, other):
                seen.append(x)
                return {"largest": float(x.max()), "mean": float(x.mean())}

            return {"extremes": Metric(measure, "train", means=("mean",))}

    generated = normal(200, 0)
    found = numbers(evaluate(Extremes(held_out=50), generated, samples=200, seed=0))
    assert sorted(set(map(len, seen))) == [50, 200]
    held_out = next(x for x in seen if len(x) == 50)
    assert found["extremes", "largest"] == (float(generated.x[::4].max()), float(held_out.max()))
    assert found["extremes", "mean"] == (float(generated.x.mean()), float(held_out.mean()))
    seen.clear()
    evaluate(Extremes(held_out=400), generated, samples=400, seed=0)
    assert sorted(map(len, seen)) == [200, 200, 400], "of more held-out ones as many, too"


def test_a_floor_is_that_of_as_many_examples_each_time(plane, normal, numbers):
    """One evaluator scores sets of several sizes, as a fresh one does."""

    class Largest(plane):
        def metrics(self):
            return {"largest": Metric(lambda x, other: float(x.max()), "held-out", "lower")}

    evaluator = Evaluator(Largest(), 300, 0)
    for n in (300, 20, 100):
        fresh = Evaluator(Largest(), 300, 0)(normal(n, 0))
        assert numbers(evaluator(normal(n, 0)))["largest", ""] == numbers(fresh)["largest", ""]


def test_real_examples_are_looked_at_once(plane, monkeypatch, normal):
    evaluator = Evaluator(plane(), 64, 0)
    first = evaluator(normal(64, 0)).to_json()
    monkeypatch.setattr(plane, "source", None)
    assert evaluator(normal(64, 0)).to_json() == first


def test_a_damaged_floor_is_computed_anew(plane, monkeypatch, tmp_path, normal, numbers):
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path))
    first = evaluate(plane(), normal(64, 0), samples=64, seed=0).to_json()
    (kept,) = (tmp_path / "floors").iterdir()
    again = json.loads(read_sealed(kept))
    write_sealed(kept, json.dumps({name: 0.25 for name in again}).encode())
    changed = numbers(evaluate(plane(), normal(64, 0), samples=64, seed=0))
    assert changed["told from real", "95 % from"][1] == 0.25, "it was kept"
    whole = kept.read_bytes()
    for damaged in (b"{", whole[:-9], whole.replace(b"0.25", b"0.75", 1)):
        kept.write_bytes(damaged)
        assert evaluate(plane(), normal(64, 0), samples=64, seed=0).to_json() == first


def test_the_floor_of_another_critic_is_another(plane, monkeypatch, tmp_path, normal):
    """The same weights in a network that does something else with them."""
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path))

    class Doubling(plane):
        def discriminator(self):
            network = super().discriminator()
            network.register_forward_pre_hook(lambda module, x: (2 * x[0],))
            return network

    for domain in (plane(), Doubling()):
        evaluate(domain, normal(64, 0), samples=64, seed=0)
    assert len(list((tmp_path / "floors").iterdir())) == 2
