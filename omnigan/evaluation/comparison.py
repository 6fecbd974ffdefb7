"""Several evaluations side by side, scores of different provenance never in one column."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnigan.evaluation.provenance import Provenance, comparable, differences
from omnigan.evaluation.results import Evaluation, Row, finite, formatted

__all__ = ["Column", "columns", "comparison_json", "comparison_table", "gaps"]


@dataclass(frozen=True)
class Column:
    """One score of all the runs that can be compared in it.

    Attributes:
        title: Metric and part, and what is different about it where the metric has more columns.
        provenance: What all the scores were computed from.
        rows: The row of each run that has this score with this provenance.
    """

    title: str
    provenance: Provenance
    rows: Mapping[str, Row]

    @property
    def floor(self) -> float:
        """What real examples get; NaN where runs have learned from other ones, and so differ."""
        floors = {row.floor for row in self.rows.values()}
        return floors.pop() if len(floors) == 1 else math.nan


def columns(evaluations: Mapping[str, Evaluation]) -> list[Column]:
    """Sort the scores of named evaluations into columns that can be compared."""
    scores: dict[str, list[tuple[str, Row]]] = {}
    for run, evaluation in evaluations.items():
        for row in evaluation.rows:
            scores.setdefault(row.name, []).append((run, row))
    return [column for name, found in scores.items() for column in _split(name, found)]


def _split(name: str, found: list[tuple[str, Row]]) -> list[Column]:
    groups: list[dict[str, Row]] = []
    for run, row in found:
        for group in groups:
            first = next(iter(group.values()))
            if run not in group and comparable(first.provenance, row.provenance):
                group[run] = row
                break
        else:
            groups.append({run: row})
    origins = [next(iter(group.values())).provenance for group in groups]
    made = []
    for group, origin in zip(groups, origins, strict=True):
        difference = differences(origin, origins)
        title = f"{name} [{difference}]" if difference else name
        made.append(Column(title, origin, group))
    return made


def comparison_json(evaluations: Mapping[str, Evaluation]) -> dict[str, Any]:
    """Return the columns and the evaluations behind them as JSON values."""
    return {
        "columns": [
            {
                "title": column.title,
                "provenance": column.provenance.id,
                "floor": finite(column.floor),
                "better": next(iter(column.rows.values())).better,
                "values": {run: finite(row.value) for run, row in column.rows.items()},
            }
            for column in columns(evaluations)
        ],
        "evaluations": {run: each.to_json() for run, each in evaluations.items()},
    }


def comparison_table(evaluations: Mapping[str, Evaluation]) -> str:
    """Return aligned text: a line for each column of :func:`columns`, and a place for each run.

    Above stands why some numbers are not there.
    """
    lines = [["metric", *evaluations, "floor", "better"]]
    for column in columns(evaluations):
        first = next(iter(column.rows.values()))
        values = [
            formatted(column.rows[run].value, first.digits) if run in column.rows else ""
            for run in evaluations
        ]
        lines.append([column.title, *values, formatted(column.floor, first.digits), first.better])
    widths = [max(map(len, place)) for place in zip(*lines, strict=True)]
    return gaps(evaluations) + "".join(_line(line, widths) for line in lines)


def gaps(evaluations: Mapping[str, Evaluation]) -> str:
    """Return why some numbers of named evaluations are not there, if any lack.

    There is a line for each reason, and an empty one behind them.
    """
    whose: dict[str, list[str]] = {}
    for run, evaluation in evaluations.items():
        for reason in evaluation.gaps:
            whose.setdefault(reason, []).append(run)
    lines = [
        reason if runs == [*evaluations] else f"{', '.join(runs)}: {reason}"
        for reason, runs in whose.items()
    ]
    return "".join(f"{line}\n" for line in [*lines, ""]) if lines else ""


def _line(words: list[str], widths: list[int]) -> str:
    middle = [f"{word:>{width}}" for word, width in zip(words, widths, strict=True)][1:-1]
    return "  ".join([f"{words[0]:{widths[0]}}", *middle, words[-1]]) + "\n"
