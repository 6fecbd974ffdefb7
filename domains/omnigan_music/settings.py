"""What the recipe leaves to the data: meter, grid, tracks, ranges, tempo."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from omnigan.errors import UserError
from omnigan_music.config import MusicData, Track
from omnigan_music.families import automatic_tracks
from omnigan_music.raw import RawPiece, bar_runs
from omnigan_music.tracks import gathered

__all__ = ["commonest_meter", "resolve"]

_NEAR = 0.02  # quarter notes between an onset and a grid line that still counts as on it
_MOST = 0.98  # share of onsets, or of sounding steps, that decides a question
_CLEARLY = 0.05  # how many more onsets a finer grid must catch, as a share
_STRAY = 0.001  # share of notes at either end that are taken for mistakes ...
_FAR = 12  # ... if they lie so many semitones from all others


def resolve(
    data: MusicData, raw: Sequence[RawPiece], labels: Iterable[str | None] = ()
) -> MusicData:
    """Return the config with every setting that was left to the data filled in.

    Values that were given stay. The result depends on the data and the config alone.

    Args:
        data: The music domain's data section.
        raw: Every piece.
        labels: The label of each piece, if labels are in use.

    Raises:
        UserError: The data does not answer a question, or has no note for a track.
    """
    if data.label_names and data.labels == "none":
        raise UserError(
            "data.label_names: there are names, but data.labels is 'none'; say where the labels "
            "come from, or leave the names out"
        )
    meter = data.meter if data.meter != "auto" else commonest_meter(raw)
    unit = int(meter.split("/")[1])
    steps = _steps_per_beat(raw, unit) if data.steps_per_beat == "auto" else data.steps_per_beat
    tracks = automatic_tracks(raw) if data.tracks == "auto" else data.tracks
    tempo = data.tempo
    if tempo == "auto":
        tempo = float(np.clip(round(float(np.median([piece.tempo for piece in raw])), 2), 10, 400))
    names = data.label_names
    if names is None:
        names = tuple(sorted({label for label in labels if label is not None}))
    quarters_per_step = 4 / unit / steps
    return data.model_copy(
        update={
            "meter": meter,
            "steps_per_beat": steps,
            "tracks": _completed(tracks, raw, data.transpose, quarters_per_step),
            "tempo": tempo,
            "label_names": names,
        }
    )


def commonest_meter(raw: Sequence[RawPiece]) -> str:
    """Return the time signature of most bars, among those that a recipe can name.

    Raises:
        UserError: There is none.
    """
    bars: Counter[str] = Counter()
    for piece in raw:
        for run in bar_runs(piece):
            bars[run.meter] += run.bars
    allowed = {
        meter: n for meter, n in bars.items() if re.fullmatch(r"\d{1,2}/(1|2|4|8|16)", meter)
    }
    if not allowed:
        raise UserError("data.meter: no piece has a bar of music; check data.source")
    return max(sorted(allowed), key=lambda meter: allowed[meter])


def _steps_per_beat(raw: Sequence[RawPiece], unit: int) -> int:
    """Return sixteenths, or triplets where clearly more onsets lie on their lines."""
    default = max(1, 16 // unit)
    starts = [part.start for piece in raw for part in piece.instruments]
    onsets = np.concatenate([np.zeros(0), *starts])
    caught = {lines: _share_near(onsets, lines) for lines in (4, 6, 12)}
    for lines in (6, 12):
        fits = lines * 4 % unit == 0
        if fits and caught[lines] >= _MOST and caught[lines] - caught[4] >= _CLEARLY:
            return lines * 4 // unit
    return default


def _share_near(onsets: NDArray[np.float64], lines: int) -> float:
    """Return the share of onsets near one of so many equidistant lines per quarter note."""
    if not len(onsets):
        return 0.0
    distance = np.abs(onsets * lines - np.round(onsets * lines)) / lines
    return float((distance <= _NEAR).mean())


def _completed(
    tracks: Sequence[Track], raw: Sequence[RawPiece], transpose: int, quarters_per_step: float
) -> tuple[Track, ...]:
    """Fill in ranges and whether tracks are monophonic."""
    pitches: list[list[NDArray[np.int64]]] = [[] for _ in tracks]
    sounding = np.zeros((len(tracks), 2), np.int64)
    for piece in raw:
        times, values, _ = gathered(tracks, piece)
        for number in range(len(tracks)):
            mine = values[:, 0] == number
            pitches[number].append(values[mine, 1])
            sounding[number] += _sounding_steps(times[mine] / quarters_per_step)
    complete = []
    for number, track in enumerate(tracks):
        found = np.concatenate(pitches[number])
        low, high = _range(track, found, transpose)
        single, total = sounding[number]
        monophonic = track.monophonic
        if monophonic is None:
            monophonic = not track.drums and bool(single >= _MOST * total)
        update = {"low": low, "high": high, "monophonic": monophonic}
        complete.append(track.model_copy(update=update))
    return tuple(complete)


def _range(track: Track, pitches: NDArray[np.int64], transpose: int) -> tuple[int, int]:
    if track.low is not None and track.high is not None:
        return track.low, track.high
    if not len(pitches):
        raise UserError(
            f"data.tracks: no file has a note for track '{track.name}'. Change what it selects, "
            "or give it both low and high"
        )
    ordered = np.sort(pitches)
    low, high = _first(ordered), -_first(-ordered[::-1])
    if not track.drums:
        low, high = max(0, low - transpose), min(127, high + transpose)
    if track.low is not None:
        return track.low, max(track.low, high)
    if track.high is not None:
        return min(low, track.high), track.high
    return low, high


def _first(ordered: NDArray[np.int64]) -> int:
    """Return the smallest of sorted pitches, but for a few far below all others."""
    start = ordered[: int(_STRAY * len(ordered)) + 1]
    far = np.flatnonzero(np.diff(start) >= _FAR)
    return int(start[far[-1] + 1] if len(far) else start[0])


def _sounding_steps(steps: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many steps have exactly one note, and how many have any, as ``[2]``.

    Args:
        steps: ``[N, 2]`` starts and ends in steps.
    """
    if not len(steps):
        return np.zeros(2, np.int64)
    start, end = np.floor(steps + 0.5).astype(np.int64).T
    end = np.maximum(end, start + 1)
    change = np.zeros(int(end.max()) + 1, np.int64)
    np.add.at(change, start, 1)
    np.add.at(change, end, -1)
    notes = np.cumsum(change)
    return np.array([(notes == 1).sum(), (notes > 0).sum()])
