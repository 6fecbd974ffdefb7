"""A training loop as one would write it by hand: what the engine's cost is compared with.

It plays the recipe's own game with R1 and R2, with the networks, augmentation, auxiliary terms and
data of the recipe; where the generator's loss needs no real examples, none are judged. It has no
schedules, readings, checks, checkpoints or order of data that could be resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import torch
from torch import Tensor, nn

from omnigan.domain import (
    Batch,
    BatchSource,
    Domain,
    EmbeddingDiscriminator,
    Judgement,
    Judgements,
)
from omnigan.engine.ema import frozen_copy
from omnigan.engine.losses import LOSSES
from omnigan.engine.schedules import at
from omnigan.recipe.schema import Train

__all__ = ["bare_steps"]

Side = Callable[[Tensor, Tensor], Tensor]


def bare_steps(domain: Domain, train: Train) -> Iterator[None]:
    """Yield after each step, on the CPU.

    Args:
        domain: The resolved domain.
        train: Its recipe's section.
    """
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    g, d = domain.generator().train(), domain.discriminator().train()
    domain.initialise(g, d)
    average = frozen_copy(g)
    g_opt, d_opt = (
        torch.optim.Adam(n.parameters(), 1e-3, (0.0, 0.99), foreach=True) for n in (g, d)
    )
    game = LOSSES[train.loss]
    strength, controls = float(train.augment), domain.controls(0.0)

    def augmented(x: Tensor) -> Tensor:
        return domain.augment(x, strength, rng) if strength else x

    data = _batches(domain, train.batch_size)
    for step in count():
        real = next(data)
        with torch.no_grad():
            fake = g(**domain.latent(len(real), rng), **real.cond, **controls).float()
        judge = partial(_judged, d, augmented, real)
        loss = _over_critics(game.discriminator, judge(real.x), judge(fake))
        for name, x in (("r1", real.x), ("r2", fake)):
            penalty = train.penalties[name]
            if step % penalty.interval == 0:
                slope = _slope(d, augmented, real, x)
                loss = loss + penalty.interval * at(penalty.weight, 0.0) * slope
        d_opt.zero_grad()
        loss.backward()
        d_opt.step()
        d.requires_grad_(False)
        real = next(data)
        judge = partial(_judged, d, augmented, real)
        fake = g(**domain.latent(len(real), rng), **real.cond, **controls).float()
        scores, truth = judge(fake), None
        if game.needs_real or scores.features:
            with torch.no_grad():
                truth = judge(real.x)
        terms = domain.generator_terms(fake, real, Judgements(scores, truth), 0.0)
        extra = sum(at(train.terms.get(n, 1.0), 0.0) * term for n, term in terms.items())
        g_opt.zero_grad()
        (_over_critics(game.generator, truth or scores, scores) + extra).backward()
        g_opt.step()
        d.requires_grad_(True)
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(g.parameters()), 0.01)
        yield


def _batches(domain: Domain, size: int) -> Iterator[Batch]:
    source, rng = domain.source("train"), torch.Generator().manual_seed(0)
    while True:
        for chosen in torch.randperm(len(source), generator=rng).split(size)[:-1]:
            if isinstance(source, BatchSource):
                yield source.read_batch(chosen.tolist(), rng)
            else:
                yield Batch.stack([source.read(i, rng) for i in chosen.tolist()])


def _judged(
    d: nn.Module, augmented: Callable[[Tensor], Tensor], real: Batch, x: Tensor
) -> Judgement:
    return Judgement.of(d(augmented(x), **real.cond))


def _over_critics(side: Side, real: Judgement, fake: Judgement) -> Tensor:
    """Return the mean over critics of one side of the game."""
    pairs = zip(real.logits, fake.logits, strict=True)
    return torch.stack([side(*pair) for pair in pairs]).mean()


def _slope(d: nn.Module, augmented: Callable[[Tensor], Tensor], real: Batch, x: Tensor) -> Tensor:
    """Return half the mean squared gradient of the scores by examples, or by their embeddings."""
    if isinstance(d, EmbeddingDiscriminator):
        with torch.no_grad():
            x = d.embed(augmented(x))
        x = x.detach().requires_grad_()
        judged = Judgement.of(d.judge(x, **real.cond))
    else:
        x = x.detach().requires_grad_()
        judged = _judged(d, augmented, real, x)
    (slope,) = torch.autograd.grad(sum(s.sum() for s in judged.logits), x, create_graph=True)
    return slope.flatten(1).square().sum(1).mean() / 2
