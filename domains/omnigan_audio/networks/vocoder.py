"""Generators whose input is a mel spectrogram: HiFi-GAN's kind and Vocos'."""

from __future__ import annotations

from torch import Tensor, nn

from omnigan.errors import UserError
from omnigan_audio.networks.config import Generator
from omnigan_audio.networks.istft import SpectrumStack
from omnigan_audio.networks.snake import SnakeStack, strides_for

__all__ = ["Vocoder", "build_vocoder"]


class Vocoder(nn.Module):
    """Log-mel spectrograms ``[B, bands, frames]`` to waveforms ``[B, 1, (frames - 1) * hop]``.

    Frame ``t`` is centred on sample ``t * hop``, as in :func:`omnigan_audio.spectra.stft`; there
    are at least two.

    Args:
        bands: Mel bands.
        channels: Channels of the stack's frames.
        stack: From frames to waveforms, of as many samples or of a hop more.
        hop: Samples from one frame to the next.
    """

    def __init__(self, bands: int, channels: int, stack: nn.Module, hop: int) -> None:
        super().__init__()
        self.hop = hop
        self.first = nn.Conv1d(bands, channels, 7, padding=3)
        self.stack = stack

    def forward(self, mel: Tensor) -> Tensor:
        """Return waveforms."""
        sound: Tensor = self.stack(self.first(mel))
        length = (mel.shape[2] - 1) * self.hop
        start = (sound.shape[2] - length) // 2  # a frame's own samples lie around its centre
        return sound[..., start : start + length]


def build_vocoder(bands: int, hop: int, options: Generator) -> Vocoder:
    """Return a vocoder, called as ``net(mel=...)``, with fresh weights.

    Args:
        bands: Mel bands.
        hop: Samples between two windows of the mel spectrogram.
        options: The recipe's section; its body is ``snake`` or ``istft``.

    Raises:
        UserError: The body is another one, or has no strides for the hop.
    """
    width = options.channels()
    if options.body == "snake":
        stack: nn.Module = SnakeStack(width, strides_for(hop), False, 0, options.antialias)
    elif options.body == "istft":
        stack = SpectrumStack(width, options.depth, 4 * hop, hop, 0)
    else:
        raise UserError(
            f"generator.body: '{options.body}' cannot be a vocoder. Use 'istft' (fast) or 'snake'."
        )
    return Vocoder(bands, width, stack, hop)
