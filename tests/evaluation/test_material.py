"""What real examples take of memory, and which of them stand for a perfect generator."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from omnigan.domain import Batch, Space
from omnigan.errors import OmniganError, UserError
from omnigan.evaluation import material as module
from omnigan.evaluation.material import Material, needed_memory, refuse_too_large
from omnigan.evaluation.real import read
from omnigan.sampling import Trained

CPU = torch.device("cpu")


@pytest.fixture
def large(plane):
    """Return a domain whose examples are said to have a million numbers."""

    class Large(plane):
        @property
        def space(self):
            return Space((1000, 1000))

    return Large


def test_the_memory_is_that_of_all_that_is_held_at_once(large):
    # Generated and like training examples, those, held-out ones, and twice a pair of 400.
    assert needed_memory(large(), 1000) == 4_000_000 * (1000 + 512 + 512 + 400 + 4 * 400)
    assert needed_memory(large(held_out=100), 50) == 4_000_000 * (50 + 134 + 50 + 50 + 4 * 50)


@pytest.mark.parametrize(("free", "is_refused"), [(None, False), (17e9, False), (1e9, True)])
def test_what_takes_too_much_is_refused_and_what_takes_much_is_told(
    large, monkeypatch, free, is_refused
):
    monkeypatch.setattr(module, "free_memory", lambda device: free)
    told: list[str] = []
    if is_refused:
        wanted = r"1,000 samples takes some 16\.1 GB of memory, and 1\.0 GB are free\. Ask for"
        with pytest.raises(UserError, match=wanted):
            refuse_too_large(large(), 1000, told.append)
        assert not told
    else:
        refuse_too_large(large(), 1000, told.append)
        assert told == ["Evaluating 1,000 samples takes some 16.1 GB of memory."]


def test_of_what_takes_little_nothing_is_told(plane):
    refuse_too_large(plane(), 1000, pytest.fail)


def test_a_perfect_generator_is_made_of_training_examples_without_a_copy_of_them(plane):
    material = Material.read(plane(labelled=True), 100, 0, CPU)
    train = material.train.batch
    assert sorted(set(material.places.tolist())) == sorted(material.places.tolist())
    assert len(material.places) == 100
    assert torch.equal(material.like.x, train.x[material.places])
    assert torch.equal(material.like.cond["label"], train.cond["label"][material.places])
    held = sum(value.nbytes for value in vars(material).values() if isinstance(value, torch.Tensor))
    assert held <= 100 * 16


def test_what_is_read_is_what_stacking_would_give(plane):
    domain = plane(labelled=True)
    found = read(domain, "valid", 50, 3)
    again = read(domain, "valid", 50, 3)
    assert found.sha256 == again.sha256
    assert found.batch.x.shape == (50, 2)
    points = domain.source("valid").x[list(found.places)]
    assert (found.batch.x - points).abs().max() < 0.01
    assert torch.equal(found.batch.cond["label"], (found.batch.x[:, :1] > 0).float())


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (Batch(torch.zeros(1)), r"has \[2\] of torch.float32, and number 5 has \[1\] of .* as 'x'"),
        (Batch(torch.zeros(2).double()), r"of torch.float32, and .* \[2\] of torch.float64 as 'x'"),
        (Batch(torch.zeros(2), {"label": torch.zeros(3)}), r"nothing, and .* \[3\] .* as 'label'"),
    ],
)
def test_examples_that_differ_are_refused_and_not_repeated_until_they_fit(
    plane, monkeypatch, odd, said
):
    domain = plane()
    source = domain.source("valid")
    examples = [odd if place == 5 else source.read(place, None) for place in range(9)]
    monkeypatch.setattr(domain, "source", lambda split: Listed(examples))
    whose = r'^source\("valid"\) of Plane gives examples that are not alike: .*'
    with pytest.raises(OmniganError, match=whose + said):
        read(domain, "valid", 50, 3)


class Listed(list):
    def read(self, index, rng):
        return self[index]


class Same(nn.Module):
    def forward(self, z: Tensor, **others: Tensor) -> Tensor:
        return z


def test_what_is_generated_in_parts_is_put_together_in_order(plane):
    rows = torch.arange(40.0)[:, None].expand(40, 2)
    found = Trained(plane(), Same(), 0, CPU).generate_for({"z": rows})
    assert torch.equal(found.x, rows)
