"""Batches are functions of their number: complete epochs, any start, any number of processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan.domain import Batch, Domain
from omnigan.engine.loading import BatchOrder, batches, check_enough
from omnigan.errors import UserError


class Numbers:
    """Example ``i`` holds its index, and what the generator says."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def read(self, index: int, rng: torch.Generator) -> Batch:
        return Batch(torch.tensor([float(index)]), {"drawn": torch.rand((), generator=rng)})


def _first(order: BatchOrder, count: int, first: int = 0) -> tuple[list[int], list[float]]:
    """Return the indices and the draws of so many batches, one after another."""
    some = list(islice(batches(order, first, workers=0), count))
    indices = [int(value) for batch in some for value in batch.x.flatten()]
    return indices, [float(value) for batch in some for value in batch.cond["drawn"]]


@settings(max_examples=40)
@given(count=st.integers(1, 12), share=st.floats(0, 1), seed=st.integers(0, 9))
def test_every_epoch_reads_every_example_once(count: int, share: float, seed: int) -> None:
    size = 1 + int(share * (count - 1))
    indices, _ = _first(BatchOrder(Numbers(count), size, seed), 3 * count)
    assert len(indices) == 3 * count * size
    for start in range(0, len(indices), count):
        epoch = indices[start : start + count]
        if len(epoch) == count:
            assert sorted(epoch) == list(range(count))
        else:
            assert len(set(epoch)) == len(epoch)


@settings(max_examples=40)
@given(number=st.integers(0, 200), before=st.lists(st.integers(0, 200), max_size=3))
def test_a_batch_does_not_depend_on_those_before_it(number: int, before: list[int]) -> None:
    order = BatchOrder(Numbers(7), 3, seed=1)
    for other in before:
        _ = order[other]
    alone = _first(BatchOrder(Numbers(7), 3, seed=1), 1, first=number)
    after = order[number]
    assert alone[0] == after.x.flatten().tolist()
    assert alone[1] == after.cond["drawn"].tolist()


def test_epochs_and_seeds_differ_in_order_and_in_what_reading_draws() -> None:
    indices, drawn = _first(BatchOrder(Numbers(40), 8, seed=1), 10)
    assert indices[:40] != indices[40:]
    assert len(set(drawn)) == 80
    others, redrawn = _first(BatchOrder(Numbers(40), 8, seed=2), 10)
    assert others[:40] != indices[:40]
    assert not set(drawn) & set(redrawn)


@pytest.mark.parametrize(
    ("count", "advice"), [(1, 1), (5, 1), (6, 2), (11, 2), (12, 4), (47, 8), (48, 16), (63, 16)]
)
def test_one_example_fewer_than_a_batch_is_refused_with_a_batch_that_fits(
    count: int, advice: int
) -> None:
    check_enough(Numbers(count), count)
    wanted = rf"only {count} training .* of {count + 1}\. Set train\.batch_size={advice}, or add"
    with pytest.raises(UserError, match=wanted):
        check_enough(Numbers(count), count + 1)


@pytest.mark.parametrize(
    ("processes", "advice"),
    [
        (4, "Set train.batch_size=4, or"),
        (6, "Set train.batch_size=6, or"),
        (12, "Set train.batch_size=12, or"),
        (13, "Start one process instead of 13 with train.batch_size=4, or"),
    ],
)
def test_the_batch_that_fits_has_an_example_for_each_process(processes: int, advice: str) -> None:
    with pytest.raises(UserError, match=advice):
        check_enough(Numbers(12), 64, processes)


def test_nothing_to_train_on_is_refused_without_advice_on_batches() -> None:
    with pytest.raises(UserError, match=r"no training examples\. Add data\.$"):
        check_enough(Numbers(0), 8)


class Holes(Numbers):
    """Examples 3 and 5 are not numbers."""

    def read(self, index: int, rng: torch.Generator) -> Batch:
        bad = {3: torch.tensor([float("nan")]), 5: torch.tensor([float("inf")])}
        return Batch(bad.get(index, torch.zeros(1)))


def test_poisoned_examples_are_found_in_their_batches() -> None:
    order = BatchOrder(Holes(9), 3, seed=0)
    found = [order.poisoned(number) for number in range(3)]
    for number, indices in enumerate(found):
        assert len(indices) == int((~order[number].x.isfinite()).sum())
    assert sorted(index for indices in found for index in indices) == [3, 5]


@pytest.mark.slow
# How a process ends that nobody needs any more is the affair of torch.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # on a single core
def test_loader_processes_give_the_same_batches_and_outlive_a_signal_to_the_group(
    points: Callable[..., Domain],
) -> None:
    source = points(data={"labels": True, "jitter": 0.5}).source("train")
    here = batches(BatchOrder(source, 10, 4), 3, workers=0)
    there = batches(BatchOrder(source, 10, 4), 3, workers=2)
    for number, (mine, theirs) in enumerate(islice(zip(here, there, strict=False), 12)):
        assert torch.equal(mine.x, theirs.x)
        assert torch.equal(mine.cond["label"], theirs.cond["label"])
        if number == 3:
            for process in multiprocessing.active_children():
                assert process.pid is not None
                os.kill(process.pid, signal.SIGINT)
                os.kill(process.pid, signal.SIGTERM)
