"""A domain small enough to know every answer: points in the plane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from omnigan.domain import Artifact, Batch, Domain, DomainConfig, Metric, Space, Split
from omnigan.evaluation.evaluate import Evaluation

Numbers = dict[tuple[str, str], tuple[float, float]]


class Points:
    """Normal points around ``(centre, 0)``; reading adds a little of the generator's chance."""

    def __init__(self, n: int, centre: float, seed: int, labelled: bool) -> None:
        rng = torch.Generator().manual_seed(seed)
        self.x = torch.randn(n, 2, generator=rng) + torch.tensor([centre, 0.0])
        self.labelled = labelled

    def __len__(self) -> int:
        return len(self.x)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        x = self.x[index] + 1e-3 * torch.randn(2, generator=rng)
        return Batch(x, {"label": (x[:1] > 0).float()} if self.labelled else {})


class Critic(nn.Module):
    """Two critics, one of them with an answer per coordinate."""

    def __init__(self, labelled: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3 if labelled else 2, 32), nn.ReLU())
        self.one, self.two = nn.Linear(32, 1), nn.Linear(32, 2)

    def forward(self, x: Tensor, **cond: Tensor) -> list[Tensor]:
        features = self.body(torch.cat([x, *cond.values()], 1))
        return [self.one(features), self.two(features)]


class Plane(Domain):
    """512 training and ``held_out`` held-out points, all around the origin."""

    def __init__(self, held_out: int = 400, labelled: bool = False) -> None:
        super().__init__(DomainConfig())
        self.sizes = {"train": 512, "valid": held_out}
        self.labelled = labelled

    @property
    def space(self) -> Space:
        return Space((2,), -10.0, 10.0)

    def source(self, split: Split) -> Points:
        return Points(self.sizes[split], 0.0, int(split == "valid"), self.labelled)

    def generator(self) -> nn.Module:
        return nn.Identity()

    def discriminator(self) -> nn.Module:
        return Critic(self.labelled)

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        return {"input": torch.randn(n, 2, generator=rng)}

    def render(self, x: Tensor, folder: Path) -> list[Artifact]:
        return []

    def metrics(self) -> Mapping[str, Metric]:
        return {
            "mean": Metric(lambda x: {"x": float(x[:, 0].mean()), "y": float(x[:, 1].mean())}),
            "offset": Metric(
                lambda x, other: float((x.mean(0) - other.mean(0)).norm()), "held-out", "lower"
            ),
            "nearest": Metric(
                lambda x, other: float(torch.cdist(x, other).min(1).values.mean()), "train"
            ),
            "nothing": Metric(lambda _: float("nan")),
        }


@pytest.fixture
def plane() -> type[Plane]:
    return Plane


@pytest.fixture
def points() -> type[Points]:
    return Points


@pytest.fixture
def normal() -> Callable[..., Batch]:
    """Return a function that draws so many points around ``(centre, 0)``."""

    def draw(n: int, centre: float, seed: int = 5) -> Batch:
        rng = torch.Generator().manual_seed(seed)
        return Batch(torch.randn(n, 2, generator=rng) + torch.tensor([centre, 0.0]))

    return draw


@pytest.fixture
def numbers() -> Callable[[Evaluation], Numbers]:
    """Return a function that looks up values and floors by metric and part."""
    return lambda evaluation: {
        (row.metric, row.part): (row.value, row.floor) for row in evaluation.rows
    }
