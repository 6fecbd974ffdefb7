from __future__ import annotations

import hashlib
import json

import pytest
import torch

import omnigan
from omnigan.cache import read_sealed, write_sealed
from omnigan.domain import Batch, Metric, Space
from omnigan.errors import UserError
from omnigan.evaluation.evaluate import Evaluator, evaluate
from omnigan.evaluation.extractors import extractor
from omnigan.evaluation.frechet import frechet_distance
from omnigan.evaluation.headline import headline_metric
from omnigan.evaluation.manifold import manifold_scores
from omnigan.evaluation.material import usual_samples
from omnigan.sampling import Trained


def normal(n: int, centre: float, seed: int = 5) -> Batch:
    rng = torch.Generator().manual_seed(seed)
    return Batch(torch.randn(n, 2, generator=rng) + torch.tensor([centre, 0.0]))


def numbers(evaluation):
    return {(row.metric, row.part): (row.value, row.floor) for row in evaluation.rows}


def test_values_and_floors_of_all_data(plane, points):
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


def test_floor_of_a_comparison_is_a_training_sample_as_large_as_the_held_out_one(plane):
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


def test_a_score_and_its_floor_are_of_equally_many_examples(plane):
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


def test_samples_that_a_score_is_of_are_in_its_provenance(plane):
    class Two(plane):
        def metrics(self):
            def measure(x, other):
                return {"largest": float(x.max()), "mean": float(x.mean())}

            return {"extremes": Metric(measure, "train", means=("mean",))}

    rows = evaluate(Two(held_out=50), normal(200, 0), samples=200, seed=0).rows
    counts = {row.part: row.provenance.samples for row in rows if row.metric == "extremes"}
    assert counts == {"largest": 50, "mean": 200}


def test_a_floor_is_that_of_as_many_examples_each_time(plane):
    """One evaluator scores sets of several sizes, as a fresh one does."""

    class Largest(plane):
        def metrics(self):
            return {"largest": Metric(lambda x, other: float(x.max()), "held-out", "lower")}

    evaluator = Evaluator(Largest(), 300, 0)
    for n in (300, 20, 100):
        fresh = Evaluator(Largest(), 300, 0)(normal(n, 0))
        assert numbers(evaluator(normal(n, 0)))["largest", ""] == numbers(fresh)["largest", ""]


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
    assert "Scores of distributions take" not in text
    line = next(line for line in text.splitlines() if line.startswith("offset"))
    value, floor = numbers(evaluation)["offset", ""]
    assert line.split() == ["offset", f"{value:.3f}", f"{floor:.3f}", "lower"]
    assert next(line for line in text.splitlines() if line.startswith("nothing")).split()[1] == "-"
    lines = text.split("\n\n")[1].splitlines()
    ends = {line.rindex(word) for line, word in ((line, line.split()[-1]) for line in lines)}
    assert len(ends) == 1, "columns are aligned"


def test_few_examples_are_not_told_from_real(plane):
    evaluation = evaluate(plane(held_out=8), normal(100, 0), samples=100, seed=0)
    assert "Scores of distributions take 16 examples" in evaluation.table()
    found = numbers(evaluation)
    assert ("mean", "x") in found
    assert not [name for name, _ in found if name == "told from real"]


def test_nothing_held_out(plane):
    with pytest.raises(UserError, match="no held-out examples"):
        evaluate(plane(held_out=0), normal(10, 0), samples=10, seed=0)


def test_notifies(plane):
    heard = []
    evaluate(plane(), normal(32, 0), samples=32, seed=0, notify=lambda *said: heard.append(said))
    assert heard[0] == ("evaluating", 0, 7)
    assert heard[-1] == ("evaluating", 7, 7)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)


def test_distributions_are_compared_in_features(plane):
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


def test_a_good_generator_nears_the_floor_and_a_bad_one_does_not(plane):
    good, bad = (
        numbers(evaluate(plane(), normal(400, centre), samples=400, seed=0)) for centre in (0, 4)
    )
    for name in ("Frechet distance", "kernel distance"):
        assert good[name, ""][0] < 5 * abs(good[name, ""][1]) + 0.05
        assert bad[name, ""][0] > 10 * good[name, ""][0]
    assert bad["precision", ""][0] < 0.5 < good["precision", ""][0]


def test_copies_are_counted_and_named_by_their_place_in_the_source(plane, points):
    train = points(512, 0, 0, False).x
    copied = normal(100, 0).x
    copied[40:60] = train[200:220]
    evaluation = evaluate(plane(), Batch(copied), samples=100, seed=0)
    assert numbers(evaluation)["near copies", "in data"][0] > 0.15
    pairs = {(pair.generated, pair.train) for pair in evaluation.closest}
    assert len(pairs & {(40 + i, 200 + i) for i in range(20)}) >= 6


def test_every_row_says_what_it_was_computed_from(plane):
    told = evaluate(plane(), normal(64, 0), samples=32, seed=7).to_json()
    by_name = {row["metric"]: told["provenances"][row["provenance"]] for row in told["rows"]}
    assert by_name["mean"]["extractor"] == ""
    assert by_name["nearest"]["reference"] == "train"
    frechet = by_name["Frechet distance"]
    assert frechet["extractor"] == "random"
    assert frechet["weights"] == extractor(plane()).sha256
    assert (frechet["reference"], frechet["reference_count"]) == ("valid", 32)
    assert (frechet["samples"], frechet["seed"]) == (32, 7)
    assert frechet["version"] == omnigan.__version__
    held_out = Evaluator(plane(), 32, 7).material.held_out.batch.x
    expected = hashlib.sha256(b"x torch.float32 [32, 2];" + held_out.numpy().tobytes())
    assert frechet["reference_sha256"] == expected.hexdigest()


def test_preprocessing_is_part_of_the_provenance(plane):
    class Resized(plane):
        def describe(self):
            return {"preprocessing": "box filter"}

    rows = evaluate(Resized(), normal(20, 0), samples=20, seed=0).rows
    assert {row.provenance.preprocessing for row in rows} == {"box filter"}


def test_real_examples_are_looked_at_once(plane, monkeypatch):
    evaluator = Evaluator(plane(), 64, 0)
    first = evaluator(normal(64, 0)).to_json()
    monkeypatch.setattr(plane, "source", None)
    assert evaluator(normal(64, 0)).to_json() == first


def test_a_damaged_floor_is_computed_anew(plane, monkeypatch, tmp_path):
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


def test_the_floor_of_another_critic_is_another(plane, monkeypatch, tmp_path):
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


def test_a_source_sorted_by_class_does_not_confuse_the_critic(plane):
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


@pytest.mark.parametrize(
    ("shape", "count"), [((2,), 1000), ((3, 256, 256), 682), ((9, 2048, 2048), 64)]
)
def test_large_examples_are_fewer(plane, shape, count):
    class Large(plane):
        @property
        def space(self):
            return Space(shape)

    assert usual_samples(Large()) == count


def test_paired_examples_are_made_for_the_conditions_of_held_out_ones_and_compared_with_them(plane):
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


def test_a_metric_may_ask_what_examples_were_made_for(plane):
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
