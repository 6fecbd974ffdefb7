"""Curves through points in the plane, as a picture that can be read without a caption."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from omnigan.evaluation.canvas import GREY, PALE, Canvas, colour_of, width_of

__all__ = ["Panel", "Series", "draw", "ticks"]

_WIDTH, _HEIGHT = 520, 400  # of the plane of a panel
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 28, 56, 64  # around it
_AROUND = ((1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1.4), (0, 1.4), (1, 0), (-1, 0))  # of a label
_Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Series:
    """Points that a line connects, in their order.

    Attributes:
        name: For the legend.
        points: Each with its place and a short label.
    """

    name: str
    points: Sequence[tuple[float, float, str]]


@dataclass(frozen=True)
class Panel:
    """A plane with its own axes.

    Attributes:
        x: Title of the horizontal axis.
        y: Title of the vertical axis.
        series: The curves; each has the same colour in every panel.
        real: A place that all of them are held against. One number alone (the other NaN) is a line.
    """

    x: str
    y: str
    series: Sequence[Series]
    real: tuple[float, float] = (math.nan, math.nan)


def draw(panels: Sequence[Panel], path: Path, real_name: str = "real data") -> None:
    """Draw panels side by side over one legend.

    Args:
        panels: At least one.
        path: The picture, PNG.
        real_name: What the legend calls :attr:`Panel.real`.
    """
    legend = _Legend(panels, real_name)
    height = _TOP + _HEIGHT + _BOTTOM
    canvas = Canvas(len(panels) * (_LEFT + _WIDTH + _RIGHT), height + legend.height)
    for number, panel in enumerate(panels):
        _Plane(canvas, panel, _LEFT + number * (_LEFT + _WIDTH + _RIGHT)).draw()
    legend.draw(canvas, height)
    canvas.save(path)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers from ``low`` to ``high``: multiples of 1, 2 or 5 times a power of 10."""
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * n for n in (1, 2, 5, 10, 20) if span / (power * n) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


