"""A user's own MIDI file as phrases of a run, for scoring."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from omnigan.errors import UserError
from omnigan_music.config import MusicData, Track
from omnigan_music.grid import Grid
from omnigan_music.phrases import Phrases, roll_of
from omnigan_music.pieces import Piece, quantise
from omnigan_music.raw import RawPiece, bar_runs
from omnigan_music.reading import read_file, recall

__all__ = ["read_phrases"]


def read_phrases(path: Path, data: MusicData, grid: Grid) -> Tensor:
    """Read a MIDI file as phrases, from the first bar on, not transposed.

    They do not overlap. As in training, none crosses a change of meter, and at least half of its
    bars have a note; a file that is no longer than one phrase is one all the same, and the rest of
    it silent. So a rendered phrase comes back as it was, if it has any note.

    Args:
        path: The file.
        data: The data section of a run, resolved.
        grid: The grid of the run.

    Returns:
        ``[N, 2, tracks, steps, pitches]`` float32, values 0 and 1.

    Raises:
        UserError: It cannot be read, or has no phrase.
    """
    found = recall((str(path), path.name)) or read_file((str(path), path.name))
    if isinstance(found, str):
        raise UserError(f"{path}: {found}. Name MIDI files (.mid) that other programs can play")
    piece, _ = quantise(found, _tracks(found, data, grid), grid)
    phrases = _rolls(piece, grid)
    if not phrases:
        raise UserError(
            f"{path}: it has no {grid.bars} bars of {data.meter} in a row with notes of "
            f"{', '.join(voice.name for voice in grid.voices)} in at least half of them. It is "
            f"in {', '.join(dict.fromkeys(run.meter for run in bar_runs(found)[:5]))}"
        )
    return torch.from_numpy(np.stack(phrases))


def _tracks(piece: RawPiece, data: MusicData, grid: Grid) -> Sequence[Track]:
    """Return tracks that select by name if all names are those of the grid, as in its own files.

    There a silent voice has no instrument, so that counting instruments would shift the others.
    """
    own = {(voice.name, voice.drums) for voice in grid.voices}
    if {(part.name, part.is_drum) for part in piece.instruments} <= own:
        return [
            Track(name=v.name, drums=v.drums, pattern=f"^(?-i:{re.escape(v.name)})$")
            for v in grid.voices
        ]
    assert not isinstance(data.tracks, str)  # resolved
    return data.tracks


def _rolls(piece: Piece, grid: Grid) -> list[NDArray[np.float32]]:
    """Return what follows each change of meter, cut into phrases."""
    parts = [
        piece.part(first, last - first, grid.steps_per_bar)
        for first, last in pairwise((0, *piece.breaks, piece.bars))
    ]
    phrases = Phrases(parts, grid, hop=grid.bars)
    is_short = piece.bars <= grid.bars and not piece.breaks
    if is_short and not len(phrases) and len(piece.notes):
        return [roll_of(piece.notes, grid)]
    return [roll_of(phrases.notes(index), grid) for index in range(len(phrases))]
