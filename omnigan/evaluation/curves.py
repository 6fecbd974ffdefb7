"""What changes with the temperature: scores of runs, each at several temperatures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from omnigan.domain import Domain, Notify, silent
from omnigan.errors import UserError
from omnigan.evaluation.comparison import gaps
from omnigan.evaluation.evaluate import Evaluator
from omnigan.evaluation.headline import headline_metric
from omnigan.evaluation.plot import Panel, Series, draw
from omnigan.evaluation.results import Evaluation, Row, finite, formatted
from omnigan.sampling import Trained

__all__ = ["Curves", "at_temperatures", "has_temperature"]


def has_temperature(domain: Domain, temperatures: Sequence[float]) -> None:
    """Refuse to change the temperature of what has none.

    Raises:
        UserError: The domain has none, or not these.
    """
    if not domain.curves():
        raise UserError(f"temperatures: {type(domain).__name__} has no temperature to change.")
    for temperature in temperatures:
        try:
            domain.ask(_wish(temperature), torch.Generator())
        except UserError as error:
            told = str(error).removeprefix("condition ")
            raise UserError(f"temperatures: {told}") from error


def _wish(temperature: float) -> str:
    return f"temperature={temperature:g}"


def at_temperatures(
    trained: Trained,
    temperatures: Sequence[float],
    *,
    samples: int,
    seed: int,
    features: str = "auto",
    notify: Notify = silent,
) -> dict[float, Evaluation]:
    """Evaluate a generator at each of some temperatures, always against the same real examples.

    Args:
        trained: The generator.
        temperatures: Passed on as the wish ``temperature=0.8`` of every example.
        samples: Generated examples, and at most as many held-out ones.
        seed: Of every draw.
        features: What distributions are compared in.
        notify: Told about progress.

    Raises:
        UserError: The domain has no temperature, or not these; there are no held-out examples.
    """
    has_temperature(trained.domain, temperatures)
    trained.refuse_too_many(samples)
    evaluator = Evaluator(
        trained.domain, samples, seed, features=features, notify=notify, device=trained.device
    )
    return {each: evaluator.score(trained, samples, [_wish(each)]) for each in temperatures}


@dataclass(frozen=True)
class Curves:
    """Runs at several temperatures.

    Attributes:
        pairs: Names of the scores that are drawn against each other.
        headline: Name of the metric that says which weights are best.
        runs: Evaluations of each run by temperature.
    """

    pairs: Sequence[tuple[str, str]]
    headline: str
    runs: Mapping[str, Mapping[float, Evaluation]]

    @classmethod
    def of(
        cls, domains: Sequence[Domain], runs: Mapping[str, Mapping[float, Evaluation]]
    ) -> Curves:
        """Return the curves of runs.

        Args:
            domains: Of the runs.
            runs: Their evaluations.

        Raises:
            UserError: The runs have different scores to draw.
        """
        pairs = [tuple(map(tuple, domain.curves())) for domain in domains]
        if len(set(pairs)) > 1:
            raise UserError("temperatures: these runs have no scores in common to draw.")
        first = domains[0]
        return cls(first.curves(), headline_metric(first, "auto"), runs)

    @property
    def scores(self) -> list[str]:
        """Names of the scores in the table: those drawn, then the headline."""
        drawn = dict.fromkeys(name for pair in self.pairs for name in pair)
        rows = [row for each in self._evaluations() for row in each.rows]
        return list(drawn | dict.fromkeys(r.name for r in rows if r.metric == self.headline))

    def _evaluations(self) -> list[Evaluation]:
        return [each for run in self.runs.values() for each in run.values()]

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; a number that is not finite becomes None."""
        return {
            "curves": [list(pair) for pair in self.pairs],
            "points": [
                {
                    "run": run,
                    "temperature": temperature,
                    "scores": {name: finite(_value(each, name)) for name in self.scores},
                    "real": {name: finite(_floor(each, name)) for name in self.scores},
                    "evaluation": each.to_json(),
                }
                for run, found in self.runs.items()
                for temperature, each in found.items()
            ],
        }

    def table(self) -> str:
        """Return aligned text: a line for each run at each temperature, the last for real data.

        Above stands why some numbers are not there.
        """
        lines = [["run", "temperature", *self.scores]]
        for run, found in self.runs.items():
            for temperature, each in found.items():
                words = [_words(each, name, _value(each, name)) for name in self.scores]
                lines.append([run, f"{temperature:g}", *words])
        last = self._evaluations()[-1]
        lines.append(["real", "", *(_words(last, n, self.real(n)) for n in self.scores)])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        above = gaps({run: next(iter(found.values())) for run, found in self.runs.items()})
        return above + "".join(
            "  ".join([f"{line[0]:{widths[0]}}", *(f"{w:>{n}}" for w, n in _rest(line, widths))])
            + "\n"
            for line in lines
        )

    def real(self, name: str) -> float:
        """Return what real examples score; NaN where the runs have learned from different ones."""
        floors = {_floor(each, name) for each in self._evaluations()}
        return floors.pop() if len(floors) == 1 else math.nan

    def draw(self, path: Path) -> None:
        """Draw the curves of all runs, a plane for each pair of scores.

        Raises:
            UserError: There is nothing to draw, or the picture cannot be written.
        """
        panels = [panel for panel in map(self._panel, self.pairs) if _has_points(panel)]
        if not panels:
            raise UserError("temperatures: there is nothing to draw: no score is a number.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draw(panels, path)
        except (OSError, ValueError) as error:
            raise UserError(f"The picture {path} cannot be written: {error}") from error

    def _panel(self, pair: tuple[str, str]) -> Panel:
        x, y = pair
        series = [
            Series(run, [(_value(each, x), _value(each, y), f"{t:g}") for t, each in found.items()])
            for run, found in self.runs.items()
        ]
        better = {name: self._better(name) for name in pair}
        return Panel(x + better[x], y + better[y], series, (self.real(x), self.real(y)))

    def _better(self, name: str) -> str:
        row = next((found for e in self._evaluations() if (found := _row(e, name))), None)
        return f" ({row.better} is better)" if row and row.better != "match" else ""


def _has_points(panel: Panel) -> bool:
    return any(math.isfinite(x + y) for series in panel.series for x, y, _ in series.points)


def _rest(line: Sequence[str], widths: Sequence[int]) -> list[tuple[str, int]]:
    return list(zip(line, widths, strict=True))[1:]


def _row(evaluation: Evaluation, name: str) -> Row | None:
    return next((row for row in evaluation.rows if row.name == name), None)


def _value(evaluation: Evaluation, name: str) -> float:
    row = _row(evaluation, name)
    return math.nan if row is None else row.value


def _floor(evaluation: Evaluation, name: str) -> float:
    row = _row(evaluation, name)
    return math.nan if row is None else row.floor


def _words(evaluation: Evaluation, name: str, value: float) -> str:
    row = _row(evaluation, name)
    return formatted(value, row.digits if row else 0)
