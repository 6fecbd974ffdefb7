"""Files that are no sound are named and left out, and no reason to stop, unless they are most."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from omnigan.errors import UserError
from omnigan_audio.data import decode as decode_module
from omnigan_audio.data import load_audio, read_file
from omnigan_audio.data.samples import FULL

Make = Callable[..., Any]


@pytest.fixture
def troubled(folder: Make, hits: Path, hit: Make) -> Path:
    """Return a folder of ten good files and six bad ones."""
    folder({"slow.wav": hit(20)}, rate=1)
    folder({"nan.wav": np.where(np.arange(900) == 800, np.nan, hit(21, 900))}, subtype="DOUBLE")
    folder(
        {"none.wav": np.zeros(0), "text.wav": b"this is text", "notes.txt": b"", "x.flac": hit(1)}
    )
    whole = (hits / "x.flac").read_bytes()
    (hits / "x.flac").write_bytes(whole[: len(whole) // 2])
    (hits / "empty.mp3").touch()
    return hits


@pytest.mark.parametrize("cut", ["attack", "start", "random"])
def test_bad_files_are_named_and_left_out(troubled: Path, config: Make, cut: str) -> None:
    _, audio = load_audio(config(troubled, cut=cut))
    report = audio.report()
    assert sorted(line.split(":")[0] for line in report["broken"]) == [
        *("empty.mp3", "nan.wav", "none.wav", "slow.wav", "text.wav", "x.flac")
    ]
    assert report["files broken"] == 6
    assert report["other files"] == {".txt": 1}
    assert sum(report["sounds"].values()) == 10
    summary = "\n".join(report["summary"])
    assert "Unreadable: 6 sounds, empty.mp3 (it is empty), nan.wav (it holds NaN" in summary
    assert "Other files, ignored: 1 .txt." in summary
    assert json.loads(json.dumps(report)) == report
    again = load_audio(config(troubled, cut=cut))[1].report()
    assert again == report  # out of the cache


def test_mostly_bad_files_are_an_error(troubled: Path, config: Make) -> None:
    for number in range(5):
        (troubled / f"bad{number}.wav").write_bytes(b"text")
    with pytest.raises(UserError, match=r"11 of 21 sounds in '.*' cannot be read \(bad0\.wav: "):
        load_audio(config(troubled))
    with pytest.raises(UserError, match=r"no sound in '.*' can be read \(text\.wav: "):
        load_audio(config(troubled / "text.wav"))


def test_formats_and_rates_of_any_kind_make_one_set(folder: Make, config: Make, hit: Make) -> None:
    folder({"u8.wav": hit(0)}, subtype="PCM_U8")
    folder({"24.wav": hit(1)}, subtype="PCM_24")
    folder({"64.wav": hit(2)}, subtype="DOUBLE")
    folder({"8.wav": np.stack([hit(3)] * 8, axis=1)})
    folder({"384.flac": hit(4, 100_000)}, rate=384_000)
    root = folder({"x.ogg": hit(5, 9000), "y.mp3": hit(6, 9000), "z.aiff": hit(7)}, rate=44100)
    report = load_audio(config(root))[1].report()
    assert report["files broken"] == 0
    assert report["rates"] == {"8000": 4, "44100": 3, "384000": 1}
    assert report["channels"] == {"1": 7, "8": 1}
    assert report["resampled"] == 4
    assert report["kinds"]["WAV PCM_24"] == 1
    summary = "\n".join(report["summary"])
    assert "Resampled from 8000 Hz (4), 44100 Hz (3), 384000 Hz (1)." in summary
    assert "Several channels, of which the mean is taken: 1." in summary


def test_a_folder_of_silence_says_so(folder: Make, config: Make) -> None:
    root = folder({f"{n}.wav": np.zeros(1000 + n) for n in range(5)})
    for cut in ("attack", "start", "random"):
        with pytest.raises(
            UserError, match=r"every sound in .* is silent; the loudest has nothing"
        ):
            load_audio(config(root, cut=cut))
    root = folder({f"{n}.wav": np.full(1000, 0.0005) for n in range(5)}, subtype="FLOAT")
    with pytest.raises(UserError, match=r"the loudest has -66\.0 dB, and below -60 dB"):
        load_audio(config(root))
    with pytest.raises(UserError, match="nor are copies of one"):
        load_audio(config(root, silence=-70))


def test_silent_files_are_left_out_and_counted(folder: Make, hits: Path, config: Make) -> None:
    folder({"hush.wav": np.full(3000, 1e-4), "zero.wav": np.zeros(500)}, subtype="FLOAT")
    report = load_audio(config(hits))[1].report()
    assert report["silent"] == ["hush.wav", "zero.wav"]
    assert sum(report["sounds"].values()) == 10
    assert "silent: 2 sounds, hush.wav (below -60 dB), zero.wav" in "\n".join(report["summary"])
    assert load_audio(config(hits, silence=-90))[1].report()["silent"] == ["zero.wav"]


def test_sources_that_are_none(tmp_path: Path, config: Make, hits: Path) -> None:
    def complaint(source: Path | str, **settings: Any) -> str:
        with pytest.raises(UserError) as error:
            load_audio(config(source, **settings))
        return str(error.value)

    assert "Did you mean 'soundfont'?" in complaint("soundfnt")
    assert "there is no file or folder" in complaint(tmp_path / "soundfont")
    (tmp_path / "empty").mkdir()
    assert "no sound file in" in complaint(tmp_path / "empty")
    (tmp_path / "empty" / "x.m4a").touch()
    assert "only 1 .m4a. Known are .aif" in complaint(tmp_path / "empty")
    assert "one sound is not enough" in complaint(hits / "a" / "0.wav")
    assert "bring no labels of their own" in complaint(hits, labels="auto")
    assert "data.labels is 'none'" in complaint(hits, label_names=("a",))
    assert "'random' is for recordings" in complaint("soundfont", cut="random")


def test_files_that_cannot_be_opened_are_tried_again(
    hits: Path, config: Make, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file = Path.open

    def refuse(path: Path, *args: Any, **options: Any) -> Any:
        if path.name == "3.wav":
            raise PermissionError(13, "Permission denied")
        return open_file(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    for cut in ("attack", "random"):
        report = load_audio(config(hits, cut=cut))[1].report()
        assert report["broken"] == ["b/3.wav: it cannot be opened: Permission denied"]
    monkeypatch.undo()
    os.environ["OMNIGAN_CACHE"] = str(cache)
    assert load_audio(config(hits))[1].report()["files broken"] == 0


def test_links_in_circles_and_to_nowhere(hits: Path, config: Make) -> None:
    (hits / "a" / "up").symlink_to(hits, target_is_directory=True)
    (hits / "gone.wav").symlink_to(hits / "missing.wav")
    assert sum(load_audio(config(hits))[1].report()["sounds"].values()) == 10


def two_hours(path: Path, rate: int = 8000) -> Path:
    """Write two hours of WAV in 8 bits by hand, as a file with a hole: noise, then one level."""
    size = 7200 * rate
    form = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    head = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<I", 16) + form
    noise = np.random.default_rng(0).integers(0, 256, rate, np.uint8).tobytes()
    path.write_bytes(head + b"data" + struct.pack("<I", size) + noise)
    os.truncate(path, 44 + size)
    return path


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with the number of frames in each block that is decoded."""
    counts: list[int] = []
    read = decode_module.Opened._block

    def spy(opened: Any, count: int, channel: int | None) -> Any:
        block = read(opened, count, channel)
        counts.append(len(block))
        return block

    monkeypatch.setattr(decode_module.Opened, "_block", spy)
    return counts


