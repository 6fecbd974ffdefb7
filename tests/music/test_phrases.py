"""Phrases against rolls drawn cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from omnigan_music.grid import Grid, Voice
from omnigan_music.phrases import Phrases, windows
from omnigan_music.pieces import Piece

VOICES = (Voice("lead", 0, False, True, 60, 71), Voice("kit", 0, True, False, 36, 40))
GRID = Grid(VOICES, 2, 4, 2, 2, 120.0)  # 4 steps in a bar, 2 bars in a phrase


def piece(
    *notes: tuple[int, int, int, int],
    bars: int = 4,
    breaks: tuple[int, ...] = (),
    label: str | None = None,
) -> Piece:
    rows = sorted(notes, key=lambda note: note[1])
    return Piece("x", label, bars, breaks, np.array(rows, np.int32).reshape(-1, 4))


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


STEADY = [(0, step, 1, 62) for step in range(16)]


def test_a_phrase_is_drawn_as_the_grid_says() -> None:
    source = Phrases([piece((0, 2, 5, 60), (0, 7, 9, 62), (1, 7, 1, 40), (1, 0, 1, 36))], GRID)
    assert len(source) == 3
    x = source.read(1, rng()).x  # steps 4 to 11
    assert x.dtype == torch.float32
    assert x.shape == (2, 2, 8, 36)
    low = 36
    expected = torch.zeros(2, 2, 8, 36)
    expected[0, 0, 0:3, 60 - low] = 1  # sounds since step 2, until step 7
    expected[1, 0, 0, 60 - low] = 1
    expected[0, 0, 3:8, 62 - low] = 1  # beyond the end
    expected[1, 0, 3, 62 - low] = 1
    expected[:, 1, 3, 40 - low] = 1
    torch.testing.assert_close(x, expected)


def test_without_labels_there_is_no_condition_and_with_them_an_integer() -> None:
    pieces = [piece(*STEADY, label=name) for name in ("b", "a")]
    assert dict(Phrases(pieces, GRID).read(0, rng()).cond) == {}
    source = Phrases(pieces, GRID, label_names=("a", "b", "c"))
    labels = [source.read(index, rng()).cond["label"] for index in (0, 3)]
    assert [int(label) for label in labels] == [1, 0]
    assert labels[0].dtype == torch.int64
    assert labels[0].shape == ()


@pytest.mark.parametrize(
    ("bars", "hop", "breaks", "expected"),
    [
        (4, 1, (), [0, 1, 2]),
        (4, 2, (), [0, 2]),
        (1, 1, (), []),
        (4, 1, (2,), [0, 2]),
        (4, 1, (1, 3), [1]),
        (4, 1, (1, 2, 3), []),
    ],
)
def test_windows(bars: int, hop: int, breaks: tuple[int, ...], expected: list[int]) -> None:
    music = piece(*STEADY[: 4 * bars], bars=bars, breaks=breaks)
    assert windows(music, GRID, hop) == expected


def test_half_of_the_bars_must_have_a_note() -> None:
    layout = Grid(VOICES, 2, 4, 2, 4, 120.0)
    # bars 0 and 1 sound, by one note that is held; 2 to 4 are silent; 5 to 7 have one each
    music = piece((0, 3, 2, 60), (0, 20, 1, 60), (1, 24, 1, 36), (0, 28, 4, 60), bars=8)
    assert windows(music, layout, 1) == [0, 3, 4]


def test_transposition_stays_in_range_and_reaches_every_shift_that_does() -> None:
    music = piece((0, 0, 4, 62), (0, 4, 4, 69), (1, 0, 1, 36), (1, 4, 1, 40), bars=2)
    source = Phrases([music], GRID, transpose=4)
    generator = rng()
    seen: dict[int, int] = {}
    for _ in range(400):
        x = source.read(0, generator).x
        lead = x[0, 0].nonzero()[:, 1] + 36
        shift = int(lead.min()) - 62
        assert int(lead.max()) == 69 + shift
        seen[shift] = seen.get(shift, 0) + 1
        assert sorted(set((x[0, 1].nonzero()[:, 1] + 36).tolist())) == [36, 40]  # drums stay
    # 60..71 leaves two semitones on either side
    assert sorted(seen) == [-2, -1, 0, 1, 2]
    assert min(seen.values()) > 400 / 5 / 2


def test_drums_alone_are_never_shifted() -> None:
    source = Phrases([piece((1, 0, 1, 36), (1, 4, 1, 38), bars=2)], GRID, transpose=5)
    plain = Phrases([piece((1, 0, 1, 36), (1, 4, 1, 38), bars=2)], GRID)
    for seed in range(10):
        torch.testing.assert_close(source.read(0, rng(seed)).x, plain.read(0, rng()).x)


def test_reading_depends_on_the_index_and_the_generator_alone() -> None:
    source = Phrases([piece(*STEADY)], GRID, transpose=3)
    first = source.read(2, rng(5)).x
    source.read(0, rng(1)).x.zero_()
    torch.testing.assert_close(source.read(2, rng(5)).x, first)
    assert any(not torch.equal(source.read(2, rng(seed)).x, first) for seed in range(8))


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 23), st.integers(1, 24), st.integers(60, 71)), max_size=12
    ),
    hop=st.integers(1, 3),
)
def test_every_phrase_is_its_cut_of_the_whole_roll(
    rows: list[tuple[int, int, int]], hop: int
) -> None:
    taken: set[tuple[int, int]] = set()
    notes = []
    for start, length, pitch in rows:
        cells = {(step, pitch) for step in range(start, min(24, start + length))}
        if not cells & taken:
            taken |= cells
            notes.append((0, start, len(cells), pitch))
    music = piece(*notes, bars=6)
    roll = np.zeros((24, 36))
    for _, start, length, pitch in notes:
        roll[start : start + length, pitch - 36] = 1
    source = Phrases([music], GRID, hop=hop)
    bars = windows(music, GRID, hop)
    assert len(source) == len(bars)
    for index, bar in enumerate(bars):
        x = source.read(index, rng()).x.numpy()
        np.testing.assert_array_equal(x[0, 0], roll[4 * bar : 4 * bar + 8])
        onsets = {(start - 4 * bar, pitch) for _, start, _, pitch in notes if start >= 4 * bar}
        onsets |= {(0, pitch) for _, s, n, pitch in notes if s < 4 * bar < s + n}
        found = {
            (int(step), int(pitch) + 36) for step, pitch in zip(*x[1, 0].nonzero(), strict=True)
        }
        assert found == {(step, pitch) for step, pitch in onsets if step < 8}
