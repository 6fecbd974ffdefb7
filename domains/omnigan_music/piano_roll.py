"""Piano-roll pictures: time from left to right, pitch from bottom to top, one colour a track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from omnigan_music.grid import Grid

__all__ = ["PALETTE", "Notes", "contact_sheet", "piano_roll"]

Notes = NDArray[np.int64]
"""One row a note: (track, start step, length in steps, MIDI pitch)."""

Colour = tuple[int, int, int]

# The colours of Okabe and Ito, "Color universal design" (2008), less the two that are weak on white
PALETTE: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
)
_PAPER: Colour = (255, 255, 255)
_BLACK_KEY: Colour = (243, 244, 247)
_BEAT: Colour = (226, 228, 233)
_OCTAVE: Colour = (196, 200, 208)
_BAR: Colour = (140, 145, 155)
_TEXT: Colour = (70, 74, 82)

_BLACK_KEYS = {1, 3, 6, 8, 10}
_DRUM_NAMES = {
    **dict.fromkeys((35, 36), "kick"),
    **dict.fromkeys((38, 40), "snare"),
    **dict.fromkeys((41, 43, 45, 47, 48, 50), "tom"),
    **dict.fromkeys((49, 57), "crash"),
    **dict.fromkeys((51, 59), "ride"),
    37: "rim",
    39: "clap",
    42: "hat",
    44: "pedal",
    46: "open",
    54: "tamb.",
    56: "bell",
}


@cache
def _font(size: int) -> Any:  # Pillow gives another class where FreeType is missing
    return ImageFont.load_default(size)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (round(part * factor) for part in colour)
    return red, green, blue


@dataclass(frozen=True)
class _Style:
    """Sizes in pixels; width and height are upper bounds, since cells are whole pixels."""

    width: int
    height: int
    left: int
    bottom: int
    text: int
    drum_height: int
    detailed: bool  # with bar numbers and the names of drums
    gap: int = 6


_LARGE = _Style(width=900, height=370, left=40, bottom=20, text=12, drum_height=84, detailed=True)
_SMALL = _Style(width=450, height=190, left=26, bottom=6, text=9, drum_height=45, detailed=False)


class _Chart:
    """One piano roll without a legend, drawn at the size that its style allows."""

    def __init__(self, notes: Notes, grid: Grid, style: _Style) -> None:
        self.notes, self.grid, self.style = notes, grid, style
        drum_tracks = [track for track, voice in enumerate(grid.voices) if voice.drums]
        is_drum = np.isin(notes[:, 0], drum_tracks)
        pitches = self._melodic_pitches(notes[~is_drum, 3].tolist())
        hits = sorted(set(notes[is_drum, 3].tolist()))
        lane = style.drum_height if drum_tracks else 0
        space = style.height - style.bottom - lane - 2 * style.gap
        self.cell = max(1, (style.width - style.left - style.gap) // grid.steps)
        self.row = min(12, max(2, space // max(1, len(pitches))))
        self.hit = min(16, max(2, lane // max(1, len(hits))))
        self.right = style.left + self.cell * grid.steps
        melodic_height = len(pitches) * self.row
        drum_top = melodic_height + (style.gap if pitches else 0)
        self.bottom = drum_top + lane if drum_tracks else melodic_height
        self.lanes = [(0, melodic_height)] if pitches else []
        self.lanes += [(drum_top, self.bottom)] if drum_tracks else []
        # upper edges of the rows, by (is drum, pitch)
        self.tops = {(False, p): (pitches[-1] - p) * self.row for p in pitches}
        for line, pitch in enumerate(reversed(hits)):
            self.tops[True, pitch] = drum_top + line * self.hit
        self.image = Image.new("RGB", (self.right + style.gap, self.bottom + style.bottom), _PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def _melodic_pitches(self, played: list[int]) -> range:
        """Return the range of the melodic voices, and of stray notes that leave it."""
        melodic = [voice for voice in self.grid.voices if not voice.drums]
        low = min([voice.low for voice in melodic] + played, default=0)
        high = max([voice.high for voice in melodic] + played, default=-1)
        return range(low, high + 1)

    def x(self, step: int) -> int:
        return self.style.left + step * self.cell

    def picture(self) -> Image.Image:
        self._rows()
        self._columns()
        for track, start, length, pitch in self.notes.tolist():
            self._note(track, start, length, pitch)
        return self.image

    def _label(self, y: int, text: str) -> None:
        place = (self.style.left - 5, y)
        self.draw.text(place, text, _TEXT, font=_font(self.style.text), anchor="rm")

    def _rows(self) -> None:
        left, right = self.style.left, self.right
        for (drum, pitch), top in self.tops.items():
            if drum:
                if self.style.detailed and self.hit >= self.style.text - 2:
                    self._label(top + self.hit // 2, _DRUM_NAMES.get(pitch, str(pitch)))
                continue
            if pitch % 12 in _BLACK_KEYS:
                self.draw.rectangle((left, top, right, top + self.row - 1), fill=_BLACK_KEY)
            if pitch % 12 == 0:
                under = top + self.row
                self.draw.line((left, under, right, under), fill=_OCTAVE)
                middle = min(max(top + self.row // 2, self.style.text // 2), self.bottom)
                self._label(middle, f"C{pitch // 12 - 1}")

    def _columns(self) -> None:
        grid = self.grid
        for step in range(0, grid.steps + 1, grid.steps_per_beat):
            is_bar = step % grid.steps_per_bar == 0
            for top, bottom in self.lanes:
                line = (self.x(step), top, self.x(step), bottom)
                self.draw.line(line, fill=_BAR if is_bar else _BEAT)
        for top, bottom in self.lanes:
            for y in (top, bottom):
                self.draw.line((self.style.left, y, self.right, y), fill=_BAR)
        for bar in range(grid.bars if self.style.detailed else 0):
            place = (self.x(bar * grid.steps_per_bar) + 3, self.bottom + 4)
            self.draw.text(place, str(bar + 1), _TEXT, font=_font(self.style.text), anchor="lt")

    def _note(self, track: int, start: int, length: int, pitch: int) -> None:
        colour = PALETTE[track % len(PALETTE)]
        drum = self.grid.voices[track].drums
        top = self.tops[drum, pitch]
        bottom = top + (self.hit if drum else self.row)
        left, right = self.x(start), max(self.x(start), self.x(start + length) - 1)
        # leave a line of paper between neighbouring rows where there is room for one
        self.draw.rectangle((left, top + (self.row > 3), right, bottom - 1), fill=colour)
        edge = min(right, left + max(1, self.cell // 6))
        onset = (left, top + (self.row > 3), edge, bottom - 1)
        self.draw.rectangle(onset, fill=_shade(colour, 0.55))


def _legend(grid: Grid, width: int, left: int) -> Image.Image:
    """Return a strip of that width with the colour and name of each track."""
    font, height = _font(13), 20
    names = [voice.name for voice in grid.voices]
    places, x, y = [], left, 0
    for name in names:
        size = 18 + round(font.getlength(name)) + 18
        if x + size > width and x > left:
            x, y = left, y + height
        places.append((x, y))
        x += size
    image = Image.new("RGB", (width, y + height + 8), _PAPER)
    draw = ImageDraw.Draw(image)
    colours = islice(cycle(PALETTE), len(names))
    for name, (x, y), colour in zip(names, places, colours, strict=True):
        draw.rectangle((x, y + 6, x + 11, y + 17), fill=colour)
        draw.text((x + 18, y + 12), name, _TEXT, font=font, anchor="lm")
    return image


def _stack(upper: Image.Image, lower: Image.Image) -> Image.Image:
    image = Image.new("RGB", (lower.width, upper.height + lower.height), _PAPER)
    image.paste(upper, (0, 0))
    image.paste(lower, (0, upper.height))
    return image


def piano_roll(notes: Notes, grid: Grid) -> Image.Image:
    """Draw one phrase, about 900 x 360 pixels.

    Args:
        notes: ``[N, 4]`` (track, start, length, pitch), in steps and MIDI pitches of the grid.
        grid: Layout of the phrase.
    """
    chart = _Chart(notes, grid, _LARGE).picture()
    return _stack(_legend(grid, chart.width, _LARGE.left), chart)


def contact_sheet(phrases: Sequence[Notes], grid: Grid) -> Image.Image:
    """Draw many phrases small, row by row, under one legend.

    Args:
        phrases: At least one array as for :func:`piano_roll`.
        grid: Layout of every phrase.
    """
    charts = [_Chart(notes, grid, _SMALL).picture() for notes in phrases]
    columns = max(1, round((len(charts) / 2) ** 0.5))
    width = max(chart.width for chart in charts)
    height = max(chart.height for chart in charts)
    rows = -(-len(charts) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), _PAPER)
    for place, chart in enumerate(charts):
        sheet.paste(chart, (place % columns * width, place // columns * height))
    return _stack(_legend(grid, sheet.width, _SMALL.left), sheet)
