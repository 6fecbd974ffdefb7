"""Upsampling to raw samples with periodic activations (Lee et al. 2023, Kumar et al. 2023)."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from omnigan.errors import UserError
from omnigan_audio.networks.antialias import AntiAliased
from omnigan_audio.networks.blocks import Code, surplus
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.frames import Frames

__all__ = ["SnakeBeta", "SnakeGenerator", "SnakeStack", "strides_for"]

DILATIONS = (1, 3, 9)
LARGEST_STRIDE = 8
NARROWEST = 8
"""No stage has fewer channels."""


def strides_for(hop: int) -> list[int]:
    """Return strides of at most 8, largest first, whose product is a number of samples.

    Raises:
        UserError: There are none.
    """
    strides: list[int] = []
    rest = hop
    while rest > 1:
        stride = next((s for s in range(LARGEST_STRIDE, 1, -1) if rest % s == 0), 0)
        if not stride:
            raise UserError(
                f"A hop of {hop} samples cannot be reached in steps of at most {LARGEST_STRIDE}, "
                f"because {rest} has no small divisor. Choose a power of two."
            )
        strides.append(stride)
        rest //= stride
    return sorted(strides, reverse=True)


class SnakeBeta(nn.Module):
    """The activation ``x + sin(a x)^2 / b`` on ``[B, C, T]``; each channel has its a and b.

    Both are kept as logarithms and start at 1 (Ziyin et al. 2020, Lee et al. 2023).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.log_a = nn.Parameter(torch.zeros(channels, 1))
        self.log_b = nn.Parameter(torch.zeros(channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + (-self.log_b).exp() * (x * self.log_a.exp()).sin().square()


def _activation(channels: int, antialias: bool) -> nn.Module:
    snake = SnakeBeta(channels)
    return AntiAliased(snake) if antialias else snake


class _Residual(nn.Module):
    """Activation, dilated convolution, activation, convolution of one frame, plus the input."""

    def __init__(self, channels: int, dilation: int, antialias: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _activation(channels, antialias),
            nn.Conv1d(channels, channels, 7, padding=3 * dilation, dilation=dilation),
            _activation(channels, antialias),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = x + self.layers(x)
        return made


class _Stage(nn.Module):
    """Frames ``[B, C, T]`` to ``stride`` times as many, with noise and style.

    Args:
        channels: Channels that come in.
        out: Channels that go out.
        stride: New frames for each old one.
        samples: Samples of noise for each new frame; 0: there is no noise.
        code: Size of the code that chooses gain and shift of each channel; 0: there is none.
        antialias: Whether activations are filtered.
    """

    def __init__(
        self, channels: int, out: int, stride: int, *, samples: int, code: int, antialias: bool
    ) -> None:
        super().__init__()
        self.activation = _activation(channels, antialias)
        self.up = nn.ConvTranspose1d(
            channels, out, 2 * stride, stride, (stride + 1) // 2, output_padding=stride % 2
        )
        self.noise = nn.Conv1d(1, out, samples, samples, bias=False) if samples else None
        self.style = nn.Linear(code, 2 * out) if code else None
        self.blocks = nn.Sequential(*(_Residual(out, d, antialias) for d in DILATIONS))
        if self.style is not None:
            nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, noise: Tensor | None, code: Tensor | None) -> Tensor:
        x = self.up(self.activation(x))
        if self.noise is not None and noise is not None:
            x = x + self.noise(noise)
        if self.style is not None and code is not None:
            gain, shift = self.style(code).unsqueeze(2).chunk(2, 1)
            x = x * (1 + gain) + shift
        made: Tensor = self.blocks(x)
        return made


class SnakeStack(nn.Module):
    """Frames ``[B, C, frames]`` to waveforms ``[B, 1, frames * hop]`` in (-1, 1).

    Args:
        channels: Channels of the frames; each stage has half as many as the one before.
        strides: Of each stage; their product is the hop.
        noisy: Whether there is noise at every stage.
        code: Size of the code that styles the stages; 0 for none.
        antialias: Whether activations are filtered.
    """

    def __init__(
        self, channels: int, strides: list[int], noisy: bool, code: int, antialias: bool
    ) -> None:
        super().__init__()
        widths = [max(channels >> stage, NARROWEST) for stage in range(len(strides) + 1)]
        widths[0] = channels
        self.stages = nn.ModuleList(
            _Stage(
                a, b, stride, samples=noisy * prod(strides[place:]), code=code, antialias=antialias
            )
            for place, ((a, b), stride) in enumerate(zip(pairwise(widths), strides, strict=True), 1)
        )
        self.activation = _activation(widths[-1], antialias)
        self.last = nn.Conv1d(widths[-1], 1, 7, padding=3)
        nn.init.normal_(self.last.weight, std=0.01)  # a quiet start, as in HiFi-GAN

    def forward(self, x: Tensor, noise: Tensor | None = None, code: Tensor | None = None) -> Tensor:
        for stage in self.stages:
            x = stage(x, noise, code)
        made: Tensor = self.last(self.activation(x)).float().tanh()
        return made


class SnakeGenerator(nn.Module):
    """Latent vectors and noise to waveforms ``[B, 1, L]`` in (-1, 1).

    More noise makes the sound longer.

    Args:
        length: Samples.
        strides: Of each stage; their product is the samples of a frame.
        width: Channels of the frames.
        z: Size of the latent vector.
        given: What it is told besides.
        antialias: Whether activations are filtered.
    """

    def __init__(
        self,
        length: int,
        *,
        strides: list[int],
        width: int,
        z: int,
        given: Given,
        antialias: bool,
    ) -> None:
        super().__init__()
        self.frame = prod(strides)
        self.surplus = surplus(length, self.frame)
        self.code = Code(z, given)
        self.frames = Frames(self.frame, z, width)
        self.stack = SnakeStack(width, strides, True, z, antialias)

    def forward(
        self, z: Tensor, noise: Tensor, label: Tensor | None = None, pitch: Tensor | None = None
    ) -> Tensor:
        """Return waveforms.

        Args:
            z: ``[B, z]``.
            noise: White noise ``[B, 1, T]``, a whole number of frames.
            label: ``[B]`` integers where the network has labels.
            pitch: ``[B]`` MIDI note numbers where the network is pitched.
        """
        code = self.code(z, label, pitch)
        per_frame = noise.view(noise.shape[0], -1, self.frame).mT
        sound: Tensor = self.stack(self.frames(per_frame, code), noise, code)
        return sound[..., : sound.shape[2] - self.surplus]
