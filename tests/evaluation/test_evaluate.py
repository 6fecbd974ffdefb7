"""What is measured of generated examples."""

from __future__ import annotations

import re

import pytest
import torch

from omnigan.domain import Batch, Metric, Space
from omnigan.errors import UserError
from omnigan.evaluation.comparison import comparison_table
from omnigan.evaluation.distributions import Distributions
from omnigan.evaluation.evaluate import Evaluator, evaluate
from omnigan.evaluation.extractors import extractor
from omnigan.evaluation.frechet import frechet_distance
from omnigan.evaluation.manifold import manifold_scores
from omnigan.evaluation.material import usual_samples


def test_values_and_floors_of_all_data(plane, points, normal, numbers):
    """With more samples than examples, all of those are used and the floors can be computed."""
    domain, generated = plane(held_out=400), normal(1000, 3)
    found = numbers(evaluate(domain, generated, samples=1000, seed=0))
    held_out, train = points(400, 0, 1, False).x, points(512, 0, 0, False).x
    close = {"abs": 5e-3}  # reading adds a little noise

    def some(n):
        return generated.x[torch.arange(n) * 1000 // n]

    assert found["mean", "x"] == pytest.approx(
        (float(generated.x[:, 0].mean()), float(held_out[:, 0].mean())), **close
    )
    assert found["offset", ""][0] == pytest.approx(
        float((some(512).mean(0) - held_out.mean(0)).norm()), **close
    )
    assert found["nearest", ""] == pytest.approx(
        tuple(float(torch.cdist(x, train).min(1).values.mean()) for x in (some(400), held_out)),
        **close,
    )


def test_all_training_examples_are_read_for_originality(plane, normal):
    evaluation = evaluate(plane(), normal(50, 0), samples=50, seed=0)
    assert (evaluation.held_out, evaluation.train) == (50, 512)


def test_told_from_real(plane, normal, numbers):
    alike = numbers(evaluate(plane(), normal(400, 0), samples=400, seed=1))
    (low, floor_low), (high, floor_high) = (
        alike["told from real", part] for part in ("95 % from", "95 % to")
    )
    assert low < 0.5 < high
    assert floor_low < 0.5 < floor_high
    apart = numbers(evaluate(plane(), normal(400, 6), samples=400, seed=1))
    assert apart["told from real", "95 % from"][0] > 0.95


def test_depends_on_the_seed_alone(plane, normal):
    domain, generated = plane(), normal(100, 1)
    torch.manual_seed(1)
    first = evaluate(domain, generated, samples=64, seed=3)
    torch.manual_seed(2)
    assert evaluate(domain, generated, samples=64, seed=3).to_json() == first.to_json()
    assert evaluate(domain, generated, samples=64, seed=4).to_json() != first.to_json()


def test_nothing_held_out(plane, normal):
    with pytest.raises(UserError, match="no held-out examples"):
        evaluate(plane(held_out=0), normal(10, 0), samples=10, seed=0)


def test_what_cannot_be_computed_is_told_and_left_out(plane, normal, numbers):
    def where_right(x):
        """Fail where no example is to the right of 5, as if there were no note to count."""
        return float(x[:, 0].sum()) / len(x[x[:, 0] > 5])

    class Fragile(plane):
        def metrics(self):
            missing = Metric(lambda x: {}["octave"])
            return {"right": Metric(where_right), "missing": missing, **super().metrics()}

    few = evaluate(Fragile(), normal(10, 0), samples=10, seed=0)
    plain = evaluate(plane(), normal(10, 0), samples=10, seed=0)
    assert str(numbers(few)) == str(numbers(plain))  # NaN is the same here
    right, missing = few.failed
    assert re.fullmatch(
        r"The metric 'right' cannot be computed of these examples: ZeroDivisionError: .* "
        r"\(test_evaluate\.py, line \d+\)\.",
        right,
    )
    assert missing.startswith("The metric 'missing' cannot be computed of these examples: KeyError")
    assert few.to_json()["failed"] == [right, missing]
    assert f"{right}\n{missing}\n" in few.table()
    assert f"{right}\n{missing}\n\n" in comparison_table({"a": few, "b": few})


def test_scores_of_distributions_may_fail_alone(plane, normal, numbers, monkeypatch):
    monkeypatch.setattr(Distributions, "score", lambda *args: torch.zeros(0).quantile(0.5))
    evaluation = evaluate(plane(), normal(32, 0), samples=32, seed=0)
    assert {name for name, _ in numbers(evaluation)} == set(plane().metrics())
    (failure,) = evaluation.failed
    assert "Scores of distributions cannot be computed of these examples: RuntimeError" in failure


@pytest.mark.parametrize("error", [OSError(28, "full"), MemoryError(), UserError("Wrong file.")])
def test_what_is_no_fault_of_a_metric_is_raised(plane, normal, error):
    class Refused(plane):
        def metrics(self):
            def refuse(x):
                raise error

            return {"refused": Metric(refuse)}

    with pytest.raises(type(error)):
        evaluate(Refused(), normal(10, 0), samples=10, seed=0)


def test_notifies(plane, normal):
    heard = []
    evaluate(plane(), normal(32, 0), samples=32, seed=0, notify=lambda *said: heard.append(said))
    assert heard[0] == ("evaluating", 0, 7)
    assert heard[-1] == ("evaluating", 7, 7)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)


