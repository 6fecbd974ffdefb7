"""One update of one network, from as many parts of a batch as the memory asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from omnigan.adam import Adam
from omnigan.engine.buffers import Buffers
from omnigan.engine.parts import Part
from omnigan.engine.phases import phase
from omnigan.engine.ranks.alone import Ranks

__all__ = ["Judge", "Optimizers", "Readings", "frozen", "update"]

Readings = dict[str, Tensor]
"""Scalar tensors by name, left on the device so that reading them costs no synchronisation."""


class Optimizers:
    """Adam for each network."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
        self.generator = Adam(generator.parameters(), foreach=True)
        self.discriminator = Adam(discriminator.parameters(), foreach=True)


Judge = Callable[[Part], tuple[Tensor, Readings]]
"""Returns the loss of a part, with its graph, and readings."""


def update(
    network: nn.Module,
    optimizer: Adam,
    parts: Iterable[Part],
    judge: Judge,
    *,
    clip: float | None,
    buffers: Buffers,
    ranks: Ranks,
) -> tuple[Readings, Tensor]:
    """Back-propagate each part of the batch, clip, and take one optimiser step.

    Args:
        network: What is trained.
        optimizer: Of the network.
        parts: Those of this process.
        judge: Returns the loss of one.
        clip: Largest norm of the gradient.
        buffers: Those that a part may change.
        ranks: The processes that have the other parts.

    Returns:
        The means of the readings, and the norm of the gradient before it was clipped.
    """
    optimizer.zero_grad(set_to_none=True)
    total: Readings = {}
    for part in parts:
        buffers.before_part()
        loss, readings = judge(part)
        with phase("backward"):
            (loss * part.share).backward()  # type: ignore[no-untyped-call]
        _add(total, readings, part.share)
        buffers.after_part(part.share)
    with phase("exchange"):
        total, changes = ranks.sum(network, total, buffers.changes)
    buffers.after_batch(changes)
    with phase("optimizer"):
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
