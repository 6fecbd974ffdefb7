"""How the weights of convolutions lie in memory."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

__all__ = ["channels_last"]

Network = TypeVar("Network", bound=nn.Module)


def channels_last(network: Network) -> Network:
    """Lay the weights of two-dimensional convolutions out with the channels innermost.

    Convolutions of pictures and spectra are faster that way on CPUs, and on GPUs in bf16. The
    values do not change, nor do the shapes; what convolutions return follows their weights.

    Args:
        network: Changed in place.

    Returns:
        The same network.
    """
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.to(memory_format=torch.channels_last)
    return network