def test_distributions_are_compared_in_features(plane, normal, numbers):
    """The floor is what as many training examples get, and the generated ones are no more."""
    domain, seen = plane(), extractor(plane())
    found = numbers(evaluate(domain, normal(350, 0), samples=200, seed=0))
    evaluator = Evaluator(domain, 200, 0)
    held_out, like = evaluator.material.held_out.batch.x, evaluator.material.like.x
    assert found["Frechet distance", ""][1] == pytest.approx(
        frechet_distance(seen.features(like), seen.features(held_out)), rel=1e-6
    )
    thinned = normal(350, 0).x[torch.arange(200) * 350 // 200]
    assert found["Frechet distance", ""][0] == pytest.approx(
        frechet_distance(seen.features(thinned), seen.features(held_out)), rel=1e-6
    )
    manifold = manifold_scores(seen.features(held_out), seen.features(thinned))
    for name in ("precision", "recall", "density", "coverage"):
        assert found[name, ""][0] == getattr(manifold, name)


def test_a_good_generator_nears_the_floor_and_a_bad_one_does_not(plane, normal, numbers):
    good, bad = (
        numbers(evaluate(plane(), normal(400, centre), samples=400, seed=0)) for centre in (0, 4)
    )
    for name in ("Frechet distance", "kernel distance"):
        assert good[name, ""][0] < 5 * abs(good[name, ""][1]) + 0.05
        assert bad[name, ""][0] > 10 * good[name, ""][0]
    assert bad["precision", ""][0] < 0.5 < good["precision", ""][0]


def test_copies_are_counted_and_named_by_their_place_in_the_source(plane, points, normal, numbers):
    train = points(512, 0, 0, False).x
    copied = normal(100, 0).x
    copied[40:60] = train[200:220]
    evaluation = evaluate(plane(), Batch(copied), samples=100, seed=0)
    assert numbers(evaluation)["near copies", "in data"][0] > 0.15
    pairs = {(pair.generated, pair.train) for pair in evaluation.closest}
    assert len(pairs & {(40 + i, 200 + i) for i in range(20)}) >= 6
    made, known = evaluation.pairs
    distances = [pair.distance for pair in evaluation.closest]
    assert (made - known).norm(dim=1).tolist() == pytest.approx(distances, abs=1e-5)
    assert torch.equal(made, copied[[pair.generated for pair in evaluation.closest]])
    assert "pairs" not in evaluation.to_json()


@pytest.mark.parametrize(
    ("shape", "count"), [((2,), 1000), ((3, 256, 256), 682), ((9, 2048, 2048), 64)]
)
def test_large_examples_are_fewer(plane, shape, count):
    class Large(plane):
        @property
        def space(self):
            return Space(shape)

    assert usual_samples(Large()) == count
