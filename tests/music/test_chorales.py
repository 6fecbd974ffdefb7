"""Chorales against music21's own view of the same scores."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from omnigan.errors import UserError
from omnigan_music import chorales
from omnigan_music.chorales import chorale_files, read_chorale
from omnigan_music.raw import UnreadablePiece, bar_runs

pytest.importorskip("music21")


def score(name: str) -> Path:
    return next(file for file in chorale_files() if file.name == name)


@pytest.fixture(scope="module")
def parsed() -> Any:
    """Return a function that parses a score with music21's public interface, for comparison."""
    import music21

    cache: dict[str, Any] = {}

    def parse(name: str) -> Any:
        if name not in cache:
            # a string of MusicXML goes past music21's cache of parsed files
            import zipfile

            with zipfile.ZipFile(score(name)) as archive:
                inner = next(n for n in archive.namelist() if n.endswith(".xml") and "/" not in n)
                cache[name] = music21.converter.parse(archive.read(inner), format="musicxml")
        return cache[name]

    return parse


@pytest.mark.parametrize("name", ["bwv66.6.mxl", "bwv269.mxl", "bwv10.7.mxl"])
def test_notes_are_those_of_music21_with_ties_joined(name: str, parsed: Any) -> None:
    piece = read_chorale(score(name))
    assert [part.name for part in piece.instruments] == ["Soprano", "Alto", "Tenor", "Bass"]
    for ours, theirs in zip(piece.instruments, parsed(name).parts, strict=True):
        notes = theirs.stripTies().flatten().notes
        expected = [
            (Fraction(n.offset), Fraction(n.quarterLength), p.midi)
            for n in notes
            for p in n.pitches
        ]
        found = [
            (Fraction(start), Fraction(end) - Fraction(start), int(pitch))
            for start, end, pitch in zip(ours.start, ours.end, ours.pitch, strict=True)
        ]
        assert found == sorted(expected)


def test_a_pickup_is_a_bar_of_its_own(parsed: Any) -> None:
    piece = read_chorale(score("bwv66.6.mxl"))
    first = parsed("bwv66.6.mxl").parts[0].getElementsByClass("Measure")[0]
    assert first.quarterLength == 1
    assert piece.meters[:2] == ((0.0, 1, 4), (1.0, 4, 4))


def test_a_bar_that_a_repeat_sign_divides_is_one_bar(parsed: Any) -> None:
    measures = parsed("bwv269.mxl").parts[0].getElementsByClass("Measure")
    lengths = [float(measure.quarterLength) for measure in measures]
    assert lengths[7:9] == [2, 1]  # bar 7 of a piece in 3/4, which a repeat sign divides
    piece = read_chorale(score("bwv269.mxl"))
    assert piece.meters == ((0.0, 1, 4), (1.0, 3, 4), (61.0, 2, 4))
    assert sum(run.bars for run in bar_runs(piece)) == len(measures) - 2  # two are divided


def test_scores_of_other_forces_are_refused() -> None:
    with pytest.raises(UnreadablePiece, match="5 parts"):
        read_chorale(score("bwv1.6.mxl"))


def test_reading_leaves_nothing_in_the_users_folders(tmp_path: Path) -> None:
    code = "\n".join(
        (
            "from omnigan_music.chorales import chorale_files, read_chorale",
            "files = [file for file in chorale_files() if file.name == 'bwv66.6.mxl']",
            "print(len(read_chorale(files[0]).instruments))",
        )
    )
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME")}
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **places, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("4\n", "")
    assert os.listdir(tmp_path) == []


def test_without_music21_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", _not_found)
    with pytest.raises(UserError, match=r"pip install 'omnigan\[demo\]'"):
        chorale_files()


def test_without_its_scores_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(chorales.importlib.util, "find_spec", lambda _: Spec)
    with pytest.raises(UserError, match="no Bach chorales"):
        chorale_files()


def _not_found(name: str) -> str:
    from importlib.metadata import PackageNotFoundError

    raise PackageNotFoundError(name)
