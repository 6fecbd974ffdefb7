from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from omnigan.domain import Batch
from omnigan.errors import UserError
from omnigan.evaluation.two_sample import two_sample, wilson


def normal(n: int, centre: float, seed: int) -> Batch:
    rng = torch.Generator().manual_seed(seed)
    return Batch(torch.randn(n, 2, generator=rng) + torch.tensor([centre, 0.0]))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_same_distribution_is_told_by_chance(plane, seed):
    told = two_sample(plane(), normal(600, 0, 10 + seed), normal(600, 0, 20 + seed), seed)
    assert told.n == 600
    assert told.low < 0.5 < told.high


def test_accuracy_nears_the_best_that_is_possible(plane):
    """Two unit normals d apart: the best classifier is right with probability Phi(d / 2)."""
    told = two_sample(plane(), normal(2000, 0, 1), normal(2000, 2, 2), 0)
    best = 0.5 * (1 + math.erf(1 / math.sqrt(2)))
    assert told.accuracy == pytest.approx(best, abs=0.03)
    assert told.low < best < told.high


def test_outcome_depends_on_the_seed_alone(plane):
    real, generated = normal(100, 0, 1), normal(100, 0.5, 2)
    torch.manual_seed(1)
    first = two_sample(plane(), real, generated, 3)
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert two_sample(plane(), real, generated, 3) == first
    assert torch.equal(torch.get_rng_state(), state), "the caller's generator was moved on"


def test_other_seeds_give_other_outcomes(plane):
    real, generated = normal(200, 0, 1), normal(200, 0.5, 2)
    assert len({two_sample(plane(), real, generated, seed).accuracy for seed in range(6)}) > 1


def test_copies_in_the_other_half_do_not_help(plane):
    """Each real example occurs twice in a row: only a cut in order keeps the copies together."""
    domain = plane()
    domain.discriminator = Memory
    once = torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    told = two_sample(domain, Batch(once.repeat_interleave(2, 0)), normal(200, 0, 1), 0, steps=20)
    assert told.accuracy == 0.5, "the critic knows only what it has seen"


def test_longer_set_is_thinned_evenly(plane):
    generated = Batch(torch.arange(1000.0)[:, None].expand(-1, 2))
    domain = plane()
    seen: list[Tensor] = []
    domain.discriminator = lambda: Recorder(seen)
    two_sample(domain, normal(100, -50, 0), generated, 0, steps=300)
    values = torch.cat(seen)[:, 0]
    assert values[values >= 0].unique().tolist() == [
        10.0 * i for i in range(100) if not 45 <= i < 50
    ], "every tenth, but for the gap between the halves"


def test_conditions_reach_the_network(plane):
    """The points are alike; only their labels differ."""
    n = 400
    zeros, ones = torch.zeros(n, 1), torch.ones(n, 1)
    x, y = normal(n, 0, 1).x, normal(n, 0, 2).x
    domain = plane(labelled=True)
    assert two_sample(domain, Batch(x, {"label": ones}), Batch(y, {"label": zeros}), 0).low > 0.95
    same = two_sample(domain, Batch(x, {"label": ones}), Batch(y, {"label": ones}), 0)
    assert same.low < 0.5 < same.high


def test_real_and_generated_share_their_batches(plane):
    """A critic that looks at the mean of its batch would win if batches were of one kind."""
    domain = plane()
    domain.discriminator = BatchMean
    told = two_sample(domain, normal(200, -3, 1), normal(200, 3, 2), 0, steps=30)
    assert told.accuracy == 0.5


def test_too_few_examples(plane):
    with pytest.raises(UserError, match="16 examples of each, not 15"):
        two_sample(plane(), normal(15, 0, 0), normal(100, 0, 0), 0)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Published by Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


class Memory(nn.Module):
    """Calls real exactly what it was trained on as real (a lookup, not a function)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.seen: set[tuple[float, ...]] = set()

    def forward(self, x: Tensor) -> Tensor:
        half = len(x) // 2
        if self.training:
            self.seen |= {tuple(row) for row in x[:half].tolist()}
        known = torch.tensor([1.0 if tuple(row) in self.seen else -1.0 for row in x.tolist()])
        return known + 0 * self.weight


class Recorder(nn.Module):
    """Keeps what it is shown."""

    def __init__(self, seen: list[Tensor]) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 1)
        self.seen = seen

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x)
        return self.layer(x / 1000) + torch.randn(()).abs()


class BatchMean(nn.Module):
    """Gives every example of a batch the same logit."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x.mean(0)).expand(len(x))
