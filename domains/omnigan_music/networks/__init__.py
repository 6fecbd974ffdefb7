"""Networks of the music domain."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from omnigan_music.config import Discriminator, Generator
from omnigan_music.grid import Grid
from omnigan_music.networks.hold import HoldGenerator
from omnigan_music.networks.musegan import MuseganDiscriminator, MuseganGenerator
from omnigan_music.networks.streams import StreamsDiscriminator

__all__ = ["build_discriminator", "build_generator", "start_from"]


def build_generator(grid: Grid, options: Generator, labels: int) -> nn.Module:
    """Return the generator that a recipe names, with fresh weights."""
    if options.body == "musegan":
        return MuseganGenerator(grid, options.width, options.z, options.bar_z, labels)
    melodic = options.body == "melodic"
    return HoldGenerator(grid, options.width, options.z, options.bar_z, labels, melodic=melodic)


def build_discriminator(grid: Grid, options: Discriminator, labels: int) -> nn.Module:
    """Return the discriminator that a recipe names, with fresh weights."""
    if options.body == "musegan":
        return MuseganDiscriminator(grid, options.width, labels)
    return StreamsDiscriminator(grid, options.width, labels)


def start_from(generator: nn.Module, phrases: Tensor, latent: Mapping[str, Tensor]) -> None:
    """Set a fresh generator's output layers from training phrases ``[N, *grid.shape]``."""
    if isinstance(generator, HoldGenerator):
        generator.start_from(phrases, **latent)
