"""A few real training steps whose time and memory are measured, and whose result is thrown away."""

from __future__ import annotations

import statistics
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from omnigan.cores import most_threads
from omnigan.domain import Batch, Notify
from omnigan.engine.health import as_floats
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.parts import Shares
from omnigan.engine.step import Adversaries

__all__ = ["Need", "Rehearsed", "rehearse", "seconds_by_threads"]

_MOST_STEPS = 32
_MOST_SECONDS = 20.0
_MOST_TURNS = 5
_HOPELESS = 2.0
_FEW = 4
_SHARE = 0.5  # of the free memory; there is more in a step than what backward waits for
_ADVISED = 0.8  # of the free memory that a recommended setting may fill


@dataclass(frozen=True)
class Need:
    """What backward waits for at once, in bytes, by the examples that are computed together.

    Attributes:
        one: For one example.
        each: For every further one.
        least: Examples that the networks take at least, two where they compare them.
    """

    one: int
    each: int
    least: int = 1

    def of(self, examples: int) -> int:
        """Return what so many examples need."""
        return self.one + (examples - 1) * self.each

    def together(self, room: float, most: int) -> int:
        """Return how many examples fit into so many bytes, from the least to the most."""
        fitting = 1 + int(room - self.one) // max(1, self.each)
        return min(most, max(self.least, fitting))

    def parts(self, batch_size: int, room: int) -> int | None:
        """Return how many parts of a batch fit one by one, None where not even one example does.

        Args:
            batch_size: Examples of the batch.
            room: Bytes that networks and optimizers leave free.
        """
        if self.of(self.least) > _ADVISED * room:
            return None
        parts = -(-batch_size // self.together(_ADVISED * room, batch_size))
        return min(parts, batch_size // self.least)  # none of them is below the least


@dataclass(frozen=True)
class Rehearsed:
    """What a few steps told.

    Attributes:
        players: The networks that took them.
        activations: The most bytes that backward waits for at once.
        seconds: Mean of a step.
        free: Bytes that there were before; None if nobody knows.
        need: From which fewer examples can be estimated; None where there was nothing to look at.
        whole: Whether whole batches were computed, and not a few examples of one.
    """

    players: Adversaries
    activations: int
    seconds: float
    free: int | None
    need: Need | None = None
    whole: bool = True

    def accumulate(self, batch_size: int, other: int) -> int | None:
        """Return the least number of parts of a batch that fit easily, as far as it is known.

        Args:
            batch_size: Examples of the batch.
            other: Bytes that networks and optimizers take.
        """
        if self.free is None or self.need is None:
            return None
        return self.need.parts(batch_size, self.free - other)


def rehearse(
    build: Callable[[], Adversaries], order: BatchOrder, notify: Notify, memory: int | None
) -> Rehearsed:
    """Take a few steps.

    One example goes first: a whole batch may need far more memory than there is, and would end the
    process without a word. Where it would, a few examples tell what it needs and how long it takes:
    recipes for other machines can be looked at, too.

    Args:
        build: Returns fresh networks, always the same.
        order: The batches.
        notify: Told about each step.
        memory: Bytes that there are; None if nobody knows.
    """
    size, need = order.batch_size, None
    if size > 1 and memory is not None:
        notify("rehearsing", 0, 1)
        need = _look(build(), order, memory)
        players = build()
        most = need.of(-(-size // players.shares.parts))
        if most > _SHARE * memory:
            shares, few = players.shares, need.together(_SHARE * memory, min(_FEW, size))
            with _of_few():
                seconds = _seconds(players, _some(players, order, few), notify) * size / few
            players.shares = shares
            return Rehearsed(players, most, seconds, memory, need, whole=False)
    players = build()
    data = batches(order, 0, workers=0)
    most = _most_memory(players, data)
    return Rehearsed(players, most, _seconds(players, data, notify), memory, need)


def _look(players: Adversaries, order: BatchOrder, memory: int) -> Need:
    """Measure what one example needs, and two if there is room and time."""
    began = time.perf_counter()
    with _of_few():
        try:
            one = _most_memory(players, _some(players, order, 1))
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, IndexError):  # some networks need two, for batch norm
            half = _most_memory(players, _some(players, order, 2)) // 2
            return Need(half, half, least=2)
        if 2 * one > _SHARE * memory or time.perf_counter() - began > _MOST_SECONDS:
            return Need(one, one)
        return Need(one, max(0, _most_memory(players, _some(players, order, 2)) - one))


@contextmanager
def _of_few() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about statistics of a single example
        yield


def _some(players: Adversaries, order: BatchOrder, examples: int) -> Iterator[Batch]:
    """Have the next step be the first one, with every penalty, and yield batches of so many."""
    players.step = 0
    players.shares = Shares.of(examples, 1)
    return batches(BatchOrder(order.source, examples, order.seed), 0, workers=0)


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
