"""Examples in memory: whole batches are the examples stacked."""

from __future__ import annotations

import pytest
import torch

from omnigan import TensorSource
from omnigan.domain import Batch, BatchSource
from omnigan.testing import domain_of


@pytest.fixture
def source() -> TensorSource:
    return TensorSource(torch.rand(7, 2, 3), {"label": torch.arange(7)})


def test_a_batch_is_its_examples_stacked(source: TensorSource) -> None:
    assert isinstance(source, BatchSource)
    assert len(source) == 7
    rng = torch.Generator()
    places = [6, 0, 0, 3]
    stacked = Batch.stack([source.read(place, rng) for place in places])
    for reader in (source, source.resident(torch.device("cpu"))):
        batch = reader.read_batch(places, rng)
        assert torch.equal(batch.x, stacked.x)
        assert torch.equal(batch.cond["label"], torch.tensor(places))
    assert TensorSource(torch.zeros(1, 2)).read_batch([0], rng).cond == {}


def test_what_is_large_stays_where_it_is(
    source: TensorSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert source.resident(torch.device("meta")).x.is_meta
    monkeypatch.setattr("omnigan.tensor_source.SMALL", 7 * 2 * 3 * 4 - 1)
    assert source.resident(torch.device("meta")) is source


@pytest.mark.usefixtures("mixture")
def test_a_domain_for_a_test_is_made_as_training_makes_it() -> None:
    domain = domain_of({"domain": "mixture"}, ["data.examples=5"])
    assert len(domain.source("train")) == 5
