"""What the engine costs: CPU-seconds of its steps over those of a bare hand-written loop.

    python benchmarks/overhead.py music
    python benchmarks/overhead.py image

Both use the same networks, loss, penalties, augmentation, auxiliary terms, data, batch and
optimiser, and take turns in short stretches on one thread; the table shows the ratio of each pair
of stretches. What the engine adds is its data order, its seeds for every draw, schedules, readings,
the check that they are finite, gradient norms and the averages of the batch norms.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import torch
from torch import Tensor
from torch.nn.functional import softplus

from omnigan.domain import Batch, BatchSource, Domain, Judgement, Judgements
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


def slope(net: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return half the mean squared input gradient."""
    x = x.detach().requires_grad_()
    (g,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
    return g.flatten(1).square().sum(1).mean() / 2


def bare_batches(domain: Domain, train: Train) -> Iterator[Batch]:
    """Yield batches as a hand-written loop would read them."""
    source, rng = domain.source("train"), torch.Generator().manual_seed(0)
    while True:
        for chosen in torch.randperm(len(source), generator=rng).split(train.batch_size)[:-1]:
            if isinstance(source, BatchSource):
                yield source.read_batch(chosen.tolist(), rng)
            else:
                yield Batch.stack([source.read(i, rng) for i in chosen.tolist()])


def bare_steps(domain: Domain, train: Train) -> Iterator[None]:
    """Yield after each step of a loop as one would write it by hand for this one recipe."""
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    g, d = domain.generator(), domain.discriminator()
    domain.initialise(g, d)
    average = frozen_copy(g)
    g_opt = torch.optim.Adam(g.parameters(), 1e-3, (0.0, 0.99), foreach=True)
    d_opt = torch.optim.Adam(d.parameters(), 1e-3, (0.0, 0.99), foreach=True)
    r1, r2 = train.penalties["r1"], train.penalties["r2"]
    strength, weights = float(train.augment), train.terms

    def critic(x: Tensor, real: Batch) -> Tensor:
        return d(domain.augment(x, strength, rng) if strength else x, **real.cond)

    data = bare_batches(domain, train)
    for step in count():
        real = next(data)
        judge = partial(critic, real=real)
        with torch.no_grad():
            fake = g(**domain.latent(len(real), rng), **real.cond)
        loss = softplus(judge(fake) - judge(real.x)).mean()
        if step % r1.interval == 0:
            slopes = r1.weight * slope(judge, real.x) + r2.weight * slope(judge, fake)
            loss = loss + r1.interval * slopes
        d_opt.zero_grad()
        loss.backward()
        d_opt.step()
        d.requires_grad_(False)
        real = next(data)
        judge = partial(critic, real=real)
        with torch.no_grad():
            judged = judge(real.x)
        fake = g(**domain.latent(len(real), rng), **real.cond)
        scores = judge(fake)
        terms = domain.generator_terms(fake, real, Judgements(Judgement.of(scores)), 0.0)
        extra = sum(float(weights[name]) * term for name, term in terms.items())
        loss = softplus(judged - scores).mean() + extra
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", nargs="?", default="music")
    name = parser.parse_args().recipe
    torch.set_num_threads(1)
    loaded = load_recipe(name)
    domain = loaded.domain_class(loaded.domain_config).resolve()
    kinds: list[Callable[[Domain, Train], Iterator[None]]] = [engine_steps, bare_steps]
    loops = [kind(domain, loaded.recipe.train) for kind in kinds]
    for loop in loops:
        seconds(loop)
    pairs = [(seconds(loops[0]), seconds(loops[1])) for _ in range(STRETCHES)]
    ratios = sorted(engine / bare for engine, bare in pairs)
    print(
        f"recipe {name}, {STRETCHES} pairs of {STEPS} steps, one thread, torch {torch.__version__}"
    )
    print(f"engine {1e3 * statistics.median(e for e, _ in pairs) / STEPS:.1f} CPU-ms per step")
    print(f"bare   {1e3 * statistics.median(b for _, b in pairs) / STEPS:.1f} CPU-ms per step")
    print(
        f"ratio  median {statistics.median(ratios):.3f}, from {ratios[0]:.3f} to {ratios[-1]:.3f}"
    )


if __name__ == "__main__":
    main()
