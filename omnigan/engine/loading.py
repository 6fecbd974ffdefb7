"""Batches as a pure function of their number, so that the position in the data is one integer."""

from __future__ import annotations

import multiprocessing
import signal
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from multiprocessing.util import Finalize
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from omnigan.domain import Batch, BatchSource, Source
from omnigan.engine.seeds import generator
from omnigan.errors import UserError
from omnigan.processes import without_script

__all__ = ["BatchOrder", "batches", "check_enough"]


def check_enough(source: Source, batch_size: int, processes: int = 1) -> None:
    """Refuse a training set that does not fill one batch.

    A smaller batch is another recipe, with other results, so nobody gets one without a word.

    Args:
        source: The training examples.
        batch_size: What ``train.batch_size`` says.
        processes: Of the run; each has a part of every batch.

    Raises:
        UserError: There are fewer examples than ``train.batch_size``.
    """
    count = len(source)
    if count == 0:
        raise UserError("There are no training examples. Add data.")
    if count < batch_size:
        raise UserError(
            f"There are only {count} training examples, fewer than one batch of {batch_size}. "
            f"{_advice(count, processes)}, or add data."
        )


def _advice(count: int, processes: int) -> str:
    """Return the settings with which so many examples are enough."""
    if count < processes:
        return f"Start one process instead of {processes} with train.batch_size={_fitting(count)}"
    return f"Set train.batch_size={max(_fitting(count), processes)}"


def _fitting(count: int) -> int:
    """Return the largest power of two that is at most a third of so many examples."""
    return 1 << max(count // 3, 1).bit_length() - 1


class BatchOrder(Dataset[Batch]):
    """Batch number ``k`` of an endless run over a source, computed without the batches before it.

    Each epoch is a fresh permutation; a batch may reach over the end of one. The order depends on
    (seed, epoch) and an example's augmentation on (seed, epoch, place), or on the batch's number
    if the source reads whole batches; never on worker processes, nor on which rows are asked for.

    Args:
        source: The examples.
        batch_size: How many a batch has.
        seed: Of the order, and of what reading draws.
        rows: Which of each batch are wanted; None: all.
    """

    def __init__(
        self, source: Source, batch_size: int, seed: int, rows: slice | None = None
    ) -> None:
        self.source = source
        self.batch_size = batch_size
        self.seed = seed
        self.rows = rows or slice(0, batch_size)
        self._epoch = -1
        self._order: list[int] = []

    def _index(self, epoch: int, place: int) -> int:
        if epoch != self._epoch:
            shuffle = generator(self.seed, "order", epoch)
            self._order = torch.randperm(len(self.source), generator=shuffle).tolist()
            self._epoch = epoch
        return self._order[place]

    def _indices(self, number: int) -> list[int]:
        size = len(self.source)
        return [self._index(*divmod(position, size)) for position in self._positions(number)]

    def _read(self, position: int) -> Batch:
        epoch, place = divmod(position, len(self.source))
        rng = generator(self.seed, "read", epoch, place)
        return self.source.read(self._index(epoch, place), rng)

    def _positions(self, number: int) -> range:
        return range(number * self.batch_size, (number + 1) * self.batch_size)

    def __getitem__(self, number: int) -> Batch:
        if isinstance(self.source, BatchSource):
            rng = generator(self.seed, "read", number)
            # All of them: what one example draws comes after what those before it draw.
            whole = self.source.read_batch(self._indices(number), rng)
            cond = {name: value[self.rows] for name, value in whole.cond.items()}
            return Batch(whole.x[self.rows], cond)
        return Batch.stack([self._read(each) for each in self._positions(number)[self.rows]])

    def poisoned(self, number: int) -> list[int]:
        """Return which examples of the source make batch ``number`` hold NaN or infinite values."""
        pairs = zip(self._indices(number), self._positions(number), strict=True)
        return [index for index, position in pairs if not _finite(self._read(position))]


def _finite(example: Batch) -> bool:
    return all(bool(value.isfinite().all()) for value in (example.x, *example.cond.values()))


def batches(order: BatchOrder, first: int, workers: int) -> Iterator[Batch]:
    """Yield batches number ``first``, ``first + 1`` and so on, without end.

    Args:
        order: The batches.
        first: Number of the first one.
        workers: Loader processes; 0 reads in this process.

    Raises:
        UserError: The source cannot be sent to a process, or nobody knows its classes there.
    """
    if workers == 0:
        number = first
        while True:
            yield order[number]
            number += 1
    loader = DataLoader(
        _Sent(order),
        batch_size=None,
        sampler=_CountFrom(first),
        num_workers=workers,
        # A generator of its own: making an iterator draws from the global one otherwise.
        generator=torch.Generator().manual_seed(0),
        multiprocessing_context="spawn",
        persistent_workers=True,
        worker_init_fn=_ignore_signals,
    )
    for batch in _started(loader):
        if isinstance(batch, _Unread):
            raise _not_sent(batch.reason)
        yield batch


class _Sent(Dataset[Batch]):
    """A data set on its way to a process, in which its classes may not be known.

    The process would end with a traceback of its own while it is started.
    """

    def __init__(self, order: Dataset[Batch]) -> None:
        self.order = order

    def __getitem__(self, number: int) -> Batch:
        return self.order[number]

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (bytes(ForkingPickler.dumps(self.order)),)


@dataclass(frozen=True)
class _Unread:
    """Every batch of a data set that could not be received."""

    reason: str

    def __getitem__(self, number: int) -> _Unread:
        return self


def _received(content: bytes) -> _Sent | _Unread:
    try:
        return _Sent(ForkingPickler.loads(content))
    except Exception as error:  # whatever importing a user's module brings
        return _Unread(str(error) or type(error).__name__)


def _started(loader: DataLoader[Batch]) -> Iterator[Batch | _Unread]:
    """Start the processes of a loader, and return what they read.

    Raises:
        UserError: The source cannot be sent to them.
    """
    try:
        with without_script(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Got pickle error")  # the sentence below says it
            others = set(multiprocessing.active_children())
            read = iter(loader)
            for process in set(multiprocessing.active_children()) - others:
                # Before Python, as it ends, asks them politely and waits: they do not listen.
                Finalize(None, _end, [process], exitpriority=1)
            return read
    except (OSError, RuntimeError, MemoryError):
        raise  # the machine's
    except Exception as error:
        raise _not_sent(str(error)) from error


def _end(process: BaseProcess) -> None:
    """End a loader process for good, when the one that started it ends."""
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # torch would call it a failure
    process.kill()


def _not_sent(reason: str) -> UserError:
    return UserError(
        f"train.workers: the training data cannot be sent to loader processes ({reason}). These "
        "know nothing of the classes in a script or a notebook: move them to a module that can "
        "be imported, or set train.workers to 0."
    )


def _ignore_signals(worker: int) -> None:
    """A terminal and many schedulers signal the whole group, but the last step needs its data."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


class _CountFrom:
    """An endless sampler."""

    def __init__(self, first: int) -> None:
        self.first = first

    def __iter__(self) -> Iterator[int]:
        number = self.first
        while True:
            yield number
            number += 1
