"""Real examples stand where generated ones of the same label stand."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch

from omnigan.domain import Batch, Domain
from omnigan.engine.real import real_examples, rows_of_labels

Points = Callable[..., Domain]


class Listed:
    """Examples that are their own numbers, with given labels."""

    def __init__(self, labels: list[int]) -> None:
        self.labels = torch.tensor(labels)

    def __len__(self) -> int:
        return len(self.labels)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        return Batch(torch.tensor([index, 0.0]), {"label": self.labels[index]})


@pytest.fixture
def labelled(points: Points) -> Domain:
    domain = points(data={"labels": True})
    assert len(domain.labels()) == 8
    return domain


def _drawn(domain: Domain, labels: list[int], count: int) -> tuple[list[int], bool]:
    rng = torch.Generator().manual_seed(0)
    x, by_label = real_examples(domain, Listed(labels), count, rng)
    return x[:, 0].int().tolist(), by_label


@pytest.mark.parametrize("count", [8, 16, 20, 3])
def test_rows_have_the_labels_of_generated_ones(labelled: Domain, count: int) -> None:
    labels = [number * 5 % 8 for number in range(64)]
    found, by_label = _drawn(labelled, labels, count)
    assert by_label
    expected = [labelled.labels().index(row) for row in rows_of_labels(labelled.labels(), count)]
    assert [labels[number] for number in found] == expected
    assert len(set(found)) == count


def test_a_rare_label_is_repeated(labelled: Domain) -> None:
    labels = [*range(8), *[0] * 40]
    found, by_label = _drawn(labelled, labels, 16)
    assert by_label
    assert [labels[number] for number in found] == [row // 2 for row in range(16)]
    assert found[2:] == [number for number in range(1, 8) for _ in range(2)]


def test_without_one_of_the_labels_they_come_as_they_come(labelled: Domain) -> None:
    found, by_label = _drawn(labelled, [0, 1, 2, 3] * 16, 16)
    assert not by_label
    assert len(set(found)) == 16


def test_without_labels_any_will_do(points: Points, mixture: ModuleType) -> None:
    domain = points()
    rng = torch.Generator().manual_seed(0)
    x, by_label = real_examples(domain, domain.source("train"), 10, rng)
    assert by_label
    assert x.shape == (10, 2)
    few, _ = real_examples(domain, domain.source("train"), 10_000, rng)
    assert len(few) == len(domain.source("train"))


def test_a_run_shows_them_so(
    run: Any, out: Any, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []

    def preview(self: Domain, x: torch.Tensor, folder: Any) -> list[Any]:
        shown.append((folder.name, x))
        return []

    monkeypatch.setattr(mixture.MixtureDomain, "preview", preview)
    run("data.labels=true", "train.steps=1", "log.samples=16")
    name, x = shown[0]
    assert name == "real"
    centres = mixture.centres("ring")
    nearest = torch.cdist(x, centres).argmin(1)
    assert nearest.tolist() == [row // 2 for row in range(16)]
