"""The metrics as the engine calls them."""

from __future__ import annotations

import gc
import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan.domain import Batch, Metric
from omnigan_text.data_config import TextData
from omnigan_text.metrics import suite
from omnigan_text.metrics.kept import Kept, KeptDensity
from omnigan_text.oracle import Oracle, OracleData
from omnigan_text.tokens import Codec

ORACLE = Oracle.of(OracleData(symbols=6, length=5))
WORDS = ["", *"abc()+*=", *"123"]


class Letters(Codec):
    """One word a symbol."""

    def encode(self, text: str) -> list[int]:
        return [WORDS.index(word) for word in text.split()]

    def _decoded(self, sequences: Any) -> list[str]:
        return [" ".join(WORDS[symbol] for symbol in ids) for ids in sequences]


@pytest.fixture
def letters() -> Codec:
    return Letters(TextData(symbols=len(WORDS), length=8, ends=True))


@pytest.fixture
def numbers() -> Codec:
    return Codec.of(TextData(source="oracle", symbols=6, length=5, ends=False))


def density(batch: Batch) -> Tensor:
    return ORACLE.log_prob(batch.x)


def values(metric: Metric, x: Tensor, held_out: Tensor, train: Tensor) -> Mapping[str, float]:
    """Call a metric as the engine does."""
    if metric.against == "density":
        found = metric.compute(Batch(x), Batch(held_out), density)
    elif metric.against is None:
        found = metric.compute(x)
    else:
        found = metric.compute(x, train if metric.against == "train" else held_out)
    return found if isinstance(found, Mapping) else {"": found}


def drawn(n: int, seed: int) -> Tensor:
    return ORACLE.sample(n, torch.Generator().manual_seed(seed)).float()


def test_a_perfect_generator_is_like_real_text(numbers: Codec) -> None:
    x, held_out, train = drawn(400, 1), drawn(400, 2), drawn(1000, 3)
    like = drawn(400, 4)
    for name, metric in suite(numbers, oracle=ORACLE).items():
        found = values(metric, x, held_out, train)
        if metric.against == "density":
            continue
        for part, floor in values(metric, like, held_out, train).items():
            assert found[part] == pytest.approx(floor, rel=0.15, abs=0.05), (name, part)


def test_a_collapsed_generator_is_not(numbers: Codec) -> None:
    held_out, train = drawn(300, 2), drawn(600, 3)
    stuck = train[:1].repeat(300, 1)
    metrics = suite(numbers, oracle=ORACLE)

    def score(name: str, x: Tensor) -> float:
        return next(iter(values(metrics[name], x, held_out, train).values()))

    assert score("self-BLEU", stuck) == pytest.approx(1)
    assert score("unique texts", stuck) == pytest.approx(1 / 300)
    assert score("copied texts", stuck) == 1
    assert score("longest copied run", stuck) == 5
    for name in ("vocabulary coverage", "symbol coverage", "backward BLEU", "distinct n-grams"):
        assert score(name, stuck) < 0.8 * score(name, train[:300]), name
    worse = score("reverse language-model score", stuck)
    assert worse > 1.2 * score("reverse language-model score", train[:300])


def test_what_depends_on_the_number_is_taken_from_as_many(numbers: Codec) -> None:
    metrics = suite(numbers)
    held_out, few = drawn(50, 1), drawn(50, 2)
    many = few.repeat_interleave(4, 0)  # evenly spread, it is the few again
    counted = ("self-BLEU", "unique texts", "distinct n-grams")
    for name in (*counted, "vocabulary coverage", "symbol coverage"):
        compute = metrics[name].compute
        assert compute(many, held_out) == compute(few, held_out), name


