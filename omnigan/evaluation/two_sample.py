"""Can a fresh critic tell generated examples from real ones?

The classifier two-sample test of Lopez-Paz & Oquab (2017), "Revisiting classifier two-sample
tests": accuracy 1/2 on examples that the critic was not trained on means that it cannot. It asks
for nothing but the domain's own discriminator, so it works for every modality.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from omnigan.adam import Adam
from omnigan.domain import Batch, Domain
from omnigan.engine import seeds
from omnigan.engine.losses import as_list, mean_logits
from omnigan.errors import UserError
from omnigan.evaluation.real import digest, take
from omnigan.evaluation.thinning import evenly

__all__ = ["LEAST", "TwoSample", "critic_mark", "two_sample", "wilson"]

LEAST = 16
"""Examples of each kind below which nothing can be said."""

_PAIRS = 32  # real and generated examples, as many of each, in a batch
_CHECK = 10  # steps from one look at the loss on unseen examples to the next
_PATIENCE = 10  # looks without improvement before training ends
_SOLVED = 0.01  # loss at which all is told apart, and nothing is left to learn
_RATE = 1e-3
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class TwoSample:
    """Outcome of the test.

    Attributes:
        accuracy: Share of unseen examples, half of them real, that were told right.
        low: Lower end of the 95 % confidence interval of the accuracy.
        high: Its upper end.
        n: Number of unseen examples.
    """

    accuracy: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class _Pairs:
    """As many real as generated examples."""

    real: Batch
    generated: Batch

    def at(self, index: Tensor) -> _Pairs:
        return _Pairs(take(self.real, index), take(self.generated, index))

    def __len__(self) -> int:
        return len(self.real)


def two_sample(
    domain: Domain,
    real: Batch,
    generated: Batch,
    seed: int,
    *,
    steps: int = 200,
    device: torch.device = _CPU,
) -> TwoSample:
    """Train a fresh discriminator to tell two sets apart, and count what it gets right.

    Both sets are cut in the order they come in, not at random: neighbouring examples of one piece
    or file may overlap, and must not be on both sides. A twentieth between the halves is unused.

    Args:
        domain: Supplies the network.
        real: Real examples in the order of their source.
        generated: Generated examples; of the longer set, examples spread over it evenly are used.
        seed: Of the weights and the batches; the outcome on a CPU depends on nothing else.
        steps: Most updates; training ends earlier when the loss on a fifth of the training half,
            which is not trained on, has stopped falling. The best weights are used.
        device: Where the network is trained.

    Raises:
        UserError: There are fewer than `LEAST` examples of a kind.
    """
    n = min(len(real), len(generated))
    if n < LEAST:
        raise UserError(f"Telling real from generated needs {LEAST} examples of each, not {n}.")
    real, generated = (take(each, evenly(len(each), n)) for each in (real, generated))
    pairs = _Pairs(real.to(device), generated.to(device))
    half, gap = n // 2, max(1, n // 20)
    fit = (half - gap) * 4 // 5
    spans = (0, fit), (fit, half - gap), (half, n)
    train, check, test = (pairs.at(torch.arange(*span)) for span in spans)
    forked = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=forked):
        seeds.seed_global(seed, "two-sample")
        network = domain.discriminator().to(device)
        _train(network, train, check, seed, steps)
        right = _right(network, test)
    return TwoSample(right / (2 * len(test)), *wilson(right, 2 * len(test)), 2 * len(test))


def critic_mark(domain: Domain, real: Batch, seed: int) -> str:
    """Return a hash of the fresh network of a seed: of its weights, and of what it makes of them.

    Args:
        domain: Supplies the network.
        real: At least two examples.
        seed: Of the weights.
    """
    few = take(real, torch.arange(2))
    with torch.random.fork_rng(devices=[]):
        seeds.seed_global(seed, "two-sample")
        network = domain.discriminator()
        logits = as_list(network(few.x, **few.cond))
    return digest({**network.state_dict(), **{f"logits {i}": x for i, x in enumerate(logits)}})


def wilson(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the confidence interval of a share (Wilson 1927), 95 % for the default ``z``."""
    share, more = successes / trials, z * z / trials
    middle = share + more / 2
    reach = math.sqrt(more * (share * (1 - share) + more / 4))
    return max(0.0, (middle - reach) / (1 + more)), min(1.0, (middle + reach) / (1 + more))


def _judge(network: nn.Module, pairs: _Pairs) -> Tensor:
    """Return one logit per example, ``[2, n]``: the real ones', then the generated ones'.

    Both kinds go in together, so that statistics of a batch give nothing away.
    """
    n = len(pairs)
    x = torch.cat([pairs.real.x, pairs.generated.x])
    cond = {
        name: torch.cat([value, pairs.generated.cond[name]])
        for name, value in pairs.real.cond.items()
    }
    return mean_logits(network(x, **cond)).view(2, n)


def _loss(logits: Tensor) -> Tensor:
    truth = torch.zeros_like(logits)
    truth[0] = 1
    return binary_cross_entropy_with_logits(logits, truth)


@torch.no_grad()
def _judge_all(network: nn.Module, pairs: _Pairs) -> Tensor:
    network.eval()
    blocks = torch.arange(len(pairs)).tensor_split(-(-len(pairs) // _PAIRS))
    return torch.cat([_judge(network, pairs.at(block)) for block in blocks], 1)


def _right(network: nn.Module, pairs: _Pairs) -> int:
    logits = _judge_all(network, pairs)
    return int((logits[0] > 0).sum() + (logits[1] <= 0).sum())


def _train(network: nn.Module, train: _Pairs, check: _Pairs, seed: int, steps: int) -> None:
    """Minimise binary cross-entropy, then go back to the weights that did best on ``check``."""
    optimizer = Adam(network.parameters(), lr=_RATE)
    best, since, weights = math.inf, 0, network.state_dict()
    for step in range(1, steps + 1):
        network.train()
        rng = seeds.generator(seed, "two-sample", step)
        # Drawn apart: a generated example must not always meet the same real one.
        ours, theirs = (torch.randint(len(train), (_PAIRS,), generator=rng) for _ in range(2))
        batch = _Pairs(take(train.real, ours), take(train.generated, theirs))
        optimizer.zero_grad()
        torch.autograd.backward(_loss(_judge(network, batch)))
        optimizer.step()
        if step % _CHECK and step < steps:
            continue
        loss, since = float(_loss(_judge_all(network, check))), since + 1
        if loss < best:
            best, since = loss, 0
            weights = {name: value.clone() for name, value in network.state_dict().items()}
        if since >= _PATIENCE or best < _SOLVED:
            break
    network.load_state_dict(weights)
