"""A domain as a third party would write it: mixtures of Gaussians in the plane."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from omnigan import (
    Artifact,
    Batch,
    Domain,
    DomainConfig,
    Metric,
    Section,
    Source,
    Space,
    TensorSource,
)
from omnigan.domain import Conditions, Draw, Judgements, Split, Standalone
from omnigan.latents import draw


class Data(Section):
    """``ring`` has 8 modes on a circle, ``grid`` 25 on a 5 x 5 lattice; sigma is their width."""

    source: Literal["ring", "grid"] = "ring"
    examples: int = Field(default=20_000, ge=1)
    labels: bool = False
    jitter: float = Field(default=0.0, ge=0)  # noise that is added anew at every reading
    nan_at: int | None = None  # one poisoned example, for tests of faults


class Network(Section):
    """Fully connected layers."""

    width: int = Field(default=128, ge=1, le=1024)
    depth: int = Field(default=3, ge=1, le=16)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Generator(Network):
    """The generator's layers and its latent vector.

    With ``speed`` above 0 units are ``tanh(slope * x)``, and their slopes are learnt that much
    faster than weights: steep ones cut a connected latent space into separate modes.
    """

    speed: float = Field(default=0.0, ge=0, le=100)
    latent: Literal["normal", "uniform"] = "normal"
    z: int = Field(default=4, ge=1, le=1024)


class Discriminator(Network):
    """The discriminator's layers; ``critics`` of them judge side by side.

    With ``fourier`` above 0 they see so many random waves of a point (Tancik et al. 2020), since a
    plain perceptron is slow to learn modes much narrower than their distance. ``frequency`` is the
    spread of the waves' numbers, in radians a unit of the data.
    """

    fourier: int = Field(default=0, ge=0, le=1024)
    frequency: float = Field(default=3.0, gt=0, le=1000)
    critics: int = Field(default=1, ge=1, le=16)


class Config(DomainConfig):
    """Everything in a recipe that is this domain's."""

    data: Data = Data()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()


def centres(name: str) -> Tensor:
    """Return the modes ``[M, 2]``."""
    if name == "ring":
        angle = torch.arange(8) * (2 * math.pi / 8)
        return torch.stack([angle.cos(), angle.sin()], 1)
    side = torch.linspace(-1.5, 1.5, 5)
    return torch.cartesian_prod(side, side)


# A twentieth of the distance between neighbours.
SIGMA: Mapping[str, float] = {"ring": 0.0375, "grid": 0.0375}


class Points:
    """Points ``[2]`` with the mode's number as label."""

    def __init__(self, data: Data, split: Split) -> None:
        self.data = data
        rng = torch.Generator().manual_seed(0 if split == "train" else 1)
        modes = centres(data.source)
        self.mode = torch.randint(len(modes), (data.examples,), generator=rng)
        noise = torch.randn(data.examples, 2, generator=rng)
        self.x = modes[self.mode] + SIGMA[data.source] * noise
        if data.nan_at is not None:
            self.x[data.nan_at] = math.nan

    def __len__(self) -> int:
        return len(self.x)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        cond = {"label": self.mode[index]} if self.data.labels else {}
        return Batch(self.x[index] + self.data.jitter * torch.randn(2, generator=rng), cond)


class Steep(nn.Module):
    """``tanh`` with a slope for each unit."""

    def __init__(self, units: int, speed: float) -> None:
        super().__init__()
        self.log_slope = nn.Parameter(torch.zeros(units))
        self.speed = speed

    def forward(self, x: Tensor) -> Tensor:
        return (x * (self.log_slope * self.speed).exp()).tanh()


class Waves(nn.Module):
    """A point ``[B, I]`` with the sines and cosines of random waves over it."""

    def __init__(self, inputs: int, waves: int, frequency: float) -> None:
        super().__init__()
        self.register_buffer("frequencies", frequency * torch.randn(inputs, waves))

    def forward(self, x: Tensor) -> Tensor:
        phase = x @ self.frequencies
        return torch.cat([x, phase.sin(), phase.cos()], 1)


