"""``metrics.jsonl``: one line per interval, the same bytes however often a run was interrupted.

Times are kept elsewhere (``timings.jsonl``), because they differ from run to run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Journal"]


class Journal:
    """Averages readings over an interval and appends them to a file.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def clear(self) -> None:
        """Forget everything, and delete the file."""
        self._sums, self._counts = {}, {}
        self.path.unlink(missing_ok=True)

    def add(self, readings: Mapping[str, float]) -> None:
        """Take in one step; readings that come seldom are averaged over the steps that had them."""
        for name, value in readings.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def close_interval(self) -> dict[str, float]:
        """Return the means since the last call and start afresh."""
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means

    def write(self, values: Mapping[str, Any]) -> None:
        """Append a line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def state(self) -> dict[str, Any]:
        """Return JSON values for :meth:`restore`; the lines so far are flushed to the disk."""
        size = 0
        if self.path.exists():
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
                size = file.seek(0, os.SEEK_END)
        return {"bytes": size, "sums": self._sums, "counts": self._counts}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to where :meth:`state` was taken; later lines are cut off."""
        self._sums = dict(state["sums"])
        self._counts = dict(state["counts"])
        if self.path.exists():
            os.truncate(self.path, min(int(state["bytes"]), self.path.stat().st_size))
