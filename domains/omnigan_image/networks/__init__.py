"""Networks of the image domain."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from omnigan_image.networks.blocks import Output
from omnigan_image.networks.config import Discriminator, Generator
from omnigan_image.networks.dcgan import DcganDiscriminator, DcganGenerator
from omnigan_image.networks.r3gan import R3ganDiscriminator, R3ganGenerator, stage_channels
from omnigan_image.networks.resnet import ResnetDiscriminator, ResnetGenerator

__all__ = ["build_discriminator", "build_generator", "start_from"]


def build_generator(shape: tuple[int, ...], options: Generator, labels: int) -> nn.Module:
    """Return the generator that a recipe names, with fresh weights.

    Args:
        shape: ``(C, H, W)``; each side at least four pixels.
        options: The recipe's section.
        labels: Number of labels; 0 builds an unconditional network.

    Raises:
        UserError: The images are too small, or the multipliers do not fit their size.
    """
    if options.body == "r3gan":
        return R3ganGenerator(
            shape, _channels(shape, options), options.group_size, options.z, labels
        )
    kind = DcganGenerator if options.body == "dcgan" else ResnetGenerator
    return kind(shape, options.channels(), options.z, labels)


def build_discriminator(shape: tuple[int, ...], options: Discriminator, labels: int) -> nn.Module:
    """Return the discriminator that a recipe names, with fresh weights; see build_generator."""
    if options.body == "r3gan":
        return R3ganDiscriminator(shape, _channels(shape, options), options.group_size, labels)
    width = options.channels()
    if options.body == "resnet-sn":
        return ResnetDiscriminator(shape, width, labels)
    return DcganDiscriminator(shape, width, labels, options.norm == "batch")


def _channels(shape: tuple[int, ...], options: Generator | Discriminator) -> list[int]:
    shares = None if options.multipliers == "auto" else options.multipliers
    return stage_channels(shape, options.channels(), shares, options.group_size)


def start_from(generator: nn.Module, images: Tensor) -> None:
    """Let a fresh generator's images have the mean colour of real ones ``[N, C, H, W]``."""
    cast(Output, generator.output).start_from(images)
