"""What networks of other people's have in common: they hear one rate."""

from __future__ import annotations

from torch import Tensor, nn

from omnigan_audio.data.resample import resample

__all__ = ["RATE", "Listener"]

RATE = 16_000
"""Samples per second that the networks were trained with."""


class Listener(nn.Module):
    """A network that hears waveforms at 16 kHz.

    Args:
        rate: Of the waveforms that it is given, in Hz.
    """

    def __init__(self, rate: int) -> None:
        super().__init__()
        self.rate = rate

    def heard(self, x: Tensor) -> Tensor:
        """Return waveforms ``[B, 1, T]`` as ``[B, T']`` at the networks' rate."""
        return resample(x.squeeze(1).cpu(), self.rate, RATE).to(x.device)
