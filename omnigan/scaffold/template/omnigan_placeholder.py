"""Curves: every example is a row of numbers, such as the temperatures of a day.

This file works as it is, and is yours to change. ``space`` says what an example is, ``source`` gives
examples, two networks make and judge them, ``render`` shows them. All else has a default.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar, Self

import torch
from omnigan import Artifact, Domain, DomainConfig, Metric, Section, Space, TensorSource
from omnigan.domain import Notify, Split, silent
from omnigan.errors import UserError
from PIL import Image, ImageDraw
from pydantic import Field
from torch import Tensor, nn

NOISE = 16


class Data(Section):
    """What a recipe may say under ``data``. None: ``resolve`` reads it off the data."""

    source: str = "waves"  # made below; or a CSV file with an example in each row, or a folder
    length: int | None = Field(default=None, ge=2)
    scale: float | None = Field(default=None, gt=0)  # examples are divided by it


class Network(Section):
    width: int = Field(default=64, ge=1)


class PlaceholderConfig(DomainConfig):
    data: Data = Data()
    generator: Network = Network()
    discriminator: Network = Network()


def waves() -> Tensor:
    """Return 1,000 damped waves ``[N, 32]``, always the same ones."""
    pitch, phase, damping = torch.rand(3, 1000, 1, generator=torch.Generator().manual_seed(0))
    time = torch.linspace(0, 1, 32)
    wave: Tensor = (2 * math.pi * ((1 + 2 * pitch) * time + phase)).sin()
    wave *= (-2 * damping * time).exp()
    return wave


def rows(source: str) -> Tensor:
    """Return the rows ``[N, length]`` of a CSV file, or of all those in a folder."""
    if source == "waves":
        return waves()
    try:
        files = sorted(Path(source).rglob("*.csv")) or [Path(source)]
        lines = [line for file in files for line in file.read_text("utf-8").split("\n") if line]
        x = torch.tensor([[float(cell) for cell in line.split(",")] for line in lines])
        if x.dim() != 2 or x.shape[1] < 2 or not x.isfinite().all():
            raise ValueError("there are none, one number in each, or no number")
        return x
    except (OSError, ValueError) as error:  # a UserError is shown without a traceback
        raise UserError(f"{source}: must hold rows of as many numbers each: {error}") from error


def layers(inputs: int, width: int, outputs: int) -> nn.Sequential:
    hidden = (nn.Linear(inputs, width), nn.LeakyReLU(0.2), nn.Linear(width, width))
    return nn.Sequential(*hidden, nn.LeakyReLU(0.2), nn.Linear(width, outputs))


class Generator(nn.Module):
    """It draws nothing itself, or a run could not be resumed: ``latent`` brings the noise."""

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.layers = layers(NOISE, width, length)

    def forward(self, z: Tensor) -> Tensor:
        x: Tensor = self.layers(z)
        return x.tanh()


class PlaceholderDomain(Domain):
    """Rows of numbers ``[length]``, divided by the largest of the data."""

    API: ClassVar[int] = 1  # the version of omnigan's contract that this is written for
    Config: ClassVar[type[DomainConfig]] = PlaceholderConfig
    config: PlaceholderConfig

    def resolve(self, notify: Notify = silent) -> Self:
        """Fill in what depends on the data: samples are also drawn where the data is not."""
        x, data = rows(self.config.data.source), self.config.data
        found = {"length": x.shape[1], "scale": float(x.abs().max()) or 1.0}
        filled = Data.model_validate({**found, **data.model_dump(exclude_none=True)})
        if filled.length != x.shape[1] or len(x) < 10:
            raise UserError(f"data: {len(x)} rows of {x.shape[1]} do not fit or are too few.")
        return type(self)(self.config.model_copy(update={"data": filled}))

    @property
    def space(self) -> Space:
        return Space((self.config.data.length or 2,), -1.0, 1.0)

    def source(self, split: Split) -> TensorSource:
        x = (rows(self.config.data.source) / (self.config.data.scale or 1)).clamp(-1, 1)
        held_out = torch.arange(len(x)) % 5 == 0
        return TensorSource(x[held_out if split == "valid" else ~held_out])

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        return {"z": torch.randn(n, NOISE, generator=rng)}  # the generator's keyword arguments

    def generator(self) -> nn.Module:
        return Generator(self.config.generator.width, self.space.shape[0])

    def discriminator(self) -> nn.Module:
        return layers(self.space.shape[0], self.config.discriminator.width, 1)

    def metrics(self) -> dict[str, Metric]:
        """Each is printed beside the same of real data that was held out."""
        return {"roughness": Metric(lambda x: float(x.diff(dim=1).abs().mean()))}

    def render(self, x: Tensor, folder: Path) -> list[Artifact]:
        """Write all numbers in their own units, and a picture of each row."""
        numbers = (x * (self.config.data.scale or 1)).tolist()
        lines = [",".join(f"{number:.6g}" for number in row) for row in numbers]
        (folder / "rows.csv").write_text("\n".join(lines) + "\n")
        artifacts = [Artifact(folder / "rows.csv", "text")]
        for place, row in enumerate(x.tolist()):
            picture = Image.new("L", (320, 160), "white")
            points = [(320 * (i + 0.5) / len(row), 80 - 70 * y) for i, y in enumerate(row)]
            ImageDraw.Draw(picture).line(points, "black", 2)
            picture.save(folder / f"{place:03}.png")
            artifacts.append(Artifact(folder / f"{place:03}.png", "image"))
        return artifacts

    def read_file(self, path: Path) -> Tensor:
        """Read a file to be scored."""
        x = rows(str(path))
        if x.shape[1:] != self.space.shape:
            raise UserError(f"{path}: every row must hold {self.space.shape[0]} numbers.")
        return (x / (self.config.data.scale or 1)).clamp(-1, 1)
