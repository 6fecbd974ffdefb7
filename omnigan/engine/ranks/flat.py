"""Many small tensors as one flat one, so that one operation carries all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

__all__ = ["Buffers", "flatten", "parts_of"]


def flatten(tensors: Sequence[Tensor], device: torch.device) -> Tensor:
    """Return all numbers ``[N]`` of some tensors, float32."""
    return torch.cat([value.detach().reshape(-1).to(device, torch.float32) for value in tensors])


def parts_of(flat: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Return what :func:`flatten` made of tensors like these, each a view of its place."""
    pieces = torch.split(flat, [value.numel() for value in like])
    return [piece.view_as(value) for piece, value in zip(pieces, like, strict=True)]


class Buffers:
    """The running statistics of some networks: their saved buffers that are floats.

    What is averaged is how they changed: those that never do keep their bits.

    Args:
        networks: Whose.
    """

    def __init__(self, networks: Iterable[nn.Module]) -> None:
        self.networks = tuple(networks)
        self._before = [value.clone() for value in self._now()]

    def _now(self) -> list[Tensor]:
        found = []
        for network in self.networks:
            saved = network.state_dict(keep_vars=True)
            found += [saved[name] for name, _ in network.named_buffers() if name in saved]
        return [value for value in found if value.is_floating_point()]

    def changes(self) -> list[Tensor]:
        """Return how each has changed since the last call of :meth:`change`."""
        pairs = zip(self._now(), self._before, strict=True)
        # where: infinity less infinity is no number
        return [torch.where(now == before, 0.0, now - before) for now, before in pairs]

    @torch.no_grad()
    def change(self, by: Sequence[Tensor]) -> None:
        """Change them by so much from what they were then."""
        for now, before, change in zip(self._now(), self._before, by, strict=True):
            now.copy_(before.add_(change.to(before.dtype)))
