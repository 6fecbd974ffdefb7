"""Parsed music as bytes, for the cache: NumPy arrays and JSON, never a pickle."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from omnigan_music.raw import RawInstrument, RawPiece

__all__ = ["pack", "unpack"]

Outcome = RawPiece | str
"""A piece, or the reason why a file gave none."""


def pack(outcomes: Sequence[Outcome]) -> bytes:
    """Return pieces, and reasons in place of those that could not be read, as an .npz file."""
    parts = [part for item in outcomes if isinstance(item, RawPiece) for part in item.instruments]
    times = [np.stack([part.start, part.end], axis=1) for part in parts]
    values = [np.stack([part.pitch, part.velocity], axis=1) for part in parts]
    facts = json.dumps([_facts(item) for item in outcomes]).encode()
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        facts=np.frombuffer(facts, np.uint8),
        times=np.concatenate([np.zeros((0, 2)), *times]),
        values=np.concatenate([np.zeros((0, 2), np.int16), *values]),
    )
    return buffer.getvalue()


def unpack(content: bytes) -> list[Outcome]:
    """Invert :func:`pack`.

    Raises:
        ValueError: The bytes are not what :func:`pack` returned.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            facts = json.loads(arrays["facts"].tobytes())
            times, values = arrays["times"], arrays["values"]
        return _outcomes(facts, times, values)
    except Exception as error:  # a damaged zip file can fail in many ways
        raise ValueError(f"not a cache of parsed music: {error}") from error


def _facts(item: Outcome) -> Any:
    if isinstance(item, str):
        return item
    instruments = [[part.name, part.program, part.is_drum, len(part)] for part in item.instruments]
    return [item.name, instruments, item.meters, item.tempo, dict(item.counts)]


def _outcomes(facts: Any, times: Any, values: Any) -> list[Outcome]:
    outcomes: list[Outcome] = []
    first = 0
    for fact in facts:
        if isinstance(fact, str):
            outcomes.append(fact)
            continue
        name, described, meters, tempo, counts = fact
        instruments = []
        for title, program, is_drum, count in described:
            rows = slice(first, first + count)
            first += count
            start, end = times[rows].T.copy()
            pitch, velocity = values[rows].T.copy()
            instruments.append(RawInstrument(title, program, is_drum, start, end, pitch, velocity))
        piece = RawPiece(name, tuple(instruments), tuple(map(tuple, meters)), tempo, counts)
        outcomes.append(piece)
    if first != len(times) or first != len(values):
        raise ValueError("the number of notes is wrong")
    return outcomes