def layers(inputs: int, outputs: int, options: Network, speed: float = 0.0) -> nn.Sequential:
    """Return a perceptron."""
    made: list[nn.Module] = []
    for _ in range(options.depth):
        unit = Steep(options.width, speed) if speed else nn.LeakyReLU(0.2)
        made += [nn.Linear(inputs, options.width), unit]
        if options.dropout:
            made.append(nn.Dropout(options.dropout))
        inputs = options.width
    return nn.Sequential(*made, nn.Linear(inputs, outputs))


def critic(options: Discriminator) -> nn.Sequential:
    """Return one critic ``[B, 2]`` to ``[B, 1]``."""
    if not options.fourier:
        return layers(2, 1, options)
    waves = Waves(2, options.fourier, options.frequency)
    return nn.Sequential(waves, layers(2 + 2 * options.fourier, 1, options))


class Writer(nn.Module):
    """The generator ``z [B, Z] -> [B, 2]``."""

    def __init__(self, options: Generator, labels: int) -> None:
        super().__init__()
        self.scale = 2.0 if options.speed else 1.0
        self.body = layers(options.z, 2, options, options.speed)
        self.label = nn.Embedding(labels, options.z) if labels else None

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        if self.label is not None:
            z = z + self.label(label)
        return self.body(self.scale * z)


class Judge(nn.Module):
    """The discriminator ``[B, 2]`` to logits ``[B]``, or a list of them."""

    def __init__(self, options: Discriminator, labels: int) -> None:
        super().__init__()
        self.critics = nn.ModuleList(critic(options) for _ in range(options.critics))
        self.label = nn.Embedding(labels, 2) if labels else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor | list[Tensor]:
        logits = [critic(x).squeeze(1) for critic in self.critics]
        if self.label is not None:
            logits = [each + (self.label(label) * x).sum(1) for each in logits]
        return logits[0] if len(logits) == 1 else logits


class MixtureDomain(Domain):
    """Points in the plane."""

    Config = Config
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"train": {"batch_size": 256}}
    config: Config

    @property
    def space(self) -> Space:
        return Space((2,), -2.0, 2.0)

    def source(self, split: Split) -> Source:
        points = Points(self.config.data, split)
        if self.config.data.jitter:
            return points
        return TensorSource(points.x, {"label": points.mode} if self.config.data.labels else {})

    def labels(self) -> list[str]:
        count = len(centres(self.config.data.source)) if self.config.data.labels else 0
        return [f"mode-{i}" for i in range(count)]

    def condition(self, label: str, n: int) -> Conditions:
        if label not in self.labels():
            raise KeyError(label)
        return {"label": torch.full((n,), self.labels().index(label))}

    def generator(self) -> nn.Module:
        return Writer(self.config.generator, len(self.labels()))

    def discriminator(self) -> nn.Module:
        return Judge(self.config.discriminator, len(self.labels()))

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        options = self.config.generator
        return {"z": draw(options.latent, (n, options.z), rng)}

    def standalone(self) -> Standalone:
        return Standalone({"z": Draw(self.config.generator.latent)})

    def generator_terms(
        self, generated: Tensor, real: Batch, judged: Judgements, progress: float
    ) -> dict[str, Tensor]:
        return {"outside": (generated.abs() - 1.9).relu().mean()}

    def render(self, x: Tensor, folder: Path) -> list[Artifact]:
        path = folder / "points.txt"
        path.write_text("".join(f"{a:.6f} {b:.6f}\n" for a, b in x.tolist()))
        return [Artifact(path, "text", f"{len(x)} points")]

    def metrics(self) -> dict[str, Metric]:
        return {
            "modes": Metric(lambda x: float(self.quality(x)[0]), better="match", digits=0),
            "within 3 sigma": Metric(lambda x: self.quality(x)[1], better="match"),
        }

    def quality(self, x: Tensor) -> tuple[int, float]:
        """Return how many modes have a point within 3 sigma, and the share of such points."""
        distance = torch.cdist(x, centres(self.config.data.source))
        nearest, mode = distance.min(1)
        good = nearest <= 3 * SIGMA[self.config.data.source]
        return len(mode[good].unique()), float(good.float().mean())
