"""What lies between samples, and which latent vector makes a given example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from omnigan.adam import Adam
from omnigan.arguments import whole
from omnigan.domain import Conditions, Domain, Notify, silent
from omnigan.engine import seeds
from omnigan.errors import UserError
from omnigan.inputs import at_rows, joined
from omnigan.returned import tensor
from omnigan.sampling import Trained

__all__ = ["Inversion", "interpolate", "invert"]

CANDIDATES = 256
"""Random latent vectors that a search compares before it follows the gradient, at a time."""
OF_A_LABEL = 4
"""How many of them each label has at least; there are as many times as that takes."""
STARTS = 4
"""How many of the best of them it starts from."""
RATE = 0.05
PRIOR = 0.01
"""Weight of the wish that latent vectors stay as long as the generator has known them."""


def interpolate(
    trained: Trained, stops: Sequence[int], frames: int, label: str | None = None
) -> Tensor:
    """Return examples on the way through samples of several seeds.

    Args:
        trained: A generator.
        stops: Two seeds or more. The way goes through the latent vectors of their samples number 0,
            all under the conditions of the first: it begins with that sample, and meets another
            one if its label, and what else is drawn for it, such as a pitch, are the same. Latent
            numbers that are whole, such as codes, are those of the nearest seed.
        frames: Steps from one to the next.
        label: Of all examples; without it, that of the first seed's sample.

    Returns:
        ``[(len(stops) - 1) * frames + 1, *shape]``.

    Raises:
        UserError: Fewer than two seeds, no frames, no such label, or a generator that has no latent
            vectors.
    """
    if len(stops) < 2:
        raise UserError("A way needs two seeds or more, as in 1,2,3.")
    frames = whole("frames", frames, 1)
    if not trained.has_latents:
        raise UserError("This generator has no latent vectors, so there is no way between samples.")
    trained.refuse_too_many((len(stops) - 1) * frames + 1)
    labels = trained.choose_labels(1, stops[0], label)
    conditions = trained.conditions(labels, stops[0])
    points = [trained.latents(1, seed) for seed in stops]
    path = [
        {name: _between(trained.domain, a[name], b[name], step / frames) for name in a}
        for a, b in pairwise(points)
        for step in range(frames)
    ]
    path = [{**point, **conditions} for point in [*path, points[-1]]]
    return trained.decode(joined(path))


def _between(domain: Domain, a: Tensor, b: Tensor, share: float) -> Tensor:
    """Return a latent tensor on the way from a to b; between whole numbers there is nothing."""
    if a.is_floating_point():
        return tensor(domain, "between", domain.between(a, b, share), a.shape)
    return a if share < 0.5 else b


@dataclass(frozen=True)
class Inversion:
    """The latent vectors found for given examples.

    Attributes:
        inputs: The generator's inputs, each ``[B, ...]``.
        x: What the generator makes of them, ``[B, *shape]``.
        distances: Between that and the given examples, by :meth:`Domain.distance`, ``[B]``.
        start: The same distances of the best random latent vectors, ``[B]``.
    """

    inputs: Mapping[str, Tensor]
    x: Tensor
    distances: Tensor
    start: Tensor


def invert(
    trained: Trained,
    target: Tensor,
    *,
    label: str | None = None,
    steps: int = 300,
    seed: int = 0,
    notify: Notify = silent,
) -> Inversion:
    """Find latent vectors whose examples are as near to given ones as can be.

    For each target the best of many random latent vectors are improved by gradient descent, kept
    near the length that random ones have; the best one counts. Latent numbers that are whole, such
    as codes, have no gradient: they are those of the random latent vectors.

    Args:
        trained: A generator.
        target: Examples ``[B, *shape]``.
        label: Of all examples; without it, a conditional generator tries every label.
        steps: Of the descent.
        seed: Of the random latent vectors.
        notify: Told how many targets are done.

    Raises:
        UserError: There is no such label, or the space is discrete.
    """
    if trained.domain.space.symbols is not None:
        raise UserError("Symbols have no gradient that a search of the latent space could follow.")
    if not trained.has_latents:
        raise UserError("This generator has no latent vector that a search could find.")
    found = []
    for number, x in enumerate(target):
        notify("searching the latent space", number, len(target))
        found.append(_invert_one(trained, x.to(trained.device), label, steps, seed))
    notify("searching the latent space", len(target), len(target))
    inputs = joined([one.inputs for one in found])
    parts = ([getattr(one, part) for one in found] for part in ("x", "distances", "start"))
    return Inversion(inputs, *(torch.cat(part) for part in parts))


def _invert_one(
    trained: Trained, target: Tensor, label: str | None, steps: int, seed: int
) -> Inversion:
    begun, start = _candidates(trained, target, label, seed)
    ended = begun | _descended(trained, begun, target, steps)
    # A descent may end higher than it began, so its beginnings stay in the choice.
    points = joined([begun, ended])
    x = trained.decode(points)
    distances = _unlike(trained, x, target.cpu())
    best = slice(int(distances.argmin()), int(distances.argmin()) + 1)
    return Inversion(at_rows(points, best), x[best], distances[best], start[:1])


def _descended(
    trained: Trained, begun: Conditions, target: Tensor, steps: int
) -> dict[str, Tensor]:
    """Return latent vectors ``[B, ...]`` nearer to a target, of all that have a gradient."""
    fixed = {name: value.to(trained.device) for name, value in begun.items()}
    latent = {
        name: fixed.pop(name).clone().requires_grad_()
        for name in trained.domain.latent(1, torch.Generator())
        if begun[name].is_floating_point()
    }
    if not latent:
        return {}
    lengths = {name: _length(value).detach() for name, value in latent.items()}
    optimizer = Adam(latent.values(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
    controls = trained.domain.controls(1.0)
    for _ in range(steps):
        x = trained.network(**latent, **fixed, **controls).float()
        unlike = _unlike(trained, x, target)
        prior = sum((_length(value) - lengths[name]).square() for name, value in latent.items())
        optimizer.zero_grad()
        torch.autograd.backward((unlike + PRIOR * prior).sum())
        optimizer.step()
        schedule.step()
    return {name: value.detach().cpu() for name, value in latent.items()}


def _candidates(
    trained: Trained, target: Tensor, label: str | None, seed: int
) -> tuple[dict[str, Tensor], Tensor]:
    """Return the best random inputs, and their distances, nearest first."""
    rng = seeds.generator(seed, "invert")
    known = [] if label is not None else trained.domain.labels()
    found = []
    for first in range(0, max(CANDIDATES, OF_A_LABEL * len(known)), CANDIDATES):
        inputs = trained.domain.latent(CANDIDATES, rng)
        places = range(first, first + CANDIDATES)
        cycled = [known[place % len(known)] for place in places] if known else label
        inputs |= trained.conditions(trained.choose_labels(CANDIDATES, seed, cycled), seed)
        found.append(_nearest(inputs, _distances(trained, inputs, target)))
    inputs = joined([some for some, _ in found])
    return _nearest(inputs, torch.cat([distances for _, distances in found]))


def _distances(trained: Trained, inputs: Conditions, target: Tensor) -> Tensor:
    """Return how far what a generator makes of inputs is from an example."""
    x = trained.decode(inputs)
    return _unlike(trained, x, target.cpu())


def _unlike(trained: Trained, x: Tensor, target: Tensor) -> Tensor:
    """Return the distances ``[B]`` of examples from another one."""
    found = trained.domain.distance(x, target.expand_as(x))
    return tensor(trained.domain, "distance", found, [len(x)])


def _nearest(inputs: Conditions, distances: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    best = distances.argsort(stable=True)[:STARTS]
    return at_rows(inputs, best), distances[best]


def _length(value: Tensor) -> Tensor:
    """Return the root mean square of each row, ``[B]``."""
    return value.reshape(len(value), -1).square().mean(1).sqrt()
