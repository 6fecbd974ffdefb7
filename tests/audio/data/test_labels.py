"""Labels and pitches from folders, CSV files, file names and the SoundFont."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan_audio.data import load_audio
from omnigan_audio.data.pitches import _of_name, pitch_of

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("name", "pitch"),
    [
        *(("piano_C4.wav", 60), ("piano_C#4.wav", 61), ("piano-Db4.flac", 61), ("x A4.ogg", 69)),
        *(("deep/er/x.c-1.wav", 0), ("bass_60.wav", 60), ("bass-60.wav", 60), ("x_G9.wav", 127)),
        *(("c4.wav", 60), ("_bb3.wav", 58), ("_b3.wav", 59), ("_Cs4.wav", 61), ("_E#4.wav", 65)),
        *(("organ_electronic_013-072-100.wav", 72), ("60.wav", 60)),
        *(
            ("piano.wav", -1),
            ("take128.wav", -1),
            ("_128.wav", -1),
            ("abc4.wav", -1),
            ("_A9.wav", -1),
        ),
        *(("_H4.wav", -1), ("C4_loud.wav", -1), ("_.wav", -1)),
    ],
)
def test_pitches_in_names(name: str, pitch: int) -> None:
    assert _of_name(name) == pitch


@given(st.integers(0, 127))
def test_pretty_midi_agrees_on_names(pitch: int) -> None:
    pretty_midi = pytest.importorskip("pretty_midi")
    name = pretty_midi.note_number_to_name(pitch)
    assert pitch_of(name) == pitch == pitch_of(str(pitch))
    assert _of_name(f"some/instrument_{name}.wav") == pitch


def test_a_table_in_the_source_is_found(folder: Make, hit: Make, config: Make) -> None:
    root = folder({f"{n}.wav": hit(n) for n in range(8)})
    rows = "".join(f"{n}.wav,{'ab'[n % 2]},{60 + n}\n" for n in range(8))
    (root / "labels.csv").write_text(f"file,label,note\n{rows}")
    for written in ("auto", "labels.csv"):
        data, audio = load_audio(config(root, labels=written, pitch="note"))
        assert data.label_names == ("a", "b")
        assert audio.report()["labels"] == {"a": 4, "b": 4}
        assert data.pitches == ((60, 62, 64, 66), (61, 63, 65, 67))


def test_folders_and_names(folder: Make, hit: Make, config: Make) -> None:
    names = [f"{'ab'[n % 2]}/x{n}_{60 + n % 4}.wav" for n in range(20)]
    root = folder({name: hit(n) for n, name in enumerate(names)} | {"c/plain.wav": hit(50)})
    data, audio = load_audio(config(root, labels="folder", pitch="auto"))
    assert data.label_names == ("a", "b")
    assert data.pitches == ((60, 62), (61, 63))
    report = audio.report()
    assert report["labels"] == {"a": 10, "b": 10}
    assert report["pitches"] == {"60": 5, "61": 5, "62": 5, "63": 5}
    assert report["sounds without a pitch"] == 1
    for split in ("train", "valid"):
        source = audio.source(split)
        batch = source.read_batch(range(len(source)), None)
        for label, pitch in zip(batch.cond["label"], batch.cond["pitch"], strict=True):
            assert int(pitch) in data.pitches[int(label)]
    data, audio = load_audio(config(root, pitch="auto"))
    assert data.pitches == ((60, 61, 62, 63),)
    assert set(audio.source("train").read(0, None).cond) == {"pitch"}
    data, audio = load_audio(config(root))
    assert (data.pitches, data.label_names) == (None, None)
    assert audio.source("train").read(0, None).cond == {}


def test_wanted_labels_alone_are_used(hits: Path, config: Make) -> None:
    data, audio = load_audio(config(hits, labels="folder", label_names=("b",)))
    assert data.label_names == ("b",)
    assert audio.report()["sounds without a label"] == 5
    with pytest.raises(UserError, match="no sound has the label x; there are a, b"):
        load_audio(config(hits, labels="folder", label_names=("x",)))


def test_a_table(hits: Path, config: Make, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    rows = [f"{n}.wav,{'hi' if n > 4 else 'lo'},{'C4' if n % 2 else 61}" for n in range(9)]
    table.write_text("\n".join(["file,kind,note", *rows, "lost,lo,"]))
    settings = {"labels": str(table), "label_column": "kind"}
    data, audio = load_audio(config(hits, pitch="note", **settings))
    assert data.label_names == ("hi", "lo")
    assert data.pitches == ((60, 61), (60, 61))
    report = audio.report()
    assert report["labels"] == {"hi": 4, "lo": 5}
    assert report["sounds without a pitch"] == 1
    rows = [line for line in report["summary"] if line.startswith("Rows in the table of labels")]
    assert [row.partition(": ")[2] for row in rows] == ["1 row, lost (lo)."]
    with pytest.raises(UserError, match=r"data\.pitch: .* no column 'nota'.* Did you mean 'note'"):
        load_audio(config(hits, pitch="nota", **settings))
    table.write_text("file,kind,note\n1.wav,hi,C44")
    with pytest.raises(UserError, match=r"says 'C44' for 'b/1\.wav', which is neither"):
        load_audio(config(hits, pitch="note", **settings))


def test_words_that_do_not_suit(hits: Path, config: Make) -> None:
    def complaint(source: Path | str, **settings: Any) -> str:
        with pytest.raises(UserError) as error:
            load_audio(config(source, **settings))
        return str(error.value)

    assert "Did you mean 'folder'? It must be 'none', 'folder', 'auto'" in complaint(
        hits, labels="folders"
    )
    assert "'note' must be a column of the CSV file" in complaint(hits, pitch="note")
    assert "are no files; write 'auto'" in complaint("soundfont", labels="folder")


def test_no_name_ends_in_a_pitch(folder: Make, hit: Make, config: Make) -> None:
    root = folder({f"x{n}.wav": hit(n) for n in range(4)})
    with pytest.raises(UserError, match=r"such as -61 \('x0\.wav' does not\)"):
        load_audio(config(root, pitch="auto"))


def test_labels_are_held_out_in_proportion(folder: Make, hit: Make, config: Make) -> None:
    root = folder({f"{'aab'[n % 3]}/{n}.wav": hit(n) for n in range(30)})
    _, audio = load_audio(config(root, labels="folder"))
    for split, expected in (("valid", [0] * 4 + [1] * 2), ("train", [0] * 16 + [1] * 8)):
        source = audio.source(split)
        labels = source.read_batch(range(len(source)), None).cond["label"]
        assert sorted(labels.tolist()) == expected
