"""One update of one network, from as many parts of a batch as the memory asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from omnigan.domain import Batch, Conditions

__all__ = ["Judge", "Optimizers", "Part", "Readings", "frozen", "split", "update"]

Readings = dict[str, Tensor]
"""Scalar tensors by name, left on the device so that reading them costs no synchronisation."""


class Optimizers:
    """Adam for each network."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
        self.generator = torch.optim.Adam(generator.parameters(), foreach=True)
        self.discriminator = torch.optim.Adam(discriminator.parameters(), foreach=True)


@dataclass(frozen=True)
class Part:
    """Some examples of a batch, and the generator's inputs for as many."""

    real: Batch
    latent: Conditions
    index: int


Judge = Callable[[Part], tuple[Tensor, Readings]]
"""Returns the loss of a part, with its graph, and readings."""


def split(batch: Batch, latent: Conditions, count: int) -> list[Part]:
    """Return a batch in so many parts, or fewer if there are not enough examples."""
    size = -(-len(batch) // count)
    rows = [slice(first, first + size) for first in range(0, len(batch), size)]
    return [
        Part(Batch(batch.x[some], _rows(batch.cond, some)), _rows(latent, some), index)
        for index, some in enumerate(rows)
    ]


def _rows(tensors: Conditions, rows: slice) -> Conditions:
    return {name: value[rows] for name, value in tensors.items()}


def update(
    network: nn.Module,
    optimizer: torch.optim.Adam,
    parts: list[Part],
    judge: Judge,
    clip: float | None,
) -> tuple[Readings, Tensor]:
    """Back-propagate each part of the batch, clip, and take one optimiser step.

    Returns:
        The means of the readings, and the norm of the gradient before it was clipped.
    """
    optimizer.zero_grad(set_to_none=True)
    total: Readings = {}
    examples = sum(len(part.real) for part in parts)
    for part in parts:
        share = len(part.real) / examples
        loss, readings = judge(part)
        (loss * share).backward()  # type: ignore[no-untyped-call]
        _add(total, readings, share)
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients, foreach=True)
    if clip is not None:
        nn.utils.clip_grads_with_norm_(network.parameters(), clip, norm, True)
    optimizer.step()
    return total, norm


def _add(total: Readings, readings: Mapping[str, Tensor], share: float) -> None:
    for name, value in readings.items():
        total[name] = total.get(name, torch.zeros((), device=value.device)) + value * share


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let a network only pass gradient on while the block runs: its own weights get none."""
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)
