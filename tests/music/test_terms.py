"""The gap between rates: unbiased, and pulling the right way."""

from __future__ import annotations

from pathlib import Path

import pretty_midi
import torch
from torch import Tensor

import omnigan
from omnigan_music.grid import Grid, Voice
from omnigan_music.statistics import rhythm
from omnigan_music.terms import RARE, gap, generator_terms

DRUMS = Voice("drums", 0, True, False, 36, 38)


def grid(steps_per_beat: int, tracks: int = 1) -> Grid:
    return Grid((DRUMS,) * tracks, 2, 4, steps_per_beat, 2, 120.0)


def phrases(*attacks: list[int]) -> Tensor:
    """Return one-track phrases of 8 steps with attacks at the given steps."""
    x = torch.zeros(len(attacks), 2, 1, 8, 3)
    for number, steps in enumerate(attacks):
        x[number, 1, 0, steps, 0] = 1
    return x


def test_is_the_chi_squared_distance_of_rates() -> None:
    generated, real = phrases([0, 1, 4], [0, 1, 4]), phrases([0, 2, 4], [0, 2, 4])
    # Intervals that can be seen: of 1 step from 7 places, of 2 from 6, of 3 from 5, of 4 from 4.
    # The last two numbers are attacks, and those that only one of two bars of 4 steps has.
    made = [1 / 7, 0.0, 1 / 5, 0.0, 3 / 8, 1 / 4]
    wanted = [0.0, 2 / 6, 0.0, 0.0, 3 / 8, 1 / 4]
    expected = sum((a - b) ** 2 / (b + RARE) for a, b in zip(made, wanted, strict=True))
    torch.testing.assert_close(gap(rhythm, generated, real, grid(2)), torch.tensor(expected))


def test_is_zero_for_equal_rates_and_chance_does_not_raise_it() -> None:
    layout = grid(4, 2)

    def random(seed: int, count: int) -> Tensor:
        rng = torch.Generator().manual_seed(seed)
        return (torch.rand(count, *layout.shape, generator=rng) < 0.1).float()

    real = random(0, 8000)
    gaps = torch.stack([gap(rhythm, random(i, 16), real, layout) for i in range(1, 301)])
    assert gap(rhythm, real, real, layout) == 0
    assert abs(gaps.mean()) < 3 * gaps.std() / len(gaps) ** 0.5


def test_pulls_the_rate_towards_the_real_one() -> None:
    layout = grid(4)
    logits = torch.full((8, *layout.shape), -2.0, requires_grad=True)
    real = (torch.rand(8, *layout.shape, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    gap(rhythm, logits.sigmoid(), real, layout).backward()
    assert logits.grad is not None
    assert float(logits.grad[:, 1].mean()) < 0, "more attacks lower the gap"


def test_drums_have_rhythm_alone() -> None:
    x, y = phrases([0, 1], [2, 3]), phrases([0, 2], [2, 5])
    drums = generator_terms(x, y, grid(2))
    assert {name for name, value in drums.items() if value} == {"rhythm"}
    melodic = Grid((Voice("lead", 0, False, True, 60, 62),), 2, 4, 2, 2, 120.0)
    assert drums.keys() == generator_terms(x, y, melodic).keys() == {"rhythm", "melody", "harmony"}


def test_a_folder_of_drums_trains(tmp_path: Path) -> None:
    for number in range(12):
        piece = pretty_midi.PrettyMIDI()
        track = pretty_midi.Instrument(0, is_drum=True, name="Kit")
        for beat in range(32):
            pitch = (36, 38, 42)[(beat * (number + 1)) % 3]
            track.notes.append(pretty_midi.Note(90, pitch, beat / 2, beat / 2 + 0.1))
        piece.instruments.append(track)
        piece.write(str(tmp_path / f"{number}.mid"))
    recipe = {
        "domain": "music",
        "data": {"source": str(tmp_path), "bars": 1},
        "generator": {"width": 8, "z": 4, "bar_z": 4},
        "discriminator": {"width": 8},
        "train": {"steps": 2, "batch_size": 4, "device": "cpu"},
        "log": {"samples": 2},
    }
    run = omnigan.train(recipe, out=tmp_path / "run")
    (song,) = omnigan.load(run).sample(1)
    assert all(track.is_drum for track in song.instruments)
