"""Charts as inline SVG, readable without a script; with one they tell the values under a cursor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from omnigan.evaluation.plot import ticks
from omnigan.report.markup import Markup, join, tag
from omnigan.report.thin import MOST, thin

__all__ = ["Chart", "ChartBook", "Series", "short", "short_value"]

WIDTH, HEIGHT = 380, 220  # near the size it has on a phone, so that its words can be read there
LEFT, RIGHT, TOP, BOTTOM = 46, 20, 20, 32
COLOURS = 8
MARGIN = 0.04  # of the values' range, above and below
FACTOR = 30
"""Between the least and the greatest value, from which an axis is logarithmic."""


def short(value: float) -> str:
    """Return a number for an axis or a table: "0.001", "12k", "1e-7"."""
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-4:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= max(factor, 1e4):
            return f"{value / factor:.6g}{letter}"
    return f"{value:.6g}"


@dataclass(frozen=True)
class Series:
    """One curve.

    Attributes:
        name: For the legend.
        x: Steps, ascending.
        y: Values, finite, as many.
        floor: A level that it is held against, or None.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    floor: float | None = None

    def points(self, most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return at most so many points, each ``[N]``."""
        x, y = np.asarray(self.x, np.float64), np.asarray(self.y, np.float64)
        y = _drawable(y)
        kept = thin(y, most)
        return x[kept], y[kept]


SMALLEST = 1e-290
"""What is nearer to 0 is drawn as 0: floats have no round numbers between such values."""


def _drawable(values: Any) -> Any:
    """Return a number or an array with 0 for what is too small to be drawn."""
    return np.where(np.abs(values) < SMALLEST, 0.0, values)


class _Axis:
    """From values to places in the picture."""

    def __init__(self, low: float, high: float, ends: tuple[float, float], *, log: bool) -> None:
        self.log = log
        if log:
            low, high = math.log10(low), math.log10(high)
        if high <= low:
            margin = abs(low) * 0.05 or 0.5
            low, high = low - margin, high + margin
        self.low, self.high = low, high
        self.start, self.end = ends

    def at(self, value: Any) -> Any:
        """Return the place of a number, or of each of an array."""
        level = np.log10(value) if self.log else np.asarray(value)
        return self.start + (level - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        if not self.log:
            return ticks(self.low, self.high, most)
        first, last = math.floor(self.low), math.ceil(self.high)
        every = max(1, math.ceil((last - first) / most))
        within = (1, 2, 5) if last - first <= 2 else (1,)
        found = [n * 10.0**power for power in range(first, last + 1, every) for n in within]
        return [n for n in found if self.low - 1e-9 <= math.log10(n) <= self.high + 1e-9]


@dataclass(frozen=True)
class Chart:
    """Curves over steps.

    Attributes:
        title: What it shows.
        unit: Of the values, said on the vertical axis.
        series: The curves.
        bounds: Least and greatest value of the vertical axis; None: those of the curves.
        marks: Whether each point is drawn, which suits a few.
    """

    title: str
    unit: str
    series: Sequence[Series]
    bounds: tuple[float, float] | None = None
    marks: bool = False

    def draw(self, number: int) -> tuple[Markup, dict[str, Any]]:
        """Return a figure, and the values for the script that tells them.

        Args:
            number: Of the chart in the page.
        """
        points = [each.points(MOST) for each in self.series]
        floors = [float(_drawable(each.floor)) for each in self.series if each.floor is not None]
        horizontal = _axis([x for x, _ in points], [], (LEFT, WIDTH - RIGHT), never_log=True)
        values = [np.asarray(self.bounds)] if self.bounds else [y for _, y in points]
        ends = (HEIGHT - BOTTOM, TOP)
        vertical = _axis(values, floors, ends, never_log=bool(self.bounds))
        log = ", logarithmic" if vertical.log else ""
        drawing = tag(
            "svg",
            _frame(horizontal, vertical, f"{self.unit}{log}"),
            *(self._floor(place, vertical) for place in range(len(self.series))),
            *(
                self._curve(place, horizontal.at(x), vertical.at(y))
                for place, (x, y) in enumerate(points)
            ),
            tag("line", class_="cursor", x1=0, x2=0, y1=TOP, y2=HEIGHT - BOTTOM),
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            role="img",
            tabindex=0,
            aria_label=self._words(points),
        )
        caption = tag("figcaption", self.title, tag("output", class_="at"))
        legend = tag("ul", *map(self._entry, range(len(self.series))), class_="legend")
        figure = tag("figure", caption, drawing, legend, class_="chart", data_chart=number)
        data = {
            "axis": [horizontal.start, horizontal.end, horizontal.low, horizontal.high],
            "series": [[x.tolist(), [float(f"{each:.4g}") for each in y]] for x, y in points],
        }
        return figure, data

    def _curve(self, place: int, x: NDArray[np.float64], y: NDArray[np.float64]) -> Markup:
        colour = f"c{place % COLOURS}"
        pairs = [f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        dots: list[Markup] = []
        if self.marks or len(pairs) == 1:
            places = (pair.split(",") for pair in pairs)
            dots = [tag("circle", cx=a, cy=b, r=2.5, class_=colour) for a, b in places]
        return join(tag("polyline", points=Markup(" ".join(pairs)), class_=colour), *dots)

    def _floor(self, place: int, axis: _Axis) -> Markup:
        floor = self.series[place].floor
        if floor is None:
            return Markup()
        y = f"{float(axis.at(_drawable(floor))):.1f}"
        colour = f"floor c{place % COLOURS}"
        return tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_=colour)

    def _entry(self, place: int) -> Markup:
        series = self.series[place]
        last = float(np.asarray(series.y, np.float64)[-1])
        floor = join() if series.floor is None else f" (floor {short_value(series.floor)})"
        swatch = tag("span", class_=f"swatch c{place % COLOURS}")
        value = tag("b", short_value(last), class_="value")
        return tag("li", swatch, f"{series.name} ", value, floor)

    def _words(self, points: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> str:
        """Say what there is to see."""
        said = [
            f"{series.name} from {short_value(y[0])} at step {x[0]:.0f} to {short_value(y[-1])} "
            f"at step {x[-1]:.0f}, least {short_value(y.min())}, greatest {short_value(y.max())}"
            for series, (x, y) in zip(self.series, points, strict=True)
        ]
        return f"{self.title}: {'; '.join(said)}."


class ChartBook:
    """Numbers the charts of a page.

    Attributes:
        values: What the script of the page needs of each.
    """

    def __init__(self) -> None:
        self.values: list[dict[str, Any]] = []

    def draw(self, charts: Sequence[Chart]) -> Markup:
        """Return the charts side by side."""
        figures = []
        for chart in charts:
            figure, values = chart.draw(len(self.values))
            figures.append(figure)
            self.values.append(values)
        return tag("div", *figures, class_="charts")


def short_value(value: float) -> str:
    """Return a number with four digits that count."""
    return short(float(f"{value:.4g}"))


def _axis(
    values: Sequence[NDArray[np.float64]],
    more: Sequence[float],
    ends: tuple[float, float],
    *,
    never_log: bool,
) -> _Axis:
    """Return an axis for values; a linear vertical one has a little room above and below them."""
    least = min([*(float(each.min()) for each in values), *more])
    greatest = max([*(float(each.max()) for each in values), *more])
    log = not never_log and least > 0 and greatest / least >= FACTOR
    if not (log or never_log):
        margin = (greatest - least) * MARGIN
        least, greatest = least - margin, greatest + margin
    return _Axis(least, greatest, ends, log=log)


def _frame(horizontal: _Axis, vertical: _Axis, unit: str) -> Markup:
    """Return the lines and words around the curves."""
    bottom = HEIGHT - BOTTOM
    parts = [tag("text", unit, x=LEFT, y=12, class_="unit")]
    for value in vertical.ticks(6):
        y = f"{float(vertical.at(value)):.1f}"
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        words = tag("text", short(value), x=LEFT - 5, y=y, dy=4, text_anchor="end")
        parts.append(words)
    for value in horizontal.ticks(5):
        x = f"{float(horizontal.at(value)):.1f}"
        parts.append(tag("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, class_="axis"))
        parts.append(tag("text", short(value), x=x, y=bottom + 15, text_anchor="middle"))
    parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=bottom, y2=bottom, class_="axis"))
    parts.append(tag("text", "step", x=WIDTH - RIGHT, y=bottom + 28, text_anchor="end"))
    return join(*parts)
