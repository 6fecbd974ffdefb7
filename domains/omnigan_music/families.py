"""Tracks read off the data: one per part, or one per family of instruments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from omnigan.errors import UserError
from omnigan_music.config import Track
from omnigan_music.raw import RawInstrument, RawPiece

__all__ = ["FAMILIES", "automatic_tracks"]

FAMILIES = (
    "piano",
    "chromatic percussion",
    "organ",
    "guitar",
    "bass",
    "strings",
    "ensemble",
    "brass",
    "reed",
    "pipe",
    "synth lead",
    "synth pad",
    "synth effects",
    "ethnic",
    "percussive",
    "sound effects",
)
"""Families of General MIDI programs, eight programs each."""

_MOST_PARTS = 8
_SAME_PARTS = 0.8  # share of pieces that must have the same number of parts
_COMMON = 0.4  # share of pieces that must have a family, or drums, for a track of its own
_MOST_FAMILIES = 5


def automatic_tracks(raw: Sequence[RawPiece]) -> tuple[Track, ...]:
    """Return tracks that suit the data.

    If most pieces have the same small number of melodic parts, each part is a track. Otherwise
    each common family of instruments is one; if there is none, everything melodic is one track.
    Drums are a track of their own when common.

    Raises:
        UserError: There is no note at all.
    """
    pieces = [piece for piece in raw if any(len(part) for part in piece.instruments)]
    if not pieces:
        raise UserError("data.source: the files hold no notes")
    melodic = [_melodic(piece) for piece in pieces]
    count, times = Counter(len(parts) for parts in melodic).most_common(1)[0]
    if 1 <= count <= _MOST_PARTS and times >= _SAME_PARTS * len(pieces):
        tracks = _parts([parts for parts in melodic if len(parts) == count])
    else:
        tracks = _families(melodic)
    with_drums = sum(any(part.is_drum and len(part) for part in p.instruments) for p in pieces)
    if with_drums and with_drums >= _COMMON * len(pieces):
        tracks.append(Track(name="drums", drums=True))
    return tuple(tracks)


def _melodic(piece: RawPiece) -> list[RawInstrument]:
    return [part for part in piece.instruments if len(part) and not part.is_drum]


def _parts(melodic: Sequence[Sequence[RawInstrument]]) -> list[Track]:
    """Return one track per part, named as most files name it."""
    columns = list(zip(*melodic, strict=True))
    names = [_common_name([part.name.strip() for part in column]) for column in columns]
    if len(set(names)) < len(names) or not all(names) or "drums" in names:
        names = [f"track {number}" for number in range(1, len(columns) + 1)]
    return [
        Track(name=name, index=index, program=_commonest(part.program for part in column))
        for index, (name, column) in enumerate(zip(names, columns, strict=True))
    ]


def _common_name(names: Sequence[str]) -> str:
    name, times = Counter(names).most_common(1)[0]
    return name if 2 * times > len(names) else ""


def _families(melodic: Sequence[Sequence[RawInstrument]]) -> list[Track]:
    pieces: Counter[int] = Counter()
    notes: Counter[int] = Counter()
    programs: dict[int, Counter[int]] = {}
    for parts in melodic:
        pieces.update({part.program // 8 for part in parts})
        for part in parts:
            family = part.program // 8
            notes[family] += len(part)
            programs.setdefault(family, Counter())[part.program] += len(part)
    common = [family for family in pieces if pieces[family] >= _COMMON * len(melodic)]
    largest = sorted(common, key=lambda family: (-notes[family], family))[:_MOST_FAMILIES]
    if not largest:
        return [Track(name="melody")] if notes else []
    return [
        Track(
            name=FAMILIES[family],
            program=_largest(programs[family]),
            programs=tuple(range(8 * family, 8 * family + 8)),
        )
        for family in sorted(largest)
    ]


def _commonest(programs: Iterable[int]) -> int:
    return _largest(Counter(programs))


def _largest(counts: Counter[int]) -> int:
    return max(sorted(counts), key=lambda key: counts[key])
