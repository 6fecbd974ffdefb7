"""What a person is told about bad music, through the command that they type."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest

from omnigan.cli import main

Make = Callable[..., Any]
Said = tuple[int, str, str]  # exit status, standard output, standard error
Run = Callable[..., Said]

RECIPE = """\
domain: music
data: {source: songs, bars: 2}
generator: {width: 8, z: 4, bar_z: 2}
discriminator: {width: 8}
train: {steps: 1, batch_size: 4, device: cpu}
log: {samples: 1}
"""


@pytest.fixture
def songs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, track: Make, midi: Make, tune: Make
) -> Path:
    """Return a folder of four songs beside a recipe, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(RECIPE)
    folder = Path("songs")
    for number, place in enumerate(("slow", "slow", "fast", "fast")):
        (folder / place).mkdir(parents=True, exist_ok=True)
        content = midi(track(tune(number, notes=24), name="Lead"))
        (folder / place / f"{number}.mid").write_bytes(content)
    return folder


@pytest.fixture
def omnigan(songs: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command; an exception that it lets through fails the test."""

    def run(*words: str) -> Said:
        status = main(words)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def complaint(omnigan: Run) -> Callable[..., str]:
    """Return a function that trains with some values and returns the one error it ends with."""

    def train(*words: str) -> str:
        status, _, errors = omnigan("train", "mine.yaml", *words, "--out", "run")
        assert status == 2
        assert errors.startswith("error: ")
        assert errors.count("\n") == 1
        assert not Path("run").exists()  # the same --out again
        return errors[len("error: ") :]

    return train


def test_the_installed_command_ends_with_a_sentence_and_status_2(songs: Path) -> None:
    words = [sys.executable, "-m", "omnigan", "train", "mine.yaml", "data.source=song"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr == (
        f"error: data.source: there is no file or folder 'song' below {Path.cwd()}. Write the path "
        "of a folder of .mid files, of one such file, or 'chorales'\n"
    )


def test_an_empty_folder(complaint: Callable[..., str]) -> None:
    Path("empty").mkdir()
    assert "no .mid or .midi file in 'empty'" in complaint("data.source=empty")


def test_nothing_but_broken_files(complaint: Callable[..., str]) -> None:
    folder = Path("broken")
    folder.mkdir()
    (folder / "text.mid").write_text("la la la")
    (folder / "empty.mid").touch()
    told = complaint("data.source=broken")
    assert "every file in 'broken' cannot be read" in told
    assert "text.mid: it is not a MIDI file" in told
    assert "empty.mid: it is empty" in told


def test_some_broken_files_are_named_once_and_counted(
    omnigan: Run, songs: Path, track: Make, midi: Make
) -> None:
    (songs / "text.mid").write_text("la la la")
    (songs / "silent.mid").write_bytes(midi(track([], name="a track of no length")))
    whole = (songs / "slow" / "0.mid").read_bytes()
    (songs / "cut.mid").write_bytes(whole[:100])
    with (songs / "huge.mid").open("wb") as file:  # sparse: it takes no room on the disk
        file.truncate(200_000_000)
    status, output, errors = omnigan("train", "mine.yaml", "--out", "run")
    assert (status, errors) == (0, "")
    for name in ("text.mid", "silent.mid", "cut.mid", "huge.mid"):
        assert output.count(name) == 1
    assert "Phrases of 2 bars: 15 from 3 pieces to train on, 5 from 1 piece held out.\n" in output
    facts = json.loads(Path("run/data.json").read_text())
    assert facts["files broken"] == 3
    assert sorted(facts["broken"]) == [
        "cut.mid: it is cut off",
        "silent.mid: it holds no notes",
        "text.mid: it is not a MIDI file",
    ]
    assert facts["skipped"] == ["huge.mid: 200 MB is more than max_file_mb, 5"]
    assert "".join(f"{sentence}\n" for sentence in facts["summary"]) in output


def test_mostly_broken_files(complaint: Callable[..., str], songs: Path) -> None:
    for number in range(5):
        (songs / f"{number}.mid").write_text("la la la")
    assert "5 of 9 files in 'songs' cannot be read" in complaint()


def test_what_was_found_is_said_before_training(
    omnigan: Run, songs: Path, track: Make, midi: Make, tune: Make
) -> None:
    three, four = (mido.MetaMessage("time_signature", numerator=n, denominator=4) for n in (3, 4))
    meta = [(0, mido.MetaMessage("time_signature", numerator=1)), (1, four), (21, three)]
    (songs / "pickup.mid").write_bytes(midi(track(tune(9, notes=27), meta=meta)))
    (songs / "again.mid").write_bytes((songs / "slow" / "0.mid").read_bytes())
    status, output, _ = omnigan("train", "mine.yaml", "--out", "run")
    assert status == 0
    before = output[: output.index("training 1 steps")]
    assert "Music: 6 pieces" in before
    assert "Left out as duplicates: 1 piece, slow/0.mid (as again.mid)." in before
    assert "Also found: bars in other meters (2), pickups (1)." in before


def test_fewer_phrases_than_a_batch(complaint: Callable[..., str]) -> None:
    told = complaint("train.batch_size=16")
    assert "only 15 training examples" in told
    assert "Set train.batch_size=4, or add data" in told


def test_phrases_longer_than_the_music(complaint: Callable[..., str]) -> None:
    assert "Change data.meter, data.bars or data.tracks" in complaint("data.bars=64")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("name,label\n0,a\n", r"labels\.csv, line 1: there is no column 'file'"),
        ("file,labels\n0,a\n", r"data\.label_column: .* line 1: .* Did you mean 'labels'\?"),
        ("file,label\n0,a\n\n,b\n", r"line 4: 'file' is empty"),
        ("file,label\n0,a\n1,b\n0,b\n", r"line 4: '0' has two labels, 'a' and 'b'"),
        ("file,label\nx,a\n", r"no name in column 'file' .* such as 'fast/2\.mid'"),
        ("", r"line 1: there is no column 'file', only an empty line"),
    ],
)
def test_a_wrong_table_of_labels(complaint: Callable[..., str], table: str, says: str) -> None:
    Path("labels.csv").write_text(table)
    assert re.search(says, complaint("data.labels=labels.csv"))


def test_a_table_of_labels_that_is_not_there(complaint: Callable[..., str]) -> None:
    assert "Did you mean 'folder'?" in complaint("data.labels=foldr")


def test_a_label_that_does_not_exist(omnigan: Run) -> None:
    status, output, _ = omnigan("train", "mine.yaml", "data.labels=folder", "--out", "run")
    assert status == 0
    assert "Pieces by label: fast (2), slow (2).\n" in output
    status, _, errors = omnigan("sample", "run", "--label", "slwo")
    assert status == 2
    assert errors.startswith("error: There is no label 'slwo'. Did you mean 'slow'? ")
    assert errors.count("\n") == 1


def test_check_says_what_was_found_too(omnigan: Run) -> None:
    status, output, _ = omnigan("check", "mine.yaml", "train.batch_size=15")
    assert status == 0
    assert "Tracks: Lead (one note at a time, pitches " in output