def test_of_a_two_hour_file_a_one_shot_needs_half_a_minute(
    hits: Path, config: Make, frames: list[int]
) -> None:
    two_hours(hits / "long.wav")
    load_audio(config(hits))
    assert 30 * 8000 <= sum(frames) < 31 * 8000 + 10 * 3000
    frames.clear()
    load_audio(config(hits, cut="start"))
    assert sum(frames) < 11 * 1000


def test_of_a_two_hour_file_that_is_scored_ten_minutes_are_read(
    tmp_path: Path, config: Make, frames: list[int]
) -> None:
    path = two_hours(tmp_path / "long.wav")
    assert read_file(path, config(tmp_path, cut="random")).shape == (16, 1, 512)
    assert sum(frames) <= 600 * 8000


def test_a_two_hour_recording_is_never_in_memory(
    tmp_path: Path, config: Make, frames: list[int]
) -> None:
    path = two_hours(tmp_path / "long.wav")
    tracemalloc.start()
    _, audio = load_audio(config(path, cut="random"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(frames) == 7200 * 8000 == len(audio.stored.samples)
    assert max(frames) <= 2**18
    assert most < 20e6 < audio.stored.samples.nbytes / 5
    assert len(audio.source("train")) > 80_000


@pytest.mark.parametrize("cut", ["attack", "start", "random"])
def test_of_channels_that_cancel_each_other_the_loudest_is_taken(
    folder: Make, hits: Path, hit: Make, config: Make, cut: str
) -> None:
    wave = hit(99, 3000)
    folder({"twist.wav": np.stack([wave, -wave], axis=1)}, subtype="FLOAT")
    folder({"louder.wav": np.stack([-0.5 * wave, 0.3 * wave, 0.2 * wave], axis=1)}, subtype="FLOAT")
    folder({"hush.wav": np.stack([1e-4 * wave, -1e-4 * wave], axis=1)}, subtype="FLOAT")
    folder({"wide.wav": np.stack([wave, hit(98, 3000)], axis=1)}, subtype="FLOAT")
    folder({"second.wav": np.stack([0.3 * wave, -0.9 * wave, 0.6 * wave], axis=1)}, subtype="FLOAT")
    data, audio = load_audio(config(hits, cut=cut, loudness="none"))
    facts, report = audio.stored.facts, audio.report()
    assert report["silent"] == ["hush.wav"]
    assert report["sounds of one channel"] == [
        *("louder.wav (channel 1)", "second.wav (channel 2)", "twist.wav (channel 1)")
    ]
    summary = "\n".join(report["summary"])
    assert "Sound: 14 files," in summary
    assert "mean is taken: 1." in summary
    assert "the loudest is taken: 3 sounds, louder.wav (channel 1), second.wav (" in summary
    minutes = (10 * 2000 + 4 * 3000) / 8000 / 60
    assert report["minutes"] == pytest.approx(minutes, abs=0.01)
    place = facts.names.index("second.wav")
    first, count = int(facts.first[place]), int(facts.samples[place])
    stored = audio.stored.samples[first : first + count] * facts.scale[place] / FULL
    alone = folder({"alone.wav": -0.9 * wave}, name="alone", subtype="FLOAT") / "alone.wav"
    if cut == "random":
        np.testing.assert_allclose(stored, -0.9 * wave, atol=1e-4)
    else:
        np.testing.assert_allclose(stored, read_file(alone, data)[0, 0], atol=1e-4)
    torch.testing.assert_close(read_file(hits / "second.wav", data), read_file(alone, data))
    assert load_audio(config(hits, cut=cut, loudness="none"))[1].report() == report
