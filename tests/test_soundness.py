"""Samples that are no numbers are refused, and the message says where they come from."""

from __future__ import annotations

import math
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from omnigan.errors import OmniganError, UserError
from omnigan.latent_space import interpolate
from omnigan.sampling import Trained
from omnigan.soundness import NotFinite


class Scaled(nn.Module):
    """The first two latent numbers, by a weight and a buffer; one may be infinite."""

    def __init__(self, weight: float, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))
        self.register_buffer("scale", torch.tensor(scale))
        self.register_buffer("mask", torch.tensor([0.0, -math.inf]))

    def forward(self, z: Tensor) -> Tensor:
        return torch.where(z[:, :2] > 2, math.inf, z[:, :2]) * self.weight * self.scale


def _trained(mixture: ModuleType, weight: float = 1.0, scale: float = 1.0) -> Trained:
    domain = mixture.MixtureDomain(mixture.Config(data={"examples": 8, "labels": False})).resolve()
    return Trained(domain, Scaled(weight, scale), 0, torch.device("cpu"))


@pytest.mark.parametrize(
    ("weight", "scale", "name"),
    [(math.nan, 1.0, "weight"), (math.inf, 1.0, "weight"), (1.0, math.nan, "scale")],
)
def test_the_tensor_at_fault_is_named(
    mixture: ModuleType, weight: float, scale: float, name: str
) -> None:
    trained = _trained(mixture, weight, scale)
    with pytest.raises(NotFinite, match=rf"5 of 5 samples hold NaN .* since '{name}' in"):
        trained.sample(5)
    with pytest.raises(NotFinite, match="9 of 9"):
        interpolate(trained, [1, 2], 8)


def test_samples_alone_may_be_at_fault(mixture: ModuleType) -> None:
    trained = _trained(mixture)
    latents = trained.latents(100, 0)["z"][:, :2]
    beyond = int((latents > 2).any(1).sum())
    assert 0 < beyond < 100
    with pytest.raises(OmniganError, match=f"{beyond} of 100 .* no weight") as caught:
        trained.generate(100)
    assert not isinstance(caught.value, UserError), "the user has made no mistake"
    fine = trained.latents(1, 0)["z"].clamp(max=1)
    assert torch.equal(trained.decode({"z": fine}), fine[:, :2])
