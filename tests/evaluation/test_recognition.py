"""What a classifier of real examples makes of generated ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from omnigan.domain import Batch, Split
from omnigan.evaluation.evaluate import evaluate
from omnigan.evaluation.extractors import classifier, extractor
from omnigan.evaluation.extractors.network import Classifier, FeatureNetwork
from omnigan.evaluation.headline import headline_metric
from omnigan.evaluation.material import Material, RealFeatures
from omnigan.evaluation.recognition import (
    RECOGNITION,
    Recognition,
    inception_score,
    label_accuracy,
)


class Sides:
    """Normal points with the condition on which side they are."""

    def __init__(self, points) -> None:
        self.points = points

    def __len__(self) -> int:
        return len(self.points)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        x = self.points.read(index, rng).x
        return Batch(x, {"side": (self.points.x[index, :1] > 0).long()})


@pytest.fixture
def sided(plane, monkeypatch, tmp_path):
    """Return the plane with a label for each half, and a cache of its own."""
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(classifier, "_STEPS", 150)

    class Sided(plane):
        def __init__(self) -> None:
            super().__init__(labelled=True)

        def source(self, split: Split) -> Sides:
            return Sides(super().source(split))

        def labels(self) -> Sequence[str]:
            return ("left", "right")

        def condition(self, label: str, n: int) -> dict[str, Tensor]:
            return {"side": torch.full((n, 1), self.labels().index(label))}

    return Sided


def clear_sides(n: int, asked: Tensor | None = None) -> Batch:
    """Return points far to the left and far to the right in turn, with what was asked for."""
    side = torch.arange(n) % 2
    x = torch.stack([4.0 * side - 2, torch.zeros(n)], 1)
    return Batch(x, {"side": (side if asked is None else asked)[:, None]})


def recognised(domain, *sets: Batch, n: int = 200, features: str = "auto") -> list[dict]:
    """Return the rows of each set by the name of the metric, with ``n`` real examples."""
    material = Material.read(domain, n, 0, torch.device("cpu"))
    real = RealFeatures(material, extractor(domain, features))
    recognition = Recognition(real)
    return [{row.metric: row for row in recognition.rows(each, real.of(each.x))} for each in sets]


# ---- the numbers --------------------------------------------------------------------------------


def test_inception_score_by_hand() -> None:
    """Two examples with p = (.9, .1) and (.5, .5), so p(y) = (.7, .3)."""
    p = torch.tensor([[0.9, 0.1], [0.5, 0.5]])
    first = 0.9 * math.log(0.9 / 0.7) + 0.1 * math.log(0.1 / 0.3)
    second = 0.5 * math.log(0.5 / 0.7) + 0.5 * math.log(0.5 / 0.3)
    expected = math.exp((first + second) / 2)
    assert inception_score(p.log()) == pytest.approx(expected, rel=1e-6)
    assert inception_score(p.log() + 5) == pytest.approx(expected, rel=1e-6), "logits are not p"


def test_inception_score_has_its_bounds() -> None:
    certain = 1000 * torch.eye(5).repeat(3, 1)
    assert inception_score(certain) == pytest.approx(5)
    assert inception_score(certain[:1].expand(9, -1)) == pytest.approx(1), "one class alone"
    assert inception_score(torch.zeros(9, 5)) == pytest.approx(1), "nothing recognised"


@given(st.integers(1, 30), st.integers(2, 8), st.floats(0.1, 20), st.integers(0, 99))
def test_inception_score_is_within_its_bounds(n: int, k: int, scale: float, seed: int) -> None:
    logits = scale * torch.randn(n, k, generator=torch.Generator().manual_seed(seed))
    assert 1 - 1e-9 <= inception_score(logits) <= min(n, k) + 1e-9


def test_label_accuracy_counts() -> None:
    logits = torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0], [1.0, 2.0]])
    assert label_accuracy(logits, torch.tensor([0, 1, 1, 1])) == 0.75
    assert label_accuracy(logits, torch.tensor([0, 1, 2, 1])) == 0.75, "a class never seen is wrong"


# ---- in an evaluation ---------------------------------------------------------------------------


def test_right_and_shuffled_labels(sided) -> None:
    n = 200
    shuffled = torch.randint(2, (n,), generator=torch.Generator().manual_seed(1))
    asked = None, shuffled, 1 - torch.arange(n) % 2
    found = recognised(sided(), *(clear_sides(n, each) for each in asked))
    right, chance, wrong = (each["label accuracy"] for each in found)
    assert right.value == 1
    assert 0.95 < right.floor < 1, "held-out points near the middle are hard to tell"
    assert chance.value == pytest.approx(0.5, abs=0.1)
    assert wrong.value == 0


def test_the_score_sees_a_class_that_is_missing(sided) -> None:
    one = Batch(clear_sides(400).x[::2], {"side": torch.zeros(200, 1)})
    good, bad = (
        each["inception-style score"] for each in recognised(sided(), clear_sides(200), one)
    )
    assert good.value > 1.95
    assert 1.6 < good.floor < 2
    assert bad.value < 1.05
    assert good.floor == bad.floor


def test_the_floor_is_what_held_out_examples_get(sided) -> None:
    """Held-out examples that pass for generated ones reach their own floor."""
    held_out = Material.read(sided(), 400, 0, torch.device("cpu")).held_out.batch
    (found,) = recognised(sided(), held_out, n=400)
    assert set(found) == set(RECOGNITION)
    for row in found.values():
        assert row.value == pytest.approx(row.floor, abs=1e-6)
        assert row.provenance.extractor == "classifier"
        assert (row.provenance.reference, row.provenance.samples) == ("valid", 400)


def test_the_rows_are_part_of_an_evaluation(sided) -> None:
    evaluation = evaluate(sided(), clear_sides(64), samples=64, seed=0)
    assert set(RECOGNITION) < {row.metric for row in evaluation.rows}


def test_without_a_classifier_nothing_is_said(sided, plane) -> None:
    assert recognised(sided(), clear_sides(64), features="random") == [{}]
    assert recognised(plane(), Batch(clear_sides(64).x)) == [{}]


def test_classes_that_nobody_asked_for_have_no_accuracy(plane, sided) -> None:
    class Quiet(plane):
        def classes(self, split: Split) -> list[int]:
            return [int(x > 0) for x in self.source(split).x[:, 0]]

    class Crossed(sided):
        """Its labels are the sides, its classes the upper and lower half."""

        def classes(self, split: Split) -> list[int]:
            return [int(y > 0) for y in self.source(split).points.x[:, 1]]

    for domain in (Quiet(), Crossed()):
        assert [*map(set, recognised(domain, clear_sides(64)))] == [{"inception-style score"}]


def test_either_may_say_which_weights_are_best(sided) -> None:
    for name in RECOGNITION:
        assert headline_metric(sided(), name) == name


# ---- the classifier -----------------------------------------------------------------------------


def test_standardising_keeps_the_logits() -> None:
    body = torch.nn.Linear(3, 4)
    with torch.no_grad():
        body.weight[2] = 0  # a feature that is the same in all examples
    model, x = Classifier(FeatureNetwork(body, 4), 5), torch.randn(50, 3)
    before = model(x)
    model.standardise(model.features(x))
    torch.testing.assert_close(model(x), before)
    torch.testing.assert_close(model.features(x)[:, 0].var(), torch.tensor(1.0))
    assert bool((model.features(x)[:, 2] == 0).all())


def test_the_head_is_kept_with_the_features(sided) -> None:
    first, second = extractor(sided()), extractor(sided())
    x = clear_sides(10).x
    logits = [each.head(each.features(x)) for each in (first, second)]
    assert torch.equal(*logits)
    assert logits[0].argmax(1).tolist() == [0, 1] * 5
