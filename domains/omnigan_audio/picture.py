"""Pictures of sounds: the waveform above its spectrogram.

Frequencies are on the mel scale of Slaney (even below 1 kHz, logarithmic above), levels in dB.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from omnigan_audio.palette import FRAME, GRID, PAPER, TEXT, WAVE, coloured, font
from omnigan_audio.spectra import sizes_for, stft

__all__ = ["Wave", "contact_sheet", "levels", "sound_picture"]

Wave = NDArray[np.float32]
"""Samples ``[T]`` in [-1, 1]."""
Floats = NDArray[np.float64]

_RANGE = 80.0  # dB from the darkest to the lightest colour
_QUIET = -40.0  # dB of full scale: the loudest part of a quieter sound is not shown light
_KNEE, _MEL = 1000.0, 200 / 3  # Hz; of the mel scale
_ABOVE = 27 / math.log(6.4)
_KILOHERTZ = (0.2, 0.5, 1, 2, 4, 8, 16)
_TICKS = 8


@dataclass(frozen=True)
class _Style:
    """Sizes in pixels of one sound; ``left`` and ``bottom`` hold the labels of the axes."""

    width: int
    wave: int
    spectrum: int
    gap: int
    left: int = 0
    bottom: int = 0


_LARGE = _Style(width=780, wave=110, spectrum=240, gap=14, left=52, bottom=22)
_SMALL = _Style(width=140, wave=34, spectrum=76, gap=1)
_LETTERS, _MARGIN, _BETWEEN = 12, 8, 8


def _mel(hertz: Floats) -> Floats:
    above = np.log(np.maximum(hertz, _KNEE) / _KNEE) * _ABOVE
    return np.minimum(hertz, _KNEE) / _MEL + above


def _hertz(mel: Floats) -> Floats:
    knee = _KNEE / _MEL
    return np.minimum(mel, knee) * _MEL * np.exp(np.maximum(mel - knee, 0) / _ABOVE)


def levels(wave: Wave, rate: int, columns: int, rows: int) -> Floats:
    """Return levels ``[rows, columns]`` in dB of a full-scale sine, the highest frequency first.

    Args:
        wave: Samples ``[T]``.
        rate: In Hz.
        columns: Points in time.
        rows: Frequencies from 0 to half the rate, evenly spaced on the mel scale.
    """
    window, _ = sizes_for(rate)
    x = torch.from_numpy(wave)
    x = torch.nn.functional.pad(x, (0, max(0, window - len(x))))[None, None]
    hop = max(1, len(wave) // columns)
    magnitude = stft(x, window, hop)[0].abs().double().numpy() * (4 / window)
    moments = (np.arange(columns) + 0.5) * len(wave) / columns
    frames = np.minimum(np.rint(moments / hop).astype(int), magnitude.shape[1] - 1)
    top = _mel(np.array(rate / 2))
    places = _hertz(np.linspace(top, 0, rows)) * window / rate
    below = np.minimum(places.astype(int), len(magnitude) - 2)
    share = (places - below)[:, None]
    chosen = magnitude[:, frames]
    mixed = chosen[below] * (1 - share) + chosen[below + 1] * share
    return np.asarray(20 * np.log10(np.maximum(mixed, 1e-9)))


def _draw_wave(draw: ImageDraw.ImageDraw, wave: Wave, left: int, style: _Style, top: int) -> None:
    """Draw the range of the samples under each pixel, and of the one before, to join them."""
    middle, reach = top + style.wave / 2, style.wave / 2 - 2
    draw.line((left, middle, left + style.width - 1, middle), fill=GRID)
    edges = np.linspace(0, len(wave), style.width + 1).astype(int)
    for column in range(style.width):
        start = max(0, min(edges[column], len(wave) - 1) - 1)
        part = wave[start : max(edges[column + 1], start + 2)]
        high, low = middle - reach * part.max(), middle - reach * part.min()
        draw.line((left + column, round(high), left + column, round(low)), fill=WAVE)


def _pixels(level: Floats, loudest: float) -> Image.Image:
    shares = (level - loudest) / _RANGE + 1
    return Image.fromarray(coloured(shares.clip(0, 1)), "RGB")


def _loudest(level: Floats) -> float:
    return max(float(level.max()), _QUIET)


def sound_picture(wave: Wave, rate: int) -> Image.Image:
    """Draw one sound with its axes, about 840 x 400 pixels.

    Args:
        wave: Samples ``[T]`` in [-1, 1], at least one.
        rate: In Hz.
    """
    style = _LARGE
    left, top = style.left, _MARGIN
    under = top + style.wave + style.gap
    size = (left + style.width + 2 * _MARGIN, under + style.spectrum + style.bottom)
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    _draw_wave(draw, wave, left, style, top)
    level = levels(wave, rate, style.width, style.spectrum)
    image.paste(_pixels(level, _loudest(level)), (left, under))
    for upper, height in ((top, style.wave), (under, style.spectrum)):
        draw.rectangle((left - 1, upper - 1, left + style.width, upper + height), outline=FRAME)
    _label_levels(draw, style, top)
    _label_frequencies(draw, style, under, rate)
    _label_times(draw, style, under + style.spectrum, len(wave) / rate)
    return image


def _left_of(draw: ImageDraw.ImageDraw, style: _Style, y: float, text: str) -> None:
    draw.line((style.left - 4, y, style.left - 1, y), fill=FRAME)
    draw.text((style.left - 7, y), text, TEXT, font=font(_LETTERS), anchor="rm")


def _label_levels(draw: ImageDraw.ImageDraw, style: _Style, top: int) -> None:
    middle, reach = top + style.wave / 2, style.wave / 2 - 2
    for value in (1, 0, -1):
        _left_of(draw, style, middle - reach * value, str(value))


def _label_frequencies(draw: ImageDraw.ImageDraw, style: _Style, top: int, rate: int) -> None:
    known = [value for value in _KILOHERTZ if 1000 * value <= rate / 2]
    for value in known:
        height = _mel(np.array(1000.0 * value)) / _mel(np.array(rate / 2))
        y = top + (style.spectrum - 1) * (1 - float(height))
        _left_of(draw, style, y, f"{value:g} kHz" if value == known[-1] else f"{value:g}")


def _label_times(draw: ImageDraw.ImageDraw, style: _Style, y: int, seconds: float) -> None:
    step = _round_step(seconds / _TICKS)
    ticks = [number * step for number in range(int(seconds / step + 1e-6) + 1)]
    for value in ticks:
        x = style.left + (style.width - 1) * value / seconds
        draw.line((x, y + 1, x, y + 4), fill=FRAME)
        text = f"{value:g} s" if value == ticks[-1] else f"{value:g}"
        draw.text((x, y + 7), text, TEXT, font=font(_LETTERS), anchor="mt")


def _round_step(least: float) -> float:
    """Return 1, 2 or 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def contact_sheet(
    waves: Sequence[Wave], rate: int, columns: int, names: Sequence[str] = ()
) -> Image.Image:
    """Draw many sounds small, row by row, all on one scale of levels.

    Args:
        waves: At least one sound ``[T]`` in [-1, 1].
        rate: In Hz.
        columns: How many in a row.
        names: Of the rows, written beside them; none are needed.
    """
    style = _SMALL
    letters = font(_LETTERS)
    widest = max((math.ceil(letters.getlength(name)) for name in names), default=0)
    left = _MARGIN + (widest + _MARGIN if names else 0)
    head = _MARGIN + 2 * _LETTERS
    across, down = style.width + _BETWEEN, style.wave + style.gap + style.spectrum + _BETWEEN
    rows = -(-len(waves) // columns)
    size = (left + columns * across, head + rows * down)
    image = Image.new("RGB", (max(size[0], 2 * style.width), size[1]), PAPER)
    draw = ImageDraw.Draw(image)
    seconds = len(waves[0]) / rate
    said = f"{seconds:.3g} s from left to right, 0 to {rate / 2000:g} kHz upwards"
    draw.text((_MARGIN, _MARGIN + 2), said, TEXT, font=letters, anchor="lt")
    all_levels = [levels(wave, rate, style.width, style.spectrum) for wave in waves]
    loudest = max(map(_loudest, all_levels))
    for number, (wave, level) in enumerate(zip(waves, all_levels, strict=True)):
        x, y = left + number % columns * across, head + number // columns * down
        _draw_wave(draw, wave, x, style, y)
        image.paste(_pixels(level, loudest), (x, y + style.wave + style.gap))
    for row, name in enumerate(names):
        place = (left - _MARGIN, head + row * down + (down - _BETWEEN) / 2)
        draw.text(place, name, TEXT, font=letters, anchor="rm")
    return image
