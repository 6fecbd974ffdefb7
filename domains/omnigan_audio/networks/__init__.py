"""Networks of the audio domain."""

from __future__ import annotations

from math import prod

from torch import Tensor, nn

from omnigan.errors import UserError
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.config import Discriminator, Generator
from omnigan_audio.networks.critics import Critics
from omnigan_audio.networks.istft import IstftGenerator
from omnigan_audio.networks.snake import SnakeGenerator, strides_for
from omnigan_audio.networks.spectral import SpectralGenerator
from omnigan_audio.networks.vocoder import build_vocoder
from omnigan_audio.networks.wavegan import STRIDE, WaveganGenerator
from omnigan_audio.spectra import sizes_for

__all__ = [
    "build_discriminator",
    "build_generator",
    "build_vocoder",
    "latent_shapes",
    "start_from",
    "strides_of",
]

FINE_RATE = 20_000
"""From this sample rate on in Hz, a frame of the body ``snake`` is twice as long."""


def build_generator(
    shape: tuple[int, ...], rate: int, options: Generator, labels: int, pitched: bool
) -> nn.Module:
    """Return the generator that a recipe names, with fresh weights.

    Its inputs besides ``label`` and ``pitch`` are those of :func:`latent_shapes`.

    Args:
        shape: ``(1, L)``.
        rate: Sample rate in Hz.
        options: The recipe's section.
        labels: Number of labels; 0 for none.
        pitched: Whether it is told a MIDI note number.

    Raises:
        UserError: The sounds are shorter than a window.
    """
    length, width, z = shape[-1], options.channels(), options.z
    given = Given(labels, pitched)
    if options.body == "wavegan":
        return WaveganGenerator(length, width, z, given)
    if options.body == "snake":
        return SnakeGenerator(
            length,
            strides=_strides(rate),
            width=width,
            z=z,
            given=given,
            antialias=options.antialias,
        )
    window, hop = options.sizes(rate)
    if length < window:
        raise UserError(
            f"Sounds of {length} samples are shorter than the generator's window of {window}. "
            "Choose a larger data.length or a smaller generator.window."
        )
    if options.body == "istft":
        return IstftGenerator(
            length, window=window, hop=hop, width=width, depth=options.depth, z=z, given=given
        )
    return SpectralGenerator(
        length,
        window=window,
        hop=hop,
        width=width,
        z=z,
        given=given,
        rate=rate if options.harmonics else None,
    )


def build_discriminator(
    shape: tuple[int, ...], rate: int, options: Discriminator, labels: int, pitched: bool
) -> Critics:
    """Return the discriminator that a recipe names, with fresh weights; see build_generator."""
    return Critics(shape[-1], rate, options, Given(labels, pitched))


def latent_shapes(options: Generator, rate: int, length: int) -> dict[str, tuple[int, ...]]:
    """Return the generator's random inputs by name, each without the batch axis.

    Except for ``z`` they are normal noise. Bodies that can make sounds longer than those they were
    trained on do so when they are given the noise for it.

    Args:
        options: The recipe's section.
        rate: Sample rate in Hz.
        length: Samples to make.
    """
    shapes: dict[str, tuple[int, ...]] = {"z": (options.z,)}
    if options.body == "spectral":
        shapes["noise"] = (1, length)
    elif options.body == "snake":
        frame = prod(_strides(rate))
        shapes["noise"] = (1, -(-length // frame) * frame)
    elif options.body == "istft":
        hop = options.sizes(rate)[1]
        shapes["noise"] = (hop, -(-length // hop) + 1)
    return shapes


def strides_of(options: Generator, rate: int) -> list[int]:
    """Return how many samples each stage makes of one, coarsest first.

    Args:
        options: The recipe's section.
        rate: Sample rate in Hz.
    """
    if options.vocoder:
        hop = sizes_for(rate)[1]
        return strides_for(hop) if options.body == "snake" else [hop]
    if options.body == "wavegan":
        return [STRIDE] * 4
    return _strides(rate) if options.body == "snake" else [options.sizes(rate)[1]]


def _strides(rate: int) -> list[int]:
    return [8, 8, 4, 2] if rate >= FINE_RATE else [8, 8, 4]


def start_from(generator: nn.Module, examples: Tensor) -> None:
    """Let a fresh generator's spectra be those of real examples ``[N, 1, L]``, where it can."""
    if isinstance(generator, SpectralGenerator | IstftGenerator):
        generator.start_from(examples)
