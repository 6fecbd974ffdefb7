"""The image domain: pictures of any size, from files to files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from omnigan.dataset_domain import DatasetDomain
from omnigan.domain import Artifact, DomainConfig, Draw, Notify, Space, Standalone, silent
from omnigan.latents import between, draw
from omnigan.layout import channels_last
from omnigan_image.config import ImageConfig

if TYPE_CHECKING:
    from omnigan_image.data import Images
    from omnigan_image.data_config import ImageData

__all__ = ["ImageDomain"]

LOOKED_AT = 256
"""Training images that the first output biases are taken from."""


class ImageDomain(DatasetDomain):
    """Images ``[C, H, W]`` in [-1, 1], with 1 to 4 channels: grey, grey and alpha, RGB, RGBA."""

    Config: ClassVar[type[DomainConfig]] = ImageConfig
    DEFAULTS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "train": {
            "batch_size": 64,
            "rate": {"start": 1e-3, "end": 1e-4},
            "penalties": {
                "r1": {"weight": 1.0, "interval": 4},
                "r2": {"weight": 1.0, "interval": 4},
            },
        },
        "log": {"samples": 64},
    }
    PIPELINE: ClassVar[str | None] = "unconditional-image-generation"
    config: ImageConfig

    # ---- data ------------------------------------------------------------------------------

    def load(self, notify: Notify = silent) -> tuple[ImageData, Images]:
        from omnigan_image.data import load_images

        return load_images(self.config.data, notify)

    @property
    def space(self) -> Space:
        """Only a resolved domain has one."""
        data = self.config.data
        if not isinstance(data.size, tuple) or not isinstance(data.channels, int):
            raise ValueError("the size of the images is still left to the data: resolve() first")
        return Space((data.channels, *data.size), -1.0, 1.0)

    # ---- networks --------------------------------------------------------------------------

    def generator(self) -> nn.Module:
        from omnigan_image.networks import build_generator

        options, labels = self.config.generator, len(self.labels())
        return channels_last(build_generator(self.space.shape, options, labels))

    def discriminator(self) -> nn.Module:
        from omnigan_image.networks import build_discriminator

        options, labels = self.config.discriminator, len(self.labels())
        return channels_last(build_discriminator(self.space.shape, options, labels))

    def initialise(self, generator: nn.Module, discriminator: nn.Module) -> None:
        from omnigan_image.networks import start_from

        start_from(generator, self.some(LOOKED_AT, torch.Generator().manual_seed(0)))

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        options = self.config.generator
        return {"z": draw(options.latent, (n, options.z), rng)}

    def between(self, a: Tensor, b: Tensor, share: float) -> Tensor:
        return between(self.config.generator.latent, a, b, share)

    def augment(self, x: Tensor, strength: float, rng: torch.Generator) -> Tensor:
        from omnigan_image.augment import augment_images

        return augment_images(x, strength, self.config.discriminator.augment, rng)

    # ---- labels ----------------------------------------------------------------------------

    def labels(self) -> Sequence[str]:
        return self.config.data.label_names or ()

    # ---- what comes out --------------------------------------------------------------------

    def render_many(self, x: Tensor, folder: Path, notify: Notify) -> list[Artifact]:
        from omnigan_image.render import render

        return render(x, folder, notify)

    def overview(self, x: Tensor, folder: Path) -> list[Artifact]:
        from omnigan_image.render import render_grid

        return render_grid(x, len(self.labels()), folder)

    def preview(self, x: Tensor, folder: Path) -> list[Artifact]:
        return self.overview(x, folder)

    def compare(self, x: Tensor, y: Tensor, folder: Path) -> list[Artifact]:
        from omnigan_image.render import render_pairs

        return render_pairs(x, y, folder)

    def animate(self, x: Tensor, folder: Path) -> list[Artifact]:
        from omnigan_image.render import animate

        return animate(x, folder)

    def objects(self, x: Tensor) -> list[Any]:
        from omnigan_image.grid_picture import to_picture

        return [to_picture(image) for image in x]

    def file_endings(self) -> Collection[str]:
        from omnigan_image.data.file_sources import ENDINGS

        return ENDINGS

    def read_file(self, path: Path) -> Tensor:
        from omnigan_image.data import read_file

        return read_file(path, self.config.data)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        from omnigan_image.pyramid import pyramid_distance

        return pyramid_distance(x, y)

    def for_copies(self, x: Tensor) -> Tensor:
        from omnigan.equal_power import at_equal_power

        return at_equal_power(x)

    def standalone(self) -> Standalone:
        draws = {"z": Draw(self.config.generator.latent)}
        return Standalone(draws, {"kind": "image"}, "omnigan_image.picture_file")
