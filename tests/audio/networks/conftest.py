from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from omnigan_audio.networks import build_discriminator, build_generator, latent_shapes
from omnigan_audio.networks.config import Discriminator, Generator

Inputs = dict[str, Tensor]
SMALL: dict[str, dict[str, Any]] = {
    "spectral": {"window": 32, "hop": 8},
    "istft": {"window": 32, "hop": 8, "depth": 2},
    "snake": {},
    "wavegan": {},
}


def shake(network: nn.Module) -> None:
    """Move every weight, so that nothing is zero any more."""
    for weight in network.parameters():
        weight.data += 0.1 * torch.randn_like(weight)


@pytest.fixture
def generator() -> Callable[..., tuple[nn.Module, Callable[..., Inputs]]]:
    """Return a function that makes a small generator of a body and a function for its inputs."""

    def make(
        body: str,
        length: int = 512,
        labels: int = 0,
        pitched: bool = False,
        shaken: bool = False,
        **options: Any,
    ) -> tuple[nn.Module, Callable[..., Inputs]]:
        torch.manual_seed(0)
        settings = {"body": body, "width": 8, "z": 6, **SMALL[body], **options}
        section = Generator.model_validate(settings)
        network = build_generator((1, length), 8000, section, labels, pitched)
        if shaken:
            shake(network)

        def inputs(batch: int = 2, samples: int = length) -> Inputs:
            shapes = latent_shapes(section, 8000, samples)
            given = {name: torch.randn(batch, *shape) for name, shape in shapes.items()}
            if labels:
                given["label"] = torch.arange(batch) % labels
            if pitched:
                given["pitch"] = torch.arange(60, 60 + batch)
            return given

        return network, inputs

    return make


@pytest.fixture
def critics() -> Callable[..., nn.Module]:
    """Return a function that makes a discriminator of one narrow critic."""

    def make(
        critic: str,
        length: int = 512,
        labels: int = 0,
        pitched: bool = False,
        shaken: bool = False,
        **options: Any,
    ) -> nn.Module:
        torch.manual_seed(0)
        settings = {"critics": [critic], "widths": {critic: 4}, **options}
        section = Discriminator.model_validate(settings)
        network = build_discriminator((1, length), 8000, section, labels, pitched)
        if shaken:
            shake(network)
        return network

    return make
