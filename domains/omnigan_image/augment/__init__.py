"""Differentiable augmentation of images, real and generated alike.

A discriminator that knows a few thousand images by heart stops teaching. It is kept from that by
changing every image that it sees, at random and in ways that leave it recognisable. As long as some
images stay as they are, the generator does not learn the changes (Zhao et al. 2020; Karras et al.
2020a, whose kinds and ranges these are).
"""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan_image.augment.colour import change_colours
from omnigan_image.augment.config import KINDS, Augment
from omnigan_image.augment.cutout import cut_out
from omnigan_image.augment.geometry import move

__all__ = ["augment_images"]


def augment_images(x: Tensor, strength: float, options: Augment, rng: torch.Generator) -> Tensor:
    """Return images of which each went through random changes of its own.

    All is affine in ``x``, so it can be differentiated twice.

    Args:
        x: ``[B, C, H, W]`` in about [-1, 1]. The last of 2 or 4 channels is alpha: it moves with
            the others, and stays as it is where colours change.
        strength: Chance of each kind for each image, times the kind's multiplier, 0 to 1. With 0
            what is returned is ``x`` itself.
        options: Kinds and multipliers.
        rng: The only source of chance, on the CPU.
    """
    if strength <= 0:
        return x
    chances = {kind: strength * options.multiplier(kind) for kind in KINDS}
    with torch.autocast(x.device.type, enabled=False):  # half precision would misplace pixels
        x = move(x, chances, options.padding, rng)
        x = change_colours(x, chances, rng)
        return cut_out(x, chances["cutout"], rng)
