from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from omnigan_image.networks import build_discriminator, build_generator
from omnigan_image.networks.config import Discriminator, Generator

Pair = tuple[nn.Module, nn.Module]


@pytest.fixture
def pair() -> Callable[..., Pair]:
    """Return a function that makes small networks of a body for images of a shape."""

    def make(
        body: str, shape: tuple[int, ...] = (1, 8, 8), labels: int = 0, shaken: bool = False
    ) -> Pair:
        torch.manual_seed(0)
        options = {"body": body, "width": 8}
        generator = build_generator(shape, Generator.model_validate({**options, "z": 6}), labels)
        critic = build_discriminator(shape, Discriminator.model_validate(options), labels)
        for network in (generator, critic) if shaken else ():
            for weight in network.parameters():
                weight.data += 0.1 * torch.randn_like(weight)  # nothing is zero any more
        return generator, critic

    return make