class _Axis:
    """From numbers to places, with a margin on both sides."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        finite = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = min(finite), max(finite)
        margin = (high - low) * 0.08 or abs(high) * 0.05 or 0.5
        self.low, self.high = low - margin, high + margin
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share

    def ticks(self) -> list[tuple[float, str]]:
        """Return the place of each tick and its words."""
        found = ticks(self.low, self.high)
        step = found[1] - found[0] if len(found) > 1 else abs(found[0]) or 1.0
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        return [(self.at(value), f"{value + 0.0:.{digits}f}") for value in found]


class _Plane:
    """One panel on the canvas."""

    def __init__(self, canvas: Canvas, panel: Panel, left: float) -> None:
        self.canvas, self.panel = canvas, panel
        self.left, self.right = left, left + _WIDTH
        self.top, self.bottom = _TOP, _TOP + _HEIGHT
        points = [point for series in panel.series for point in _finite(series)]
        self.x = _Axis([panel.real[0], *(p[0] for p in points)], self.left, self.right)
        self.y = _Axis([panel.real[1], *(p[1] for p in points)], self.bottom, self.top)
        self.taken: list[_Box] = []

    def draw(self) -> None:
        self._axes()
        self._real()
        for number, series in enumerate(self.panel.series):
            places = [(self.x.at(x), self.y.at(y)) for x, y, _ in _finite(series)]
            for ends in pairwise(places):
                self.canvas.line(ends, colour_of(number), 1.8)
                self._keep_clear(*ends)
            for place in places:
                self.canvas.mark(*place, number)
                self._take(*place, 5)
        self._labels()

    def _labels(self) -> None:
        """Write beside the points what they are, the ends of the curves first."""
        found = [
            (0 < place < len(series.points) - 1, number, point)
            for number, series in enumerate(self.panel.series)
            for place, point in enumerate(_finite(series))
        ]
        for _, number, (x, y, words) in sorted(found, key=lambda each: each[0]):
            self._label(self.x.at(x), self.y.at(y), words, number)

    def _axes(self) -> None:
        canvas, panel = self.canvas, self.panel
        for place, words in self.x.ticks():
            canvas.line([(place, self.top), (place, self.bottom)], PALE, 1)
            canvas.text(place, self.bottom + 8, words, "mt", colour=GREY, size=12)
        for place, words in self.y.ticks():
            canvas.line([(self.left, place), (self.right, place)], PALE, 1)
            canvas.text(self.left - 8, place, words, "rm", colour=GREY, size=12)
        corners = [(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)]
        canvas.line(corners, GREY, 1.2)
        canvas.text((self.left + self.right) / 2, self.bottom + 34, panel.x, "mt", size=14)
        canvas.text(self.left - 56, self.top - 18, panel.y, "ls", size=14)

    def _real(self) -> None:
        x, y = (math.isfinite(value) for value in self.panel.real)
        if x and y:
            place = self.x.at(self.panel.real[0]), self.y.at(self.panel.real[1])
            self.canvas.star(*place)
            self._take(*place, 10)
        elif x or y:
            across, along = self.x.at(self.panel.real[0]), self.y.at(self.panel.real[1])
            start, end = (
                ((across, self.top), (across, self.bottom))
                if x
                else ((self.left, along), (self.right, along))
            )
            self.canvas.dashes(start, end)
            self._keep_clear(start, end)

    def _keep_clear(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Leave a line to itself."""
        steps = max(1, int(math.dist(start, end) / 4))
        for step in range(steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            self._take(x, y, 1.5)

    def _take(self, x: float, y: float, reach: float) -> None:
        self.taken.append((x - reach, y - reach, x + reach, y + reach))

    def _label(self, x: float, y: float, words: str, number: int) -> None:
        """Write beside a point, if there is room; a curve can do without some of its labels."""
        wide, high = width_of(words, 11), 11
        for across, along in _AROUND:
            a, b = x + across * (8 + wide / 2), y + along * 11
            box = (a - wide / 2, b - high / 2, a + wide / 2, b + high / 2)
            if not self._hits(box):
                self.taken.append(box)
                self.canvas.text(a, b, words, "mm", colour=colour_of(number), size=11)
                return

    def _hits(self, box: _Box) -> bool:
        outside = box[0] < self.left or box[2] > self.right + _RIGHT or box[3] > self.bottom
        return outside or any(
            box[0] < x2 and x1 < box[2] and box[1] < y2 and y1 < box[3]
            for x1, y1, x2, y2 in self.taken
        )


class _Legend:
    """Names of the series and of what is real, in rows below the panels."""

    def __init__(self, panels: Sequence[Panel], real: str) -> None:
        known = {sum(map(math.isfinite, panel.real)) for panel in panels}
        self.star, self.dashes = 2 in known, 1 in known
        self.names = [series.name for series in panels[0].series]
        self.entries = [*self.names, *([real] if self.star or self.dashes else [])]
        self.column = max(map(width_of, self.entries)) + 48
        self.columns = max(1, int((len(panels) * (_LEFT + _WIDTH + _RIGHT) - _LEFT) / self.column))
        self.height = 24 * -(-len(self.entries) // self.columns) + 16

    def draw(self, canvas: Canvas, top: float) -> None:
        for number, name in enumerate(self.entries):
            row, column = divmod(number, self.columns)
            x, y = _LEFT + column * self.column, top + 24 * row + 10
            canvas.text(x + 32, y, name, "lm")
            if number < len(self.names):
                canvas.line([(x, y), (x + 24, y)], colour_of(number), 1.8)
                canvas.mark(x + 12, y, number)
                continue
            if self.dashes:
                canvas.dashes((x, y), (x + 24, y))
            if self.star:
                canvas.star(x + 12, y)


def _finite(series: Series) -> list[tuple[float, float, str]]:
    return [point for point in series.points if math.isfinite(point[0] + point[1])]
