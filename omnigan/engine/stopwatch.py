"""Where a run's time goes."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from omnigan.engine.journal import Journal
from omnigan.engine.runfolder import RunFolder

__all__ = ["Stopwatch"]


class Stopwatch:
    """Seconds spent on what is not training, for ``timings.jsonl``."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._cpu = time.process_time()
        self._spent: dict[str, float] = {}

    @contextmanager
    def measuring(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._spent[what] = self._spent.get(what, 0.0) + time.perf_counter() - began

    def write(self, folder: RunFolder, step: int) -> None:
        """Append the seconds since the process began training."""
        Journal(folder.timings).write(
            {
                "step": step,
                "seconds": round(time.perf_counter() - self._started, 3),
                "cpu_seconds": round(time.process_time() - self._cpu, 3),
                **{name: round(seconds, 3) for name, seconds in self._spent.items()},
                "peak_bytes": _peak(),
            }
        )


def _peak() -> int:
    """Return the most memory so far: of tensors where they are on a GPU, else of the process."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
