"""Phrases written as notes ``(phrase, track, start, length, pitch)``, drawn by a plain loop."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from omnigan_music.grid import Grid, Voice
from omnigan_music.metrics.notes import PhraseSet

Note = tuple[int, int, int, int, int]


def make_grid(names: str = "SATB", bars: int = 4, drums: str = "", steps_per_beat: int = 4) -> Grid:
    """A grid of 4/4 with one track per letter, MIDI pitches 36 to 81."""
    voices = tuple(Voice(name, 0, name in drums, False, 36, 81) for name in names)
    return Grid(voices, 4, 4, steps_per_beat, bars, 100.0)


def draw(grid: Grid, notes: Sequence[Note], phrases: int = 1) -> torch.Tensor:
    x = torch.zeros(phrases, *grid.shape)
    for phrase, track, start, length, pitch in notes:
        x[phrase, 1, track, start, pitch - grid.low] = 1
        x[phrase, 0, track, start : start + length, pitch - grid.low] = 1
    return x


def compose(grid: Grid, phrases: int, seed: int) -> list[Note]:
    """Draw monophonic tracks with rests, the last of them filling the phrase to its end."""
    rng = random.Random(seed)
    notes = []
    for phrase in range(phrases):
        for track in range(len(grid.voices)):
            step = 0
            while step < grid.steps:
                length = min(rng.choice((1, 2, 2, 4, 4, 6, 8)), grid.steps - step)
                last = step + length == grid.steps
                if last or rng.random() < 0.9:
                    notes.append((phrase, track, step, length, rng.randint(grid.low, grid.high)))
                step += length
    return notes


@pytest.fixture
def grid() -> Callable[..., Grid]:
    return make_grid


@pytest.fixture
def tensor() -> Callable[..., torch.Tensor]:
    return draw


@pytest.fixture
def written() -> Callable[..., PhraseSet]:
    """``written(grid, notes, phrases)``: notes as a phrase set."""

    def write(grid: Grid, notes: Sequence[Note], phrases: int = 1) -> PhraseSet:
        return PhraseSet.of(grid, draw(grid, notes, phrases))

    return write


@pytest.fixture
def composed() -> Callable[[Grid, int, int], list[Note]]:
    return compose


@pytest.fixture
def as_muspy() -> Callable[[Grid, Sequence[Note]], object]:
    """``as_muspy(grid, notes)``: notes of one phrase as muspy's Music, one tick a step."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        muspy = pytest.importorskip("muspy")

    def convert(grid: Grid, notes: Sequence[Note]) -> object:
        tracks = [
            muspy.Track(
                is_drum=voice.drums,
                notes=[
                    muspy.Note(start, pitch, length, 64)
                    for _, track, start, length, pitch in notes
                    if track == number
                ],
            )
            for number, voice in enumerate(grid.voices)
        ]
        return muspy.Music(resolution=grid.steps_per_beat, tracks=tracks)

    return convert


@pytest.fixture
def noise() -> Callable[..., PhraseSet]:
    """Independent cells with a diatonic marginal, about one pitch a step: the worst of models."""

    def make(grid: Grid, phrases: int, seed: int = 0) -> PhraseSet:
        rng = np.random.default_rng(seed)
        midi = np.arange(grid.low, grid.high + 1)
        centres = np.linspace(72, 50, len(grid.voices))[:, None]
        weight = np.exp(-0.5 * ((midi - centres) / 4) ** 2)
        weight *= np.where(np.isin(midi % 12, (0, 2, 4, 5, 7, 9, 11)), 1.0, 0.25)
        share = weight / weight.sum(1, keepdims=True)
        shape = (phrases, len(grid.voices), grid.steps, grid.pitches)
        roll = rng.random(shape) < share[:, None]
        x = np.stack([roll, np.zeros_like(roll)], 1)
        return PhraseSet.of(grid, x)

    return make