@pytest.mark.parametrize("name", ["vocabulary coverage", "symbol coverage"])
def test_coverage_is_a_mean_over_sets_of_as_many(letters: Codec, name: str) -> None:
    x, real = letters.rows(["a", "b", "c", "a b c"]), letters.rows(["a b", "c c"])
    compute = suite(letters)[name].compute
    sets = [compute(x[::2], real), compute(x[1::2], real)]
    assert compute(x, real) == pytest.approx(sum(sets) / 2)
    assert sets[0] != sets[1]
    assert compute(x[:3], real) in [compute(x[[0, 1]], real), compute(x[[0, 2]], real)]


def test_symbols_are_apart_where_words_are_not(letters: Codec) -> None:
    """A name and the mark behind it are one word between blanks, and two symbols."""

    class Close(Letters):
        def _decoded(self, sequences: Any) -> list[str]:
            return [text.replace(" =", "=") for text in super()._decoded(sequences)]

    x, real = letters.rows(["a b c", "b ="]), letters.rows(["a = b", "b c"])
    metrics = suite(Close(TextData(symbols=len(WORDS), length=8, ends=True)))
    assert metrics["vocabulary coverage"].compute(x, real) == pytest.approx(2 / 3)  # not "a="
    assert metrics["symbol coverage"].compute(x, real) == 1


def test_equations_and_words(letters: Codec) -> None:
    x = letters.rows(["a + b = 1", "a + = 1", "( a + 1 ) = b"])
    real = letters.rows(["a + b = 2", "b * c = 1"])
    metrics = suite(letters, grammar=True)
    assert metrics["equations"].compute(x) == pytest.approx(2 / 3)
    assert metrics["forms covered"].compute(x, real) == 0.5
    assert metrics["rule chi-square"].compute(x, real) > 0
    assert set(metrics) - set(suite(letters)) == {"equations", "forms covered", "rule chi-square"}
    assert metrics["copied texts"].compute(x, x[:1]) == pytest.approx(1 / 3)


def test_the_oracle_as_its_own_generator(numbers: Codec) -> None:
    metrics, x, held_out = suite(numbers, oracle=ORACLE), drawn(200, 1), drawn(200, 2)
    for name in ("JSD / ln 2", "KL(G||O)", "KL(O||G)"):
        assert values(metrics[name], x, held_out, x)[""] == pytest.approx(0, abs=1e-9)
        assert values(metrics[f"{name} error"], x, held_out, x)[""] == pytest.approx(0, abs=1e-9)
    expected = -float(ORACLE.log_prob(x).mean()) / 5
    assert metrics["oracle likelihood"].compute(x) == pytest.approx(expected)
    assert values(metrics["entropy (nats a token)"], x, held_out, x)[""] == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_and_empty_texts_are_no_trouble(letters: Codec, n: int) -> None:
    empty = torch.zeros(n, 8)
    for name, metric in suite(letters, grammar=True).items():
        if metric.against == "density":
            continue
        for x, real in ((empty, empty), (empty, letters.rows(["a + b = 1"]))):
            for value in values(metric, x, real, real).values():
                assert math.isnan(value) or value >= 0, name


def test_results_are_kept_for_one_tensor_alone() -> None:
    kept: Kept[float] = Kept()
    x = torch.ones(2)
    assert kept.get(x, lambda: 1.0) == 1
    assert kept.get(x, lambda: 2.0) == 1, "made once"
    assert kept.get(x.clone(), lambda: 3.0) == 3
    address = id(x)
    del x
    gc.collect()
    others = [torch.zeros(2) for _ in range(50)]
    assert [kept.get(other, lambda: 4.0) for other in others] == [4.0] * 50
    assert isinstance(address, int)


def test_densities_are_kept_until_another_comes() -> None:
    calls = []

    def first(batch: Batch) -> Tensor:
        calls.append(len(batch))
        return torch.zeros(len(batch))

    def second(batch: Batch) -> Tensor:
        return torch.ones(len(batch))

    densities, batch = KeptDensity(), Batch(torch.zeros(3, 2))
    assert torch.equal(densities.of(first)(batch), densities.of(first)(batch))
    assert calls == [3]
    assert torch.equal(densities.of(second)(batch), torch.ones(3))
