"""What ``metrics.jsonl`` and ``timings.jsonl`` say, read on from where the last reading ended."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curve", "Lines", "Readings"]

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps and values, each ``[N]``, N at least 1, the values finite."""

_TAIL = 256  # bytes before the place to go on from, by which a cut and regrown file is found out
_COUNTERS = "step", "examples"
_LARGEST = 2**53  # of the whole numbers that are exact as floats


class Lines:
    """The lines of a growing file of JSON objects.

    Args:
        path: The file; it need not exist yet.

    Attributes:
        damaged: Lines so far that are no objects.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        self._offset = 0
        self._tail = b""

    def fresh(self) -> bool:
        """Tell whether the file goes on where it was left; if not, begin again from its start.

        A run that goes back to a checkpoint cuts its journal.
        """
        with self.path.open("rb") as file:
            file.seek(self._offset - len(self._tail))
            if file.read(len(self._tail)) == self._tail:
                return True
        self.damaged, self._offset, self._tail = 0, 0, b""
        return False

    def new(self) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of the lines that came since the last call."""
        decode = json.JSONDecoder().decode  # saves json.loads some guessing in each of many lines
        with self.path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return  # being written, or cut off by a kill
                self._offset += len(line)
                self._tail = line[-_TAIL:]
                try:
                    value = decode(line.decode())
                except (ValueError, RecursionError):
                    value = None
                if isinstance(value, dict):
                    yield value
                else:
                    self.damaged += 1


class Readings:
    """The numbers of a file by name, with the steps they belong to.

    Args:
        path: ``metrics.jsonl`` or ``timings.jsonl``.

    Attributes:
        series: Steps and values by name.
        warnings: Steps and sentences.
        evaluations: Steps and what :meth:`omnigan.evaluation.results.Evaluation.to_json` gave.
        step: The greatest step that the file names.
        last: The numbers of the last line.
    """

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)
        self._forget()

    def _forget(self) -> None:
        self._columns: dict[str, tuple[array[float], array[float]]] = {}
        self.series: dict[str, Curve] = {}
        self.warnings: list[tuple[int, str]] = []
        self.evaluations: list[tuple[int, Mapping[str, Any]]] = []
        self.step = 0
        self.last: dict[str, float] = {}

    @property
    def damaged(self) -> int:
        """How many lines could not be read."""
        return self._lines.damaged

    def update(self) -> None:
        """Read what is new; a file that does not exist says nothing."""
        if not self._lines.path.exists():
            self._forget()
            return
        if not self._lines.fresh():
            self._forget()
        for line in self._lines.new():
            step = line.get("step")
            if type(step) is int and 0 <= step < _LARGEST:
                self.step = max(self.step, step)
                self._take(step, line)
            else:
                self._lines.damaged += 1
        self.series = {
            name: curve
            for name, columns in self._columns.items()
            if name not in _COUNTERS and len((curve := _finite(*columns))[0])
        }

    def _take(self, step: int, line: Mapping[str, Any]) -> None:
        columns, self.last = self._columns, {}
        for name, value in line.items():
            kind = type(value)
            if kind is float or (kind is int and -_LARGEST < value < _LARGEST):
                if name not in columns:
                    columns[name] = array("d"), array("d")
                steps, values = columns[name]
                steps.append(step)
                values.append(value)
                self.last[name] = float(value)
            elif name == "warning" and kind is str:
                self.warnings.append((step, value))
            elif name == "evaluation" and kind is dict:
                self.evaluations.append((step, value))


def _finite(steps: array[float], values: array[float]) -> Curve:
    x, y = np.array(steps), np.array(values)
    kept = np.abs(y) < 1e300  # beyond that no axis has ticks
    y[np.abs(y) < 1e-300] = 0.0
    return x[kept], y[kept]
