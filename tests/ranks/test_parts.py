"""How batches are divided among processes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from omnigan.domain import Batch
from omnigan.engine.loading import BatchOrder
from omnigan.engine.parts import Shares, split
from omnigan.engine.ranks.flat import flatten, parts_of
from omnigan.engine.ranks.place import ALONE, Place
from omnigan.errors import UserError
from omnigan.tensor_source import TensorSource


@given(size=st.integers(1, 9), more=st.integers(0, 60), accumulate=st.integers(1, 70))
def test_every_example_belongs_to_one_part_and_every_part_to_one_process(
    size: int, more: int, accumulate: int
) -> None:
    whole = size + more
    shares = [Shares.of(whole, accumulate, Place(rank, size)) for rank in range(size)]
    (parts,) = {each.parts for each in shares}
    assert [part for each in shares for part in each.mine] == list(range(parts))
    assert parts % size == 0
    assert parts >= min(accumulate, whole - size + 1)
    rows = [shares[0].rows(part) for part in range(parts)]
    assert rows[0].start == 0
    assert rows[-1].stop == whole
    assert all(first.stop == second.start for first, second in pairwise(rows))
    lengths = {each.stop - each.start for each in rows}
    assert min(lengths) >= 1
    assert max(lengths) - min(lengths) <= 1
    owned = [each.own.stop - each.own.start for each in shares]
    assert sum(owned) == whole
    assert max(owned) - min(owned) <= 1


def test_processes_with_several_parts_are_one_with_all_of_them() -> None:
    assert Shares.of(10, 1, Place(1, 3)).rows(1) == Shares.of(10, 3).rows(1)
    assert Shares.of(10, 5, Place(0, 3)).parts == Shares.of(10, 6).parts == 6


def test_fewer_examples_than_processes_are_refused() -> None:
    with pytest.raises(UserError, match=r"train\.batch_size: 3 .* among 4 processes. Set it to 4"):
        Shares.of(3, 1, Place(0, 4))


@pytest.mark.parametrize("batched", [False, True])
def test_the_rows_of_all_processes_are_the_batch(batched: bool) -> None:
    class Noisy(TensorSource):
        def read(self, index: int, rng: torch.Generator) -> Batch:
            return Batch(self.x[index] + torch.rand((), generator=rng))

        def read_batch(self, indices: Any, rng: torch.Generator) -> Batch:
            return Batch(self.x[list(indices)] + torch.rand(len(indices), generator=rng))

    class Single:
        def __init__(self, source: Noisy) -> None:
            self.source = source
            self.reads = 0

        def __len__(self) -> int:
            return len(self.source)

        def read(self, index: int, rng: torch.Generator) -> Batch:
            self.reads += 1
            return self.source.read(index, rng)

    noisy = Noisy(torch.arange(20.0))
    source: Any = noisy if batched else Single(noisy)
    whole = BatchOrder(source, 7, 0)[5].x
    assert len(whole) == 7
    for rank in range(3):
        rows = Shares.of(7, 1, Place(rank, 3)).own
        if not batched:
            source.reads = 0
        assert torch.equal(BatchOrder(source, 7, 0, rows)[5].x, whole[rows])
        assert batched or source.reads == rows.stop - rows.start


def test_parts_hold_their_rows_of_everything() -> None:
    shares = Shares.of(7, 4, Place(1, 2))
    batch = Batch(torch.arange(7.0)[shares.own], {"label": torch.arange(7)[shares.own]})
    latent = {"z": torch.arange(7)[shares.own]}
    for part in split(batch, latent, shares):
        for found in (part.real.x, part.real.cond["label"], part.latent["z"]):
            assert found.tolist() == list(range(part.rows.start, part.rows.stop))
        assert part.share == len(part.real) / 7


# ---- small things ------------------------------------------------------------------------------


def test_what_is_flattened_comes_back() -> None:
    tensors = [torch.randn(2, 3), torch.tensor(4.0), torch.tensor([True]), torch.zeros(0)]
    flat = flatten(tensors, torch.device("cpu"))
    assert flat.dtype == torch.float32
    for part, tensor in zip(parts_of(flat, tensors), tensors, strict=True):
        assert torch.equal(part, tensor.float())


TORCHRUN = {
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "a",
    "MASTER_PORT": "1",
    "GROUP_RANK": "1",
}


def test_places_are_read_from_the_environment() -> None:
    place = Place.of(TORCHRUN)
    assert (place.rank, place.size, place.local_rank, place.local_size) == (3, 4, 1, 2)
    assert place.node == "1"
    assert Place.of({}) == Place.of({"WORLD_SIZE": "8"}) == ALONE
    assert Place.of({**TORCHRUN, "RANK": "0", "WORLD_SIZE": "1"}) == ALONE
    with pytest.raises(UserError, match=r"process 3 of several, but not LOCAL_RANK, MASTER_PORT"):
        Place.of({**TORCHRUN, "LOCAL_RANK": "", "MASTER_PORT": ""})
    with pytest.raises(UserError, match="cannot be read"):
        Place.of({**TORCHRUN, "RANK": "first"})
