from __future__ import annotations

import json

import pytest
import torch

import omnigan
from omnigan.domain import Batch
from omnigan.errors import UserError
from omnigan.evaluation.evaluate import evaluate


def normal(n: int, centre: float, seed: int = 5) -> Batch:
    rng = torch.Generator().manual_seed(seed)
    return Batch(torch.randn(n, 2, generator=rng) + torch.tensor([centre, 0.0]))


def numbers(evaluation):
    return {(row.metric, row.part): (row.value, row.floor) for row in evaluation.rows}


def test_values_and_floors_of_all_data(plane, points):
    """With more samples than examples, everything is used and the floors can be computed."""
    domain, generated = plane(held_out=400), normal(1000, 3)
    found = numbers(evaluate(domain, generated, samples=1000, seed=0))
    held_out, train = points(400, 0, 1, False).x, points(512, 0, 0, False).x
    close = {"abs": 5e-3}  # reading adds a little noise
    assert found["mean", "x"] == pytest.approx(
        (float(generated.x[:, 0].mean()), float(held_out[:, 0].mean())), **close
    )
    assert found["offset", ""][0] == pytest.approx(
        float((generated.x.mean(0) - held_out.mean(0)).norm()), **close
    )
    assert found["nearest", ""] == pytest.approx(
        tuple(float(torch.cdist(x, train).min(1).values.mean()) for x in (generated.x, held_out)),
        **close,
    )


def test_floor_of_a_comparison_is_a_training_sample_as_large_as_the_held_out_one(plane):
    domain, sizes = plane(), []
    metric = domain.metrics()["offset"]

    def compute(x, other):
        sizes.append((len(x), len(other)))
        return metric.compute(x, other)

    domain.metrics = lambda: {"offset": type(metric)(compute, "held-out")}
    evaluation = evaluate(domain, normal(300, 3), samples=200, seed=0)
    assert sizes == [(300, 200), (200, 200)]
    (value, floor) = numbers(evaluation)["offset", ""]
    assert value == pytest.approx(3, abs=0.3)
    assert floor < 0.3
    assert (evaluation.samples, evaluation.held_out, evaluation.train) == (300, 200, 200)


def test_all_training_examples_are_read_for_originality(plane):
    evaluation = evaluate(plane(), normal(50, 0), samples=50, seed=0)
    assert (evaluation.held_out, evaluation.train) == (50, 512)


def test_conditions_go_along(plane):
    generated = normal(200, 0)
    labelled = Batch(generated.x, {"label": torch.full((200, 1), 7.0)})
    found = numbers(evaluate(plane(labelled=True), labelled, samples=200, seed=0))
    value, floor = found["told from real", "accuracy on 200"]
    assert value > 0.95
    assert 0.4 < floor < 0.6


def test_told_from_real(plane):
    alike = numbers(evaluate(plane(), normal(400, 0), samples=400, seed=1))
    (low, floor_low), (high, floor_high) = (
        alike["told from real", part] for part in ("95 % from", "95 % to")
    )
    assert low < 0.5 < high
    assert floor_low < 0.5 < floor_high
    apart = numbers(evaluate(plane(), normal(400, 6), samples=400, seed=1))
    assert apart["told from real", "95 % from"][0] > 0.95


def test_depends_on_the_seed_alone(plane):
    domain, generated = plane(), normal(100, 1)
    torch.manual_seed(1)
    first = evaluate(domain, generated, samples=64, seed=3)
    torch.manual_seed(2)
    assert evaluate(domain, generated, samples=64, seed=3).to_json() == first.to_json()
    assert evaluate(domain, generated, samples=64, seed=4).to_json() != first.to_json()


def test_json(plane):
    evaluation = evaluate(plane(), normal(64, 0), samples=32, seed=7)
    told = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert {key: told[key] for key in ("samples", "held_out", "seed", "version")} == {
        "samples": 64,
        "held_out": 32,
        "seed": 7,
        "version": omnigan.__version__,
    }
    by_name = {(row["metric"], row["part"]): row for row in told["rows"]}
    assert by_name["nothing", ""]["value"] is None
    assert by_name["mean", "y"]["better"] == "match"
    assert by_name["offset", ""]["value"] == numbers(evaluation)["offset", ""][0]


def test_table_says_what_was_measured_on_what(plane):
    evaluation = evaluate(plane(), normal(64, 0), samples=32, seed=7)
    text = evaluation.table()
    assert "64 generated, 32 held-out and 512 training examples, seed 7" in text
    line = next(line for line in text.splitlines() if line.startswith("offset"))
    value, floor = numbers(evaluation)["offset", ""]
    assert line.split() == ["offset", f"{value:.3f}", f"{floor:.3f}", "lower"]
    assert next(line for line in text.splitlines() if line.startswith("nothing")).split()[1] == "-"
    lines = text.split("\n\n")[1].splitlines()
    ends = {line.rindex(word) for line, word in ((line, line.split()[-1]) for line in lines)}
    assert len(ends) == 1, "columns are aligned"


def test_few_examples_are_not_told_from_real(plane):
    found = numbers(evaluate(plane(held_out=8), normal(100, 0), samples=100, seed=0))
    assert ("mean", "x") in found
    assert not [name for name, _ in found if name == "told from real"]


def test_nothing_held_out(plane):
    with pytest.raises(UserError, match="no held-out examples"):
        evaluate(plane(held_out=0), normal(10, 0), samples=10, seed=0)


def test_notifies(plane):
    heard = []
    evaluate(plane(), normal(32, 0), samples=32, seed=0, notify=lambda *said: heard.append(said))
    assert heard[0] == ("evaluating", 0, 5)
    assert heard[-1] == ("evaluating", 5, 5)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)
