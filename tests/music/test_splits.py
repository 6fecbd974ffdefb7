"""The split into training and held-out music."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan_music.grid import Grid, Voice
from omnigan_music.pieces import Piece
from omnigan_music.splits import split_by_piece, split_by_time

GRID = Grid((Voice("a", 0, False, False, 0, 127),), 4, 4, 4, 4, 120.0)


def piece(name: str, bars: int = 8) -> Piece:
    return Piece(name, None, bars, (), np.array([[0, 0, bars * 16, 60]], np.int32))


def names(pieces: Sequence[Piece]) -> list[str]:
    return [piece.name for piece in pieces]


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=30),
    held_out=st.floats(0.01, 0.99),
    seed=st.integers(0, 5),
)
def test_every_piece_is_on_one_side_with_its_group(
    sizes: list[int], held_out: float, seed: int
) -> None:
    groups = [[piece(f"{g}-{n}") for n in range(size)] for g, size in enumerate(sizes)]
    train, valid = split_by_piece(groups, held_out, seed)
    assert train
    assert valid
    assert sorted(names(train) + names(valid)) == sorted(p.name for g in groups for p in g)
    for group in groups:
        assert len({p.name in names(valid) for p in group}) == 1
    wanted = max(1, round(held_out * sum(sizes)))
    assert len(valid) <= max(wanted, min(sizes))


def test_single_pieces_give_the_exact_share() -> None:
    groups = [[piece(str(n))] for n in range(50)]
    for held_out, count in ((0.2, 10), (0.5, 25), (0.001, 1), (0.999, 49)):
        assert len(split_by_piece(groups, held_out, 0)[1]) == count


def test_the_split_depends_on_names_and_seed_alone() -> None:
    groups = [[piece(str(n))] for n in range(50)]
    mixed = random.Random(1).sample(groups, 50)
    first = split_by_piece(groups, 0.2, 3)
    again = split_by_piece(mixed, 0.2, 3)
    assert names(first[1]) == names(again[1])
    assert names(first[0]) == names(again[0])
    assert names(split_by_piece(groups, 0.2, 4)[1]) != names(first[1])


def test_one_piece_is_divided_in_time() -> None:
    (train,), (valid,) = split_by_time([piece("x", 20)], 0.2, GRID)
    assert (train.bars, valid.bars) == (16, 4)
    assert train.notes.tolist() == [[0, 0, 16 * 16, 60]]
    assert valid.notes.tolist() == [[0, 0, 4 * 16, 60]]
    # both sides have room for a phrase
    (train,), (valid,) = split_by_time([piece("x", 9)], 0.01, GRID)
    assert (train.bars, valid.bars) == (5, 4)
    (train,), (valid,) = split_by_time([piece("x", 9)], 0.99, GRID)
    assert (train.bars, valid.bars) == (4, 5)


def test_too_short_a_piece_is_refused() -> None:
    with pytest.raises(UserError, match="its 7 bars do not make one phrase of 4 bars"):
        split_by_time([piece("x", 7)], 0.2, GRID)
