"""The picture of held-out sounds beside generated ones."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from omnigan.domain import Batch


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")


def test_held_out_sounds_stand_beside_generated_ones() -> None:
    from sounds_picture import held_out_of, side_by_side

    label = torch.tensor([0, 1, 0, 2, 0, 0, 1])
    sounds = torch.linspace(0.1, 0.7, 7)[:, None, None] * torch.ones(7, 1, 800)

    class Source:
        def __len__(self) -> int:
            return 7

        def read_batch(self, indices: list[int], rng: torch.Generator) -> Batch:
            return Batch(sounds[indices], {"label": label[indices]})

    domain: Any = SimpleNamespace(source=lambda split: Source(), labels=lambda: ["a", "b", "c"])
    real, labels = held_out_of(domain, 2)
    assert labels == ["a", "a", "b", "b"]
    torch.testing.assert_close(real[:, 0, 0], torch.tensor([0.1, 0.5, 0.2, 0.7]))
    noise = torch.rand(4, 1, 800, generator=torch.Generator().manual_seed(0)) - 0.5
    picture = side_by_side(noise, noise.flip(0), 8000, ["a", "b"])
    alone = side_by_side(noise[:2], noise[:2], 8000, ["a"])
    assert picture.width == alone.width
    assert picture.height > alone.height
    assert len(picture.getcolors(1 << 20) or ()) > 20
