"""A third party's domain: points of the plane that lie on a circle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field, field_validator, model_validator
from torch import Tensor, nn

from omnigan.domain import Artifact, Batch, Conditions, Domain, DomainConfig, Section, Space, Split


class Part(Section):
    name: str
    low: int = 0
    high: int = 127

    @model_validator(mode="after")
    def _ordered(self) -> Part:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) must not be above high ({self.high})")
        return self


class Data(Section):
    source: str = "circle"
    count: int = Field(default=64, ge=1)
    parts: Literal["auto"] | tuple[Part, ...] = "auto"
    tempo: Literal["auto"] | Annotated[float, Field(ge=10, le=400)] = "auto"
    even: int = 2

    @field_validator("even")
    @classmethod
    def _is_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even")
        return value


class Network(Section):
    width: int = Field(default=8, ge=1)


class Config(DomainConfig):
    data: Data = Data()
    generator: Network = Network()
    discriminator: Network = Network()


class Points:
    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def read(self, index: int, rng: torch.Generator) -> Batch:
        angle = 2 * math.pi * index / self.count
        return Batch(torch.tensor([math.cos(angle), math.sin(angle)]))


class ToyDomain(Domain):
    Config: ClassVar[type[DomainConfig]] = Config
    DEFAULTS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "train": {"rate": {"start": 0.01, "end": 0.001}, "batch_size": 16},
        "log": {"every": 5},
    }
    config: Config

    @property
    def space(self) -> Space:
        return Space((2,))

    def source(self, split: Split) -> Points:
        return Points(self.config.data.count if split == "train" else 10)

    def generator(self) -> nn.Module:
        return Generator(self.config.generator.width)

    def discriminator(self) -> nn.Module:
        width = self.config.discriminator.width
        return nn.Sequential(nn.Linear(2, width), nn.Softplus(), nn.Linear(width, 1))

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        return {"z": torch.randn(n, 3, generator=rng)}

    def labels(self) -> Sequence[str]:
        return ("left", "right")

    def condition(self, label: str, n: int) -> Conditions:
        return {}

    def render(self, x: Tensor, folder: Path) -> list[Artifact]:
        path = folder / "points.txt"
        path.write_text("\n".join(f"{a:.3f} {b:.3f}" for a, b in x.tolist()))
        return [Artifact(path, "text")]


class Generator(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, width), nn.Softplus(), nn.Linear(width, 2))

    def forward(self, z: Tensor) -> Tensor:
        out: Tensor = torch.tanh(self.body(z))
        return out


class FutureDomain(ToyDomain):
    API: ClassVar[int] = 99


class PastDomain(ToyDomain):
    API: ClassVar[int] = 0


class PartialDomain(Domain):
    @property
    def space(self) -> Space:
        return Space((2,))
