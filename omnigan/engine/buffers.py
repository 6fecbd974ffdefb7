"""What networks keep beside their weights: batch norm's statistics, spectral norm's vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["Buffers", "saved_buffers", "unchanged"]


class Buffers:
    """The saved buffers of some networks while a batch in several parts goes through them.

    Every part begins with what was there before the batch, and the mean of what the parts make of
    it stays, by their shares of the batch. So it does not matter who computes which part, nor in
    which order. A batch in one part needs nothing of the kind, and costs nothing.

    Args:
        networks: Whose.
        parts: How many parts the batch has.

    Attributes:
        changes: How those that are floats have changed, summed over the parts so far.
    """

    def __init__(self, networks: Iterable[nn.Module], parts: int) -> None:
        self.changes: list[Tensor] = []
        self._now: list[Tensor] = []
        self._before: list[Tensor] = []
        if parts > 1:
            self._now = [value for network in networks for value in saved_buffers(network)]
            self._before = [value.clone() for value in self._now]
            self.changes = [torch.zeros_like(value) for value in self._floats(self._now)]

    @staticmethod
    def _floats(values: Sequence[Tensor]) -> list[Tensor]:
        return [value for value in values if value.is_floating_point()]

    @torch.no_grad()
    def before_part(self) -> None:
        """Put back what was there before the batch."""
        for now, before in zip(self._now, self._before, strict=True):
            now.copy_(before)

    @torch.no_grad()
    def after_part(self, share: float) -> None:
        """Take in how a part has changed them.

        Args:
            share: Of the part in the batch, 0 to 1.
        """
        pairs = zip(self._floats(self._now), self._floats(self._before), strict=True)
        for total, (now, before) in zip(self.changes, pairs, strict=True):
            # What never changes keeps its bits; infinity less infinity is no number.
            total.add_(torch.where(now == before, 0.0, (now - before) * share))

    @torch.no_grad()
    def after_batch(self, changes: Sequence[Tensor]) -> None:
        """Change them by so much from what was there before; counters stay as they are.

        Args:
            changes: The sums of :attr:`changes` over all processes.
        """
        pairs = zip(self._floats(self._now), self._floats(self._before), strict=True)
        for (now, before), change in zip(pairs, changes, strict=True):
            now.copy_(before + change.to(before.dtype))


def saved_buffers(network: nn.Module) -> Iterator[Tensor]:
    """Yield the buffers that belong to a network's state."""
    saved = network.state_dict(keep_vars=True)
    for name, _ in network.named_buffers():
        if name in saved:
            yield saved[name]


@contextmanager
def unchanged(*networks: nn.Module) -> Iterator[None]:
    """Put the buffers of networks back after the block as they were before it."""
    before = [{name: value.clone() for name, value in n.named_buffers()} for n in networks]
    try:
        yield
    finally:
        with torch.no_grad():
            for network, values in zip(networks, before, strict=True):
                for name, value in network.named_buffers():
                    was = values.get(name, value)
                    if was.shape == value.shape and not torch.equal(was, value):
                        value.copy_(was)
