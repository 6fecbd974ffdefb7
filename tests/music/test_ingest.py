"""Folders of files, good and bad, and the cache of what was parsed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnigan.cache import cache_folder
from omnigan.errors import UserError
from omnigan_music import ingest as ingest_module
from omnigan_music import reading
from omnigan_music.ingest import ingest

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a cache folder of the test's own."""
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def music(tmp_path: Path, track: Make, midi: Make) -> Path:
    """Return a folder of three small MIDI files at different depths."""
    folder = tmp_path / "music"
    (folder / "deep" / "er").mkdir(parents=True)
    for pitch, name in ((60, "b.mid"), (62, "deep/a.MIDI"), (64, "deep/er/c.Mid")):
        (folder / name).write_bytes(midi(track([(0, 1, pitch)])))
    return folder


def pitches(folder: Path | str) -> dict[str, int]:
    return {p.name: int(p.instruments[0].pitch[0]) for p in ingest(str(folder), 20).pieces}


def test_files_of_any_depth_and_spelling_are_found_in_the_order_of_their_names(music: Path) -> None:
    (music / "readme.txt").write_text("not music")
    (music / "._b.mid").write_bytes(b"what another system left")
    (music / ".git").mkdir()
    (music / ".git" / "x.mid").write_bytes(b"not the user's")
    assert list(pitches(music).items()) == [
        ("b.mid", 60),
        ("deep/a.MIDI", 62),
        ("deep/er/c.Mid", 64),
    ]


def test_one_file_is_a_source(music: Path) -> None:
    assert pitches(music / "deep" / "a.MIDI") == {"a.MIDI": 62}


def test_links_that_go_round_in_circles_end(music: Path) -> None:
    (music / "deep" / "up").symlink_to(music, target_is_directory=True)
    (music / "nowhere.mid").symlink_to(music / "missing.mid")
    assert sorted(pitches(music).values()) == [60, 62, 64]


def test_progress_is_told(music: Path) -> None:
    told: list[tuple[str, int, int]] = []
    ingest(str(music), 20, lambda *what: told.append(what))
    assert told == [("reading MIDI files", done, 3) for done in (1, 2, 3)]


def test_broken_files_are_named_and_the_others_go_on(music: Path) -> None:
    (music / "empty.mid").touch()
    found = ingest(str(music), 20)
    assert len(found.pieces) == 3
    assert found.broken == (("empty.mid", "it is empty"),)


def test_a_huge_file_is_skipped_unread(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = music / "huge.mid"
    with huge.open("wb") as file:
        file.truncate(200_000_000)
    read = Path.read_bytes

    def refuse(self: Path) -> bytes:
        assert self != huge
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = ingest(str(music), 20)
    assert len(found.pieces) == 3
    assert found.skipped == (("huge.mid", "200 MB is more than max_file_mb, 20"),)
    with pytest.raises(UserError, match=r"larger than data\.max_file_mb, 20"):
        ingest(str(huge), 20)


def test_mostly_broken_folders_are_refused(music: Path) -> None:
    for number in range(3):
        (music / f"{number}.mid").write_bytes(b"text")
    assert len(ingest(str(music), 20).broken) == 3  # half is bearable
    (music / "3.mid").write_bytes(b"text")
    with pytest.raises(UserError, match=r"4 of 7 files .* \(0\.mid: it is not a MIDI file; "):
        ingest(str(music), 20)


def test_nothing_readable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no \.mid or \.midi file in"):
        ingest(str(tmp_path), 20)
    (tmp_path / "x.mid").write_bytes(b"text")
    with pytest.raises(UserError, match="every file in"):
        ingest(str(tmp_path), 20)


def test_a_missing_source_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Did you mean 'chorales'"):
        ingest("choral", 20)
    with pytest.raises(UserError, match="no file or folder") as error:
        ingest(str(tmp_path / "chorale"), 20)
    assert "Did you mean" not in str(error.value)


def test_what_was_parsed_once_is_not_parsed_again(
    music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ingest(str(music), 20)
    shutil.copy(music / "b.mid", music / "copy.mid")
    (music / "empty.mid").touch()
    parsed = []
    monkeypatch.setattr(reading, "read_midi", lambda _, name: parsed.append(name))
    # the copy has the content, so it has the parsed form too, under its own name
    (music / "empty.mid").unlink()
    after = ingest(str(music), 20)
    assert parsed == []
    assert [p.name for p in after.pieces] == ["b.mid", "copy.mid", "deep/a.MIDI", "deep/er/c.Mid"]
    for one, other in zip(before.pieces, (after.pieces[0], *after.pieces[2:]), strict=True):
        assert (one.name, one.meters, one.tempo) == (other.name, other.meters, other.tempo)
        for field in ("start", "end", "pitch", "velocity"):
            kept = getattr(other.instruments[0], field)
            np.testing.assert_array_equal(getattr(one.instruments[0], field), kept)
            assert kept.dtype == getattr(one.instruments[0], field).dtype


def test_changed_content_is_parsed_anew(music: Path, track: Make, midi: Make) -> None:
    assert pitches(music)["b.mid"] == 60
    (music / "b.mid").write_bytes(midi(track([(0, 1, 71)])))
    assert pitches(music)["b.mid"] == 71


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 not a zip file", None])
def test_a_damaged_cache_is_replaced(music: Path, cache: Path, damage: bytes | None) -> None:
    before = pitches(music)
    files = sorted(cache.rglob("*.npz"))
    assert len(files) == 3
    whole = files[0].read_bytes()
    for file in files:
        file.write_bytes(whole[:-30] if damage is None else damage)
    assert pitches(music) == before
    assert files[0].read_bytes() == whole
    assert sorted(cache.rglob("*")) == sorted(
        {*files, *(p for f in files for p in f.parents if cache in p.parents)}
    )


def test_an_unwritable_cache_costs_nothing_but_time(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    monkeypatch.setenv("OMNIGAN_CACHE", str(blocked))
    assert sorted(pitches(music).values()) == [60, 62, 64]
    assert cache_folder() == blocked
    assert blocked.read_bytes() == b""


def test_processes_give_what_one_process_gives(
    tmp_path: Path, track: Make, midi: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(24):
        content = midi(track([(0, 1, 40 + number)])) if number % 8 else b"broken"
        (tmp_path / f"{number:02d}.mid").write_bytes(content)
    alone = ingest(str(tmp_path), 20)
    shutil.rmtree(os.environ["OMNIGAN_CACHE"])
    monkeypatch.setattr(ingest_module, "_SOON", 0)
    monkeypatch.setattr(ingest_module, "cores", lambda: 2)
    started = []
    pool = ingest_module.ProcessPoolExecutor
    monkeypatch.setattr(
        ingest_module, "ProcessPoolExecutor", lambda *a: started.append(a[0]) or pool(*a)
    )
    together = ingest(str(tmp_path), 20)
    assert started == [2]
    assert together.broken == alone.broken
    assert [p.name for p in together.pieces] == [p.name for p in alone.pieces]
    assert [int(p.instruments[0].pitch[0]) for p in together.pieces] == [
        int(p.instruments[0].pitch[0]) for p in alone.pieces
    ]


def test_one_file_that_breaks_the_reader_does_not_stop_the_others(
    music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reading.read_midi

    def fail(content: bytes, name: str) -> Any:
        if name == "b.mid":
            raise RuntimeError("a defect")
        return read(content, name)

    monkeypatch.setattr(reading, "read_midi", fail)
    assert ingest(str(music), 20).broken == (
        ("b.mid", "reading it failed: RuntimeError: a defect"),
    )
