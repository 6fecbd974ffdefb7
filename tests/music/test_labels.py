"""Labels from folders, CSV files and the music itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnigan.errors import UserError
from omnigan_music.config import MusicData
from omnigan_music.labels import labels_of, mode_of

Make = Callable[..., Any]

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
CADENCE = (0, 4, 7, 0), (0, 3, 7, 0)


def in_key(steps: tuple[int, ...], chord: tuple[int, ...], tonic: int) -> Any:
    """Return a scale up, then the chord of the tonic, longer."""
    pitches = [(pitch, 1) for pitch in steps] + [(pitch, 3) for pitch in chord]
    rows, at = [], 0.0
    for pitch, length in pitches:
        rows.append((at, at + length, 60 + tonic + pitch))
        at += length
    return rows


@pytest.mark.parametrize("tonic", range(12))
def test_mode_in_every_key(raw: Make, tonic: int) -> None:
    assert mode_of(raw(in_key(MAJOR, CADENCE[0], tonic))) == "major"
    assert mode_of(raw(in_key(MINOR, CADENCE[1], tonic))) == "minor"


def test_mode_agrees_with_music21() -> None:
    pytest.importorskip("music21")
    from music21.converter import Converter

    from omnigan_music.chorales import chorale_files, read_chorale

    for name, mode in (("bwv66.6.mxl", "minor"), ("bwv269.mxl", "major")):
        file = next(file for file in chorale_files() if file.name == name)
        converter = Converter()
        converter.parseFileNoPickle(file)
        assert converter.stream.analyze("key.krumhanslkessler").mode == mode
        assert mode_of(read_chorale(file)) == mode


def test_drums_have_no_mode(raw: Make) -> None:
    assert mode_of(raw(in_key(MAJOR, CADENCE[0], 0), drums=(0,))) is None


def test_folders(raw: Make) -> None:
    pieces = [raw([], name=name) for name in ("pop/x.mid", "folk/a/b.mid", "top.mid")]
    assert labels_of(MusicData(labels="folder"), pieces, []) == ["pop", "folk", "other"]
    assert labels_of(MusicData(), pieces, []) == [None, None, None]


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], MusicData]:
    def write(text: str, column: str = "label") -> MusicData:
        file = tmp_path / "labels.csv"
        file.write_bytes(text.encode())
        return MusicData(labels=str(file), label_column=column)

    return write


def test_a_table_names_pieces_by_path_file_or_stem(raw: Make, table: Make) -> None:
    pieces = [raw([], name=name) for name in ("a/x.mid", "a/y.mid", "b/z.mid", "b/none.mid")]
    data = table(
        '\ufefffile,style\n"a/x.mid","slow, sad"\ny.mid, fast\nz,fast\nother.mid,fast\n', "style"
    )
    told: list[str] = []
    assert labels_of(data, pieces, told) == ["slow, sad", "fast", "fast", None]
    assert told == [
        "Rows in the table of labels that name no file of a piece: 1 row, other.mid (fast)."
    ]


def test_rows_without_a_label_leave_their_files_without_one(raw: Make, table: Make) -> None:
    pieces = [raw([], name=name) for name in ("a/x.mid", "a/y.mid", "a/z.mid")]
    data = table("file,label\na/x.mid,\nx,fast\ny, \nz,slow\n,\nz,\n")
    told: list[str] = []
    assert labels_of(data, pieces, told) == [None, None, "slow"]
    assert told == [
        "Rows in the table of labels that have no label: 2 rows, a/x.mid (empty), y (empty)."
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,label\nx,y\n", r"line 1: there is no column 'file', only name, label"),
        ("file,labels\nx,y\n", r"data\.label_column: .*line 1: .*Did you mean 'labels'"),
        ("", "line 1: there is no column 'file'"),
        ("file,label\nx,y\n,z\n", "line 3: 'file' is empty$"),
        ("file,label\n,y\n,\n,z\n,z", "line 2: 'file' is empty and in 2 other rows"),
        ("file,label\nx\nz,\n", r"data\.label_column: .*'label' is empty in every row"),
        ("file,label\nx,y\nx,z\n", "line 3: 'x' has two labels, 'y' and 'z'"),
        ("file,label\nq,y\n", r"no name in column 'file' .* such as 'x\.mid'"),
    ],
)
def test_mistakes_in_a_table_are_named_with_their_line(
    raw: Make, table: Make, text: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        labels_of(table(text), [raw([], name="x.mid")], [])


def test_a_word_that_is_not_known_is_refused(raw: Make) -> None:
    with pytest.raises(UserError, match="Did you mean 'folder'"):
        labels_of(MusicData(labels="folders"), [raw([])], [])
