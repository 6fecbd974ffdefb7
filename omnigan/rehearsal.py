"""A few real training steps whose time and memory are measured, and whose result is thrown away."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor

from omnigan.cores import most_threads
from omnigan.domain import Batch, Notify
from omnigan.engine.health import as_floats
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.parts import Shares
from omnigan.engine.step import Adversaries

__all__ = ["rehearse", "seconds_by_threads"]

_MOST_STEPS = 32
_MOST_SECONDS = 20.0
_MOST_TURNS = 5
_HOPELESS = 2.0
_FEW = 4
_SHARE = 0.5  # of the free memory; there is more in a step than what backward waits for


def rehearse(
    players: Adversaries, order: BatchOrder, notify: Notify, memory: int | None
) -> tuple[int, float]:
    """Take a few steps.

    Where a whole batch would need more memory than there is, a part of one tells what it would
    need, and how long it would take: recipes for other machines can be looked at, too.

    Args:
        players: Fresh networks; their weights change.
        order: The batches.
        notify: Told about each step.
        memory: Bytes that there are; None if nobody knows.

    Returns:
        The most bytes that backward waited for at once, and the mean seconds of a step.
    """
    size = order.batch_size
    if size > 2 * _FEW and memory is not None:
        part = BatchOrder(order.source, _FEW, order.seed)
        notify("rehearsing", 0, 1)
        shares = players.shares
        players.shares = Shares.of(_FEW, players.train.accumulate)
        most = _most_memory(players, batches(part, 0, workers=0)) * size // _FEW
        if most > _SHARE * memory:
            return most, _seconds(players, batches(part, 0, workers=0), notify) * size / _FEW
        players.shares = shares
        players.step = 0  # the first step is the one with every penalty
    data = batches(order, 0, workers=0)
    return _most_memory(players, data), _seconds(players, data, notify)


def _most_memory(players: Adversaries, data: Iterator[Batch]) -> int:
    """Take step 0, which computes every penalty and so needs most memory."""
    ledger = _Ledger(players)
    with torch.autograd.graph.saved_tensors_hooks(ledger.pack, _Saved.unpack):
        players.advance(data)
    return ledger.most


def _seconds(players: Adversaries, data: Iterator[Batch], notify: Notify) -> float:
    """Return the mean seconds of a few steps."""
    # One round of the lazy penalties is a fair mean.
    intervals = [settings.interval for settings in players.train.penalties.values()]
    steps = min(max(intervals, default=1) + (len(intervals) == 0), _MOST_STEPS)
    first = time.perf_counter()
    for done in range(1, steps + 1):
        notify("rehearsing", done, steps)
        as_floats(players.advance(data))  # as training does, which waits for the device
        elapsed = time.perf_counter() - first
        if elapsed > _MOST_SECONDS:
            break
    return elapsed / done


def seconds_by_threads(
    players: Adversaries, order: BatchOrder, notify: Notify, each: float
) -> dict[int, float]:
    """Return the median seconds of a step on one, two, four ... threads of the CPU.

    The numbers take turns, so that what else runs on the machine slows all of them alike.

    Args:
        players: On the CPU; their weights change.
        order: The batches.
        notify: Told about each turn.
        each: What a step takes, about, to keep the trial short.
    """
    before, most = torch.get_num_threads(), most_threads()
    choices = {1, before, most, *(2**n for n in range(1, 5) if 2**n < most)}
    if len(choices) == 1 or each * len(choices) > _MOST_SECONDS:
        return {}
    data = batches(order, 0, workers=0)
    taken: dict[int, list[float]] = {threads: [] for threads in sorted(choices)}
    began = time.perf_counter()
    try:
        for turn in range(_MOST_TURNS):
            notify("comparing thread counts", turn, _MOST_TURNS)
            for threads, seconds in taken.items():
                if turn and min(seconds) > _HOPELESS * min(chain(*taken.values())):
                    continue  # on a busy machine twice the threads may take ten times as long
                torch.set_num_threads(threads)
                seconds.append(_seconds_of_first(players, data))
            if time.perf_counter() - began > _MOST_SECONDS:
                break
    finally:
        torch.set_num_threads(before)
    notify("comparing thread counts", _MOST_TURNS, _MOST_TURNS)
    return {threads: statistics.median(seconds) for threads, seconds in taken.items()}


def _seconds_of_first(players: Adversaries, data: Iterator[Batch]) -> float:
    """Take step 0, which is always the same work."""
    players.step = 0
    began = time.perf_counter()
    players.advance(data)
    return time.perf_counter() - began


class _Ledger:
    """Bytes of the storages that backward waits for, each counted once; weights are not counted."""

    def __init__(self, players: Adversaries) -> None:
        weights = chain(players.generator.parameters(), players.discriminator.parameters())
        self.weights = {weight.untyped_storage().data_ptr() for weight in weights}
        self.holders: Counter[int] = Counter()
        self.now = 0
        self.most = 0

    def pack(self, tensor: Tensor) -> _Saved:
        return _Saved(self, tensor)

    def enter(self, storage: int, size: int) -> None:
        self.holders[storage] += 1
        if self.holders[storage] == 1 and storage not in self.weights:
            self.now += size
            self.most = max(self.most, self.now)

    def leave(self, storage: int, size: int) -> None:
        self.holders[storage] -= 1
        if self.holders[storage] == 0 and storage not in self.weights:
            self.now -= size


class _Saved:
    """A tensor that a graph holds for backward; the graph drops this object when it is freed."""

    def __init__(self, ledger: _Ledger, tensor: Tensor) -> None:
        self.ledger = ledger
        self.tensor = tensor.detach()  # a graph that held its own output would never be freed
        storage = tensor.untyped_storage()
        self.held = storage.data_ptr(), storage.nbytes()
        ledger.enter(*self.held)

    def unpack(self) -> Tensor:
        return self.tensor

    def __del__(self) -> None:
        self.ledger.leave(*self.held)
