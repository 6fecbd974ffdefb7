"""Divergences from an oracle and likelihoods, against sums over all sequences there are."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from omnigan.domain import Batch
from omnigan_text.metrics.divergences import Divergences, divergences
from omnigan_text.metrics.likelihood import entropy, held_out_likelihood, lengths
from omnigan_text.oracle import Oracle, OracleData

ORACLE, OTHER = (Oracle.of(OracleData(symbols=3, length=4, seed=seed)) for seed in (5, 6))
EVERY = torch.tensor(list(product(range(3), repeat=4)))


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def density(batch: Batch) -> Tensor:
    return OTHER.log_prob(batch.x)


def truth(batch: Batch) -> Tensor:
    return ORACLE.log_prob(batch.x)


def estimated(n: int, seed: int = 0) -> Divergences:
    generated, drawn = OTHER.sample(n, rng(seed)), ORACLE.sample(n, rng(seed + 1))
    return divergences(Batch(generated), Batch(drawn), density, truth)


def kl(p: Tensor, q: Tensor) -> float:
    return float((p * (p / q).log()).sum())


def test_estimates_are_near_the_exact_values() -> None:
    g, o = (oracle.log_prob(EVERY).exp() for oracle in (OTHER, ORACLE))
    found = estimated(8000)
    mixed = (g + o) / 2
    exact = {
        kl(g, o) / 4: found.generator_oracle,
        kl(o, g) / 4: found.oracle_generator,
        (kl(g, mixed) + kl(o, mixed)) / 2 / math.log(2): found.jensen_shannon,
    }
    for value, estimate in exact.items():
        assert value > 0.1, "the two are far apart"
        assert 0 < estimate.error < 0.03
        assert abs(estimate.value - value) < 4 * estimate.error


def test_errors_are_those_of_repeated_estimates() -> None:
    found = [estimated(200, seed) for seed in range(0, 120, 2)]
    for name in ("generator_oracle", "oracle_generator", "jensen_shannon"):
        each = [getattr(one, name) for one in found]
        spread = float(torch.tensor([one.value for one in each]).std())
        error = float(torch.tensor([one.error for one in each]).mean())
        assert error == pytest.approx(spread, rel=0.35)


def test_a_distribution_is_no_distance_from_itself() -> None:
    same = divergences(
        Batch(ORACLE.sample(500, rng(0))), Batch(ORACLE.sample(500, rng(1))), truth, truth
    )
    for estimate in (same.generator_oracle, same.oracle_generator, same.jensen_shannon):
        assert estimate.value == pytest.approx(0, abs=1e-12)


def test_a_generator_that_never_writes_what_the_oracle_does() -> None:
    def nothing(batch: Batch) -> Tensor:
        return torch.full((len(batch),), -1e4)

    drawn = Batch(ORACLE.sample(100, rng()))
    found = divergences(drawn, drawn, nothing, truth)
    assert found.oracle_generator.value > 1000
    assert math.isfinite(found.jensen_shannon.value)


def test_divergences_are_not_negative_beyond_chance() -> None:
    for seed in range(20):
        near = Oracle.of(OracleData(symbols=20, length=6, seed=seed))
        a, b = near.sample(300, rng(seed)), near.sample(300, rng(seed + 100))
        noisy = divergences(
            Batch(a),
            Batch(b),
            lambda batch, near=near: near.log_prob(batch.x),
            lambda batch, near=near: near.log_prob(batch.x),
        )
        assert noisy.generator_oracle.value >= -3 * noisy.generator_oracle.error - 1e-12


def test_true_lengths() -> None:
    x = torch.tensor([[3, 1, 0, 0], [0, 0, 0, 0], [1, 2, 3, 1], [0, 2, 2, 0]])
    assert lengths(x, ends=True).tolist() == [3, 1, 4, 1]
    assert lengths(x, ends=False).tolist() == [4, 4, 4, 4]


def test_likelihood_is_per_token_that_counts() -> None:
    x = torch.tensor([[3, 1, 0, 0], [0, 0, 0, 0]])  # 3 tokens and 1

    def known(batch: Batch) -> Tensor:
        return torch.tensor([-7.0, -1.0])

    found = held_out_likelihood(Batch(x), known, ends=True)
    assert found == pytest.approx({"nats a token": 2, "perplexity": math.exp(2)})
    assert entropy(Batch(x), known, ends=False) == pytest.approx(1)


def test_an_impossible_text_has_no_likelihood() -> None:
    def impossible(batch: Batch) -> Tensor:
        return torch.tensor([-math.inf])

    found = held_out_likelihood(Batch(torch.ones(1, 3)), impossible, ends=True)
    assert set(found.values()) == {math.inf}
