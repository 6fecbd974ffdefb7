"""The Bach chorales that come with the installed music21 package."""

from __future__ import annotations

import importlib.util
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

from omnigan.errors import UserError
from omnigan_music.raw import RawInstrument, RawPiece, UnreadablePiece

__all__ = ["VOICES", "chorale_files", "music21_version", "read_chorale"]

VOICES = (("Soprano", 52), ("Alto", 52), ("Tenor", 52), ("Bass", 52))
"""Names of the four voices and their General MIDI program, choir."""

_TEMPO = 80.0  # few of the scores say one
_INSTALL = "Install it with: pip install 'omnigan[demo]'"


def music21_version() -> str:
    """Return the version of the installed music21.

    Raises:
        UserError: It is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("music21")
    except PackageNotFoundError:
        raise UserError(
            f"data.source: 'chorales' needs the package music21, which holds the scores. {_INSTALL}"
        ) from None


def chorale_files() -> list[Path]:
    """Return the score files of Bach's chorales, sorted by name, without importing music21.

    Raises:
        UserError: music21 is not installed, or has no scores where they are expected.
    """
    version = music21_version()
    spec = importlib.util.find_spec("music21")
    places = list(spec.submodule_search_locations or []) if spec else []
    kinds = {".mxl", ".xml", ".musicxml", ".krn"}
    files = [
        file
        for place in places
        for file in sorted((Path(place) / "corpus" / "bach").glob("bwv*"))
        if file.suffix in kinds
    ]
    if not files:
        raise UserError(
            f"data.source: the installed music21 {version} has no Bach chorales in its corpus "
            f"folder. {_INSTALL}"
        )
    return files


def read_chorale(file: Path) -> RawPiece:
    """Read one score with music21: tied notes are one note, repeats are not played out.

    Raises:
        UnreadablePiece: It does not have exactly four parts, or music21 fails on it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from music21.converter import Converter

        converter = Converter()
        try:
            # The one entry point that neither reads nor writes pickles in a shared folder.
            converter.parseFileNoPickle(file)
            parts = list(converter.stream.parts)  # type: ignore[union-attr]
            if len(parts) == len(VOICES):
                return _piece(file.name, parts)
        except Exception as error:
            raise UnreadablePiece(f"music21 cannot read it: {error}") from error
    raise UnreadablePiece(f"it has {len(parts)} parts, not four")


def _piece(name: str, parts: list[Any]) -> RawPiece:
    instruments = tuple(
        RawInstrument.of(voice, program, False, _notes(part))
        for (voice, program), part in zip(VOICES, parts, strict=True)
    )
    marks = [
        mark.getQuarterBPM() for mark in parts[0].recurse().getElementsByClass("MetronomeMark")
    ]
    tempo = next((float(mark) for mark in marks if mark), _TEMPO)
    return RawPiece(name, instruments, _meters(parts[0]), tempo)


def _notes(part: Any) -> list[tuple[float, float, int, int]]:
    """Return the notes of a part with ties joined; grace notes have no length and are left out."""
    notes: list[tuple[float, float, int, int]] = []
    open_ties: dict[int, int] = {}
    for element in part.flatten().notes:
        length = float(element.quarterLength)
        if length <= 0:
            continue
        start = float(element.offset)
        for note in element.notes if element.isChord else (element,):
            if note.isRest or not hasattr(note, "pitch"):
                continue
            pitch = int(note.pitch.midi)
            tie = note.tie.type if note.tie is not None else ""
            before = open_ties.pop(pitch, None)
            joins = before is not None and abs(notes[before][1] - start) < 1e-6
            if before is not None and joins and tie in {"stop", "continue"}:
                notes[before] = (notes[before][0], start + length, pitch, 90)
            else:
                before = len(notes)
                notes.append((start, start + length, pitch, 90))
            if tie in {"start", "continue"}:
                open_ties[pitch] = before
    return notes


def _meters(part: Any) -> tuple[tuple[float, int, int], ...]:
    """Return time signatures that put every bar line where the score has it.

    A pickup, or a measure that is incomplete for another reason, gets a time signature of its
    real length. Two measures that a repeat sign cuts out of one bar are put together again.
    """
    measures = list(part.getElementsByClass("Measure"))
    spans: list[tuple[Fraction, Fraction, tuple[int, int]]] = []
    for index, measure in enumerate(measures):
        start = Fraction(measure.offset).limit_denominator(192)
        last = index == len(measures) - 1
        end = (
            start + Fraction(measure.duration.quarterLength) if last else measures[index + 1].offset
        )
        signature = measure.getContextByClass("TimeSignature")
        meter = (signature.numerator, signature.denominator) if signature else (4, 4)
        length = Fraction(end).limit_denominator(192) - start
        full = Fraction(4 * meter[0], meter[1])
        if spans and length and spans[-1][1] + length == full == _bar(spans[-1][2]):
            spans[-1] = (spans[-1][0], full, meter)
        elif length:
            spans.append((start, length, meter))
    meters: list[tuple[float, int, int]] = []
    for start, length, meter in spans:
        shape = meter if length == _bar(meter) else _meter_of(length)
        if not meters or meters[-1][1:] != shape:
            meters.append((float(start), *shape))
    return tuple(meters) or ((0.0, 4, 4),)


def _bar(meter: tuple[int, int]) -> Fraction:
    return Fraction(4 * meter[0], meter[1])


def _meter_of(quarters: Fraction) -> tuple[int, int]:
    """Return the time signature of a bar of so many quarter notes; 3 -> 3/4, 1/2 -> 1/8."""
    whole = quarters / 4
    scale = max(1, -(-4 // whole.denominator))
    return whole.numerator * scale, whole.denominator * scale
