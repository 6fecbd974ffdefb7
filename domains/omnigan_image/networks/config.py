"""The recipe sections of the two networks."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from omnigan.domain import Section
from omnigan_image.augment.config import Augment

__all__ = ["Body", "Discriminator", "Generator"]

Body = Literal["dcgan", "resnet-sn", "r3gan"]

AUTO_WIDTH: dict[Body, int] = {"dcgan": 32, "resnet-sn": 32, "r3gan": 128}
R3GAN = {"multipliers": ("r3gan",), "group_size": ("r3gan",)}


class _Network(Section):
    """What both networks have.

    Attributes:
        body: ``dcgan`` (plain convolutions, cheapest), ``resnet-sn`` (residual blocks, a critic
            with spectral norm) or ``r3gan`` (modern residual blocks without any norm; for GPUs).
        width: Channels. For ``dcgan`` and ``resnet-sn`` those of the finest stage; each coarser
            one has twice as many, up to eight times. For ``r3gan`` those of the coarsest stage.
        multipliers: ``r3gan`` only: width of each stage as a share of ``width``, coarsest first;
            ``auto`` keeps four stages alike and halves each finer one.
        group_size: ``r3gan`` only: channels in a group of its grouped convolutions, even.
    """

    OPTIONS: ClassVar = {"body": R3GAN}

    body: Body = "dcgan"
    width: Literal["auto"] | Annotated[int, Field(ge=8, le=4096)] = "auto"
    multipliers: Literal["auto"] | tuple[Annotated[float, Field(gt=0, le=16)], ...] = "auto"
    group_size: Annotated[int, Field(ge=2, le=1024, multiple_of=2)] = 16

    def channels(self) -> int:
        """Return the width, where it was left open the one that suits the body."""
        return AUTO_WIDTH[self.body] if self.width == "auto" else self.width


class Generator(_Network):
    """The generator network.

    Attributes:
        latent: Distribution of the latent vector.
        z: Size of the latent vector.
    """

    latent: Literal["normal", "uniform"] = "normal"
    z: int = Field(default=64, ge=1, le=8192)


class Discriminator(_Network):
    """The discriminator network, and what happens to an image before it sees it.

    Attributes:
        norm: ``dcgan`` only: ``none``, or ``batch`` as it was published. Batch normalisation mixes
            the examples of a batch: gradient penalties are then not what they should be.
        augment: Kinds of augmentation; their strength is ``train.augment``.
    """

    OPTIONS: ClassVar = {"body": {**R3GAN, "norm": ("dcgan",)}}

    norm: Literal["none", "batch"] = "none"
    augment: Augment = Augment()
