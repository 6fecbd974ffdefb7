"""Each body in the engine: steps, a checkpoint, and the same bits after resuming."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from omnigan.domain import Artifact, Batch, Domain, DomainConfig, Source, Space, Split
from omnigan.engine import checkpoint
from omnigan.engine.content import tensors
from omnigan.engine.step import Adversaries
from omnigan.recipe.schema import Train
from omnigan_image.augment import augment_images
from omnigan_image.augment.config import Augment
from omnigan_image.networks import build_discriminator, build_generator, start_from
from omnigan_image.networks.config import Discriminator, Generator

SHAPE = (3, 8, 9)


class _Pictures(Domain):
    """Networks of a body, and nothing to render."""

    def __init__(self, body: str, norm: str = "none") -> None:
        super().__init__(DomainConfig())
        options = {"body": body, "width": 8}
        self.g = Generator.model_validate({**options, "z": 4})
        self.d = Discriminator.model_validate({**options, "norm": norm})

    @property
    def space(self) -> Space:
        return Space(SHAPE)

    def source(self, split: Split) -> Source:
        raise NotImplementedError

    def render(self, x: Tensor, folder: Path) -> list[Artifact]:
        raise NotImplementedError

    def generator(self) -> nn.Module:
        return build_generator(SHAPE, self.g, 2)

    def discriminator(self) -> nn.Module:
        return build_discriminator(SHAPE, self.d, 2)

    def initialise(self, generator: nn.Module, discriminator: nn.Module) -> None:
        start_from(generator, torch.full((2, *SHAPE), 0.3))

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        return {"z": torch.randn(n, 4, generator=rng)}

    def augment(self, x: Tensor, strength: float, rng: torch.Generator) -> Tensor:
        return augment_images(x, strength, Augment(), rng)


def _batches(first: int) -> Iterator[Batch]:
    while True:
        rng = torch.Generator().manual_seed(first)
        label = torch.randint(2, (6,), generator=rng)
        yield Batch(torch.rand(6, *SHAPE, generator=rng) * 2 - 1, {"label": label})
        first += 1


def _start(domain: Domain, precision: str = "fp32") -> Adversaries:
    penalties = {"r1": {"interval": 2}, "r2": {"interval": 2}}
    options = {"steps": 8, "batch_size": 6, "penalties": penalties, "precision": precision}
    adaptive = {"target": 0.1, "speed": 10, "start": 0.5}
    train = Train.model_validate({**options, "augment": adaptive})
    return Adversaries(domain, train, 0, torch.device("cpu"))


def _advance(players: Adversaries, steps: int) -> None:
    data = _batches(2 * players.step)
    for _ in range(steps):
        for name, value in players.advance(data).items():
            assert value.isfinite(), name


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(
    ("body", "norm"),
    [("dcgan", "none"), ("dcgan", "batch"), ("resnet-sn", "none"), ("r3gan", "none")],
)
def test_resuming_is_exact(body: str, norm: str, precision: str, tmp_path: Path) -> None:
    whole = _start(_Pictures(body, norm), precision)
    _advance(whole, 3)
    saved = checkpoint.save(tmp_path, whole, {})
    _advance(whole, 3)
    resumed = _start(_Pictures(body, norm), precision)
    checkpoint.restore(saved, resumed)
    _advance(resumed, 3)
    for part, expected in tensors(whole).items():
        found = tensors(resumed)[part]
        assert all(torch.equal(found[name], value) for name, value in expected.items()), part
    assert resumed.strength.adapted == whole.strength.adapted
