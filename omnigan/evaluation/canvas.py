"""A white picture to draw smooth lines, marks and words on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

__all__ = ["GREY", "INK", "PALE", "Canvas", "Colour", "colour_of", "width_of"]

Colour = tuple[int, int, int]
FINE = 3  # pixels drawn for each that is shown: the drawing itself has jagged edges
INK, GREY, PALE = (34, 34, 34), (110, 110, 110), (228, 228, 228)
COLOURS: Sequence[Colour] = (
    *((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167)),
    *((86, 180, 233), (230, 159, 0), (90, 90, 90)),
)
"""Told apart by people who see fewer colours (Okabe and Ito 2008)."""
SHAPES = (0, 4, 3, 5)  # corners of a mark, 0 being a circle


def colour_of(number: int) -> Colour:
    """Return the colour of a series; the eighth has that of the first, with another mark."""
    return COLOURS[number % len(COLOURS)]


class Canvas:
    """Draws with coordinates of the finished picture."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width * FINE, height * FINE), "white")
        self.pen = ImageDraw.Draw(self.image)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float) -> None:
        scaled = [(x * FINE, y * FINE) for x, y in points]
        self.pen.line(scaled, colour, round(width * FINE), joint="curve")

    def dashes(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        length = math.dist(start, end)
        for first in range(0, int(length), 9):
            ends = (first / length, min(first + 5, length) / length)
            self.line(
                [tuple(a + (b - a) * t for a, b in zip(start, end, strict=True)) for t in ends],  # type: ignore[misc]
                INK,
                1.4,
            )

    def mark(self, x: float, y: float, number: int, size: float = 4.5) -> None:
        """Draw the mark of a series."""
        colour = colour_of(number)
        corners = SHAPES[(number + number // len(COLOURS) * 2) % len(SHAPES)]
        if corners:
            circle = (x * FINE, y * FINE, size * 1.2 * FINE)
            self.pen.regular_polygon(circle, corners, fill=colour)
        else:
            box = [(x - size) * FINE, (y - size) * FINE, (x + size) * FINE, (y + size) * FINE]
            self.pen.ellipse(box, fill=colour)

    def star(self, x: float, y: float) -> None:
        """Draw the mark of real data."""
        corners = [
            (x + r * math.sin(turn * math.pi / 5), y - r * math.cos(turn * math.pi / 5))
            for turn, r in enumerate([10.0, 4.2] * 5)
        ]
        self.pen.polygon([(a * FINE, b * FINE) for a, b in corners], fill=INK)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        anchor: str,
        *,
        colour: Colour = INK,
        size: int = 13,
    ) -> None:
        font = ImageFont.load_default(size * FINE)
        self.pen.text((x * FINE, y * FINE), words, colour, font, anchor)

    def save(self, path: Path) -> None:
        width, height = self.image.size
        small = (width // FINE, height // FINE)
        self.image.resize(small, Image.Resampling.LANCZOS).save(path)


def width_of(words: str, size: int = 13) -> float:
    return ImageFont.load_default(size * FINE).getlength(words) / FINE
