"""Pieces that several music networks use."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Block", "Grow", "lrelu", "prime_factors"]


def lrelu(x: Tensor) -> Tensor:
    """Leaky ReLU with slope 0.2."""
    return functional.leaky_relu(x, 0.2)


def prime_factors(n: int) -> list[int]:
    """Return the prime factors of n in rising order: 12 gives [2, 2, 3]."""
    factors, divisor = [], 2
    while n > 1:
        while n % divisor == 0:
            factors.append(divisor)
            n //= divisor
        divisor += 1
    return factors


class Block(nn.Module):
    """A time convolution with batch normalisation: ``[B, C, S] -> [B, D, S]``.

    The norm is what makes gates differ between examples and steps from the start; with a norm over
    channels, or none, the same networks learn many times slower.
    """

    def __init__(self, channels: int, out: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, out, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(out)

    def forward(self, x: Tensor) -> Tensor:
        return lrelu(self.norm(self.conv(x)))


class Grow(nn.Module):
    """Finer steps: ``[B, C, S] -> [B, D, factor * S]``.

    Every place within a coarse step has weights of its own, because music is not alike on and off
    the beat; repeating values and convolving could hardly tell the two apart.
    """

    def __init__(self, channels: int, out: int, factor: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose1d(channels, out, factor, factor, bias=False)
        self.norm = nn.BatchNorm1d(out)

    def forward(self, x: Tensor) -> Tensor:
        return lrelu(self.norm(self.conv(x)))
