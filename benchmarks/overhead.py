"""What the engine costs: CPU-seconds of its steps over those of a bare hand-written loop.

    python benchmarks/overhead.py

Both use the same networks, loss, penalties, batch and optimiser, take turns in short stretches on
one thread, and the table shows the ratio of each pair of stretches. The bare loop reads its batches
from memory, so the engine's ratio includes its data pipeline.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import cycle, pairwise

import torch
from torch import Tensor
from torch.nn.functional import softplus

from omnigan.domain import Domain
from omnigan.engine.ema import frozen_copy
from omnigan.engine.health import as_floats, check_finite
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import load_recipe
from omnigan.recipe.schema import Train

STRETCHES, STEPS = 12, 8


def engine_steps(domain: Domain, train: Train) -> Iterator[None]:
    """Yield after each step of the engine, data and finiteness check included."""
    adversaries = Adversaries(domain, train, 0, torch.device("cpu"))
    data = batches(BatchOrder(domain.source("train"), train.batch_size, 0), 0, 0)
    while True:
        check_finite(as_floats(adversaries.advance(data)), adversaries.step)
        yield


def slope(net: torch.nn.Module, x: Tensor) -> Tensor:
    """Return half the mean squared input gradient."""
    x = x.detach().requires_grad_()
    (g,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
    return g.flatten(1).square().sum(1).mean() / 2


def bare_steps(domain: Domain, train: Train) -> Iterator[None]:
    """Yield after each step of a loop as one would write it by hand for this one recipe."""
    torch.manual_seed(0)
    g, d = domain.generator().train(), domain.discriminator().train()
    average = frozen_copy(g)
    g_opt = torch.optim.Adam(g.parameters(), 1e-3, (0.0, 0.99), foreach=True)
    d_opt = torch.optim.Adam(d.parameters(), 1e-3, (0.0, 0.99), foreach=True)
    source, rng = domain.source("train"), torch.Generator().manual_seed(0)
    stored = [
        torch.stack([source.read((32 * k + i) % len(source), rng).x for i in range(32)])
        for k in range(16)
    ]
    r1, r2 = train.penalties["r1"], train.penalties["r2"]
    for step, (real, other) in enumerate(cycle(pairwise(stored))):
        with torch.no_grad():
            fake = g(**domain.latent(len(real), rng))
        loss = softplus(d(fake) - d(real)).mean()
        if step % r1.interval == 0:
            loss = loss + r1.interval * (r1.weight * slope(d, real) + r2.weight * slope(d, fake))
        d_opt.zero_grad()
        loss.backward()
        d_opt.step()
        d.requires_grad_(False)
        with torch.no_grad():
            judged = d(other)
        loss = softplus(judged - d(g(**domain.latent(len(real), rng)))).mean()
        g_opt.zero_grad()
        loss.backward()
        g_opt.step()
        d.requires_grad_(True)
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(g.parameters()), 0.01)
        yield


def seconds(steps: Iterator[None]) -> float:
    """Return the CPU-seconds of one stretch."""
    began = time.process_time()
    for _ in range(STEPS):
        next(steps)
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    loaded = load_recipe("music")
    domain = loaded.domain_class(loaded.domain_config).resolve()
    kinds: list[Callable[[Domain, Train], Iterator[None]]] = [engine_steps, bare_steps]
    loops = [kind(domain, loaded.recipe.train) for kind in kinds]
    for loop in loops:
        seconds(loop)
    pairs = [(seconds(loops[0]), seconds(loops[1])) for _ in range(STRETCHES)]
    ratios = sorted(engine / bare for engine, bare in pairs)
    print(
        f"recipe music, {STRETCHES} pairs of {STEPS} steps, one thread, torch {torch.__version__}"
    )
    print(f"engine {1e3 * statistics.median(e for e, _ in pairs) / STEPS:.1f} CPU-ms per step")
    print(f"bare   {1e3 * statistics.median(b for _, b in pairs) / STEPS:.1f} CPU-ms per step")
    print(
        f"ratio  median {statistics.median(ratios):.3f}, from {ratios[0]:.3f} to {ratios[-1]:.3f}"
    )


if __name__ == "__main__":
    main()
