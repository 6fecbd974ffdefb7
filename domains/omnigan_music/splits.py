"""Which pieces are held out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from omnigan.errors import UserError
from omnigan_music.grid import Grid
from omnigan_music.pieces import Piece

__all__ = ["split_by_piece", "split_by_time"]


def split_by_piece(
    groups: Sequence[Sequence[Piece]], held_out: float, seed: int
) -> tuple[list[Piece], list[Piece]]:
    """Return training and held-out pieces; the pieces of a group stay together.

    A pure function of the names and the seed. Each part has at least one group.

    Raises:
        ValueError: There are fewer than two groups.
    """
    if len(groups) < 2:
        raise ValueError("cannot split fewer than two groups")
    order = sorted(groups, key=lambda group: _draw(min(piece.name for piece in group), seed))
    wanted = max(1, round(held_out * sum(len(group) for group in groups)))
    train: list[Piece] = []
    valid: list[Piece] = []
    taken = 0
    for group in order:
        if len(valid) + len(group) <= wanted and taken < len(groups) - 1:
            valid.extend(group)
            taken += 1
        else:
            train.extend(group)
    if not valid:
        smallest = min(order, key=len)
        valid = list(smallest)
        train = [piece for group in order if group is not smallest for piece in group]
    return _by_name(train), _by_name(valid)


def split_by_time(
    pieces: Sequence[Piece], held_out: float, grid: Grid
) -> tuple[list[Piece], list[Piece]]:
    """Return the beginnings of pieces to train on, and their ends; no phrase is in both.

    Raises:
        UserError: A piece is too short for a phrase on either side.
    """
    train, valid = [], []
    for piece in pieces:
        if piece.bars < 2 * grid.bars:
            raise UserError(
                f"data.source: '{piece.name}' is all there is, and its {piece.bars} bars do not "
                f"make one phrase of {grid.bars} bars to train on and another to hold out. Give "
                "more music, or lower data.bars"
            )
        first = round(piece.bars * (1 - held_out))
        first = min(max(first, grid.bars), piece.bars - grid.bars)
        train.append(piece.part(0, first, grid.steps_per_bar))
        valid.append(piece.part(first, piece.bars - first, grid.steps_per_bar))
    return train, valid


def _draw(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


def _by_name(pieces: Sequence[Piece]) -> list[Piece]:
    return sorted(pieces, key=lambda piece: piece.name)
