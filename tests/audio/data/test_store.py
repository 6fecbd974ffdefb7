"""The cache of decoded sounds: found, damaged, forbidden, and made twice at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from omnigan.errors import UserError
from omnigan_audio.data import Audio, load_audio, recordings, shots

Make = Callable[..., Any]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that grows with every file that is opened."""
    seen: list[Path] = []
    open_sound = shots.open_sound

    def spy(path: Path) -> Any:
        seen.append(path)
        return open_sound(path)

    for module in (shots, recordings):
        monkeypatch.setattr(module, "open_sound", spy)
    return seen


def contents(audio: Audio) -> list[bytes]:
    """Return the samples of every sound, in order."""
    facts, samples = audio.stored.facts, audio.stored.samples
    ends = (facts.first + facts.samples).tolist()
    return [samples[a:b].tobytes() for a, b in zip(facts.first.tolist(), ends, strict=True)]


def files_of(cache: Path) -> dict[str, Path]:
    return {path.name: path for path in (cache / "audio").rglob("*") if path.is_file()}


@pytest.mark.parametrize("cut", ["attack", "random"])
def test_what_was_decoded_once_is_not_decoded_again(
    hits: Path, config: Make, opened: list[Path], cache: Path, cut: str
) -> None:
    before = contents(load_audio(config(hits, cut=cut))[1])
    times = len(opened)
    assert times == (20 if cut == "random" else 10)  # recordings are asked how long they are first
    for other in (
        *({}, {"held_out": 0.5}, {"split_seed": 3}, {"labels": "folder"}, {"loudness": "rms"}),
        *({"gain": (-3, 3)}, {"polarity": True}, {"silence": -40}),
    ):  # none of these changes the samples
        assert contents(load_audio(config(hits, cut=cut, **other))[1]) == before
    if cut == "random":
        load_audio(config(hits, cut=cut, length=100))
    assert len(opened) == times
    assert sorted(files_of(cache)) == ["facts.npz", "samples.npy"]


@pytest.mark.parametrize(
    "other", [{"rate": 6000}, {"length": 300}, {"cut": "start"}, {"max_files": 7}]
)
def test_other_settings_give_other_samples(
    hits: Path, config: Make, opened: list[Path], cache: Path, other: dict[str, Any]
) -> None:
    load_audio(config(hits))
    load_audio(config(hits, **other))
    assert len(opened) > 10
    assert len(list(cache.rglob("samples.npy"))) == 2


def test_the_cache_is_a_plain_array(hits: Path, config: Make, cache: Path) -> None:
    load_audio(config(hits))
    samples = np.load(files_of(cache)["samples.npy"], allow_pickle=False)
    assert samples.dtype == np.int16
    assert samples.shape == (10 * 512,)


def test_changed_files_are_decoded_anew(
    hits: Path, config: Make, folder: Make, hit: Make, opened: list[Path]
) -> None:
    before = contents(load_audio(config(hits))[1])
    folder({"a/0.wav": hit(99)})
    os.utime(hits / "a" / "0.wav", ns=(0, 1))
    after = contents(load_audio(config(hits))[1])
    assert len(opened) == 20
    assert [a == b for a, b in zip(before, after, strict=True)] == [False] + [True] * 9
    folder({"new.wav": hit(100)})
    load_audio(config(hits))
    assert len(opened) == 31


def test_sounds_are_found_again_wherever_they_lie(
    hits: Path, config: Make, opened: list[Path], tmp_path: Path
) -> None:
    before = contents(load_audio(config(hits))[1])
    os.utime(hits / "a" / "0.wav", ns=(0, 1))
    data, audio = load_audio(config(hits.rename(tmp_path / "moved")))
    assert contents(audio) == before
    assert data.source == str(tmp_path / "moved")
    assert len(opened) == 10


def test_a_sound_that_is_called_otherwise_is_not_read_again(
    folder: Make, hit: Make, config: Make, opened: list[Path]
) -> None:
    one = folder({"one.wav": hit(1, 20_000)}) / "one.wav"
    other = one.with_name("other.wav")
    first = load_audio(config(one, cut="random", length=100))[1]
    second = load_audio(config(one.rename(other), cut="random", length=100))[1]
    assert [first.stored.facts.names, second.stored.facts.names] == [["one.wav"], ["other.wav"]]
    assert len(opened) == 2, "recordings are asked how long they are first"


@pytest.mark.parametrize("name", ["samples.npy", "facts.npz"])
@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "gone", "one byte"])
def test_a_damaged_cache_is_made_again(
    hits: Path, config: Make, cache: Path, name: str, damage: str
) -> None:
    before = contents(load_audio(config(hits, cut="random"))[1])
    file = files_of(cache)[name]
    whole = file.read_bytes()
    file.unlink()  # a file that is mapped must not shrink under its reader
    middle = len(whole) // 2
    if name == "facts.npz":  # what is between its arrays has bytes that nobody reads
        middle = whole.index(b"NUMPY", middle) + 10
    kinds = {
        "empty": b"",
        "cut": whole[:-30],
        "noise": os.urandom(len(whole)),
        "one byte": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    }
    if damage != "gone":
        file.write_bytes(kinds[damage])
    assert contents(load_audio(config(hits, cut="random"))[1]) == before
    assert file.read_bytes() == whole


@pytest.mark.parametrize("cut", ["start", "random"])
def test_without_a_cache_sounds_stay_in_memory(
    hits: Path, config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    before = contents(load_audio(config(hits, cut=cut))[1])
    blocked = tmp_path / "a file"
    blocked.touch()
    monkeypatch.setenv("OMNIGAN_CACHE", str(blocked))
    _, audio = load_audio(config(hits, cut=cut))
    assert contents(audio) == before
    assert audio.stored.file is None
    assert "they stay in memory" in audio.report()["summary"][-1]
    assert torch.isfinite(audio.source("train").read(0, torch.Generator()).x).all()


@pytest.mark.parametrize("cut", ["start", "random"])
def test_a_full_disk_falls_back_to_memory(
    hits: Path, config: Make, cache: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    before = contents(load_audio(config(hits, cut=cut))[1])
    for file in files_of(cache).values():
        file.unlink()

    class Full:
        """A file on a disk that has room for its head alone."""

        def __init__(self, opened: Any) -> None:
            self._opened, self._writes = opened, 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self._opened, name)

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *error: object) -> None:
            self._opened.close()

        def write(self, content: bytes) -> int:
            self._writes += 1
            if self._writes > 3:
                raise OSError(28, "No space left on device")
            return int(self._opened.write(content))

    fdopen = os.fdopen
    monkeypatch.setattr("omnigan.datasets.rows.os.fdopen", lambda *args: Full(fdopen(*args)))
    _, audio = load_audio(config(hits, cut=cut))
    assert contents(audio) == before
    assert audio.stored.file is None
    assert audio.report()["files broken"] == 0  # the disk is full, and no file is to blame
    assert files_of(cache) == {}


def test_an_interrupt_leaves_nothing_behind(hits: Path, config: Make, cache: Path) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_audio(config(hits), interrupt)
    assert files_of(cache) == {}
    assert len(contents(load_audio(config(hits))[1])) == 10


def test_progress_is_told(hits: Path, config: Make) -> None:
    told: list[tuple[str, int, int]] = []
    load_audio(config(hits), lambda *what: told.append(what))
    assert told == [("reading sounds", done, 10) for done in range(1, 11)]
    load_audio(config(hits), lambda *what: told.append(what))
    assert len(told) == 10  # out of the cache


def test_of_recordings_the_minutes_are_told(folder: Make, config: Make, hit: Make) -> None:
    files = {"long.wav": hit(0, 150 * 1000), "short.wav": hit(1, 80 * 1000), "broken.wav": b"no"}
    recordings = folder(files, rate=1000)
    told: list[tuple[str, int, int]] = []
    load_audio(config(recordings, cut="random", rate=4000), lambda *what: told.append(what))
    assert {what for what, _, _ in told} == {"reading minutes of sound"}
    assert {total for _, _, total in told} == {4}  # 3 min 50 s
    done = [minutes for _, minutes, _ in told]
    assert done == sorted(done)
    assert {2, 4} < set(done)
    assert done.count(4) == 1


def test_of_recordings_that_cannot_be_read_no_time_is_told(folder: Make, config: Make) -> None:
    told: list[tuple[str, int, int]] = []
    with pytest.raises(UserError, match="no sound in"):
        load_audio(
            config(folder({"a.wav": b"no", "b.wav": b"no"}), cut="random"),
            lambda *what: told.append(what),
        )
    assert set(told) == {("reading minutes of sound", 0, 1), ("reading minutes of sound", 1, 1)}


def test_many_threads_give_what_one_gives(
    hits: Path, config: Make, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hits / "x.wav").write_bytes(b"broken")
    files = []
    for number in (1, 7):
        monkeypatch.setattr(shots, "cores", lambda number=number: number)
        monkeypatch.setattr(shots, "_TOGETHER", 3 + number)
        load_audio(config(hits))
        found = files_of(cache)
        files.append(found["samples.npy"].read_bytes())
        for file in found.values():
            file.unlink()
    assert files[0] == files[1]
    assert torch.get_num_threads() == 1


SCRIPT = """
import sys
from omnigan_audio.data import load_audio
from omnigan_audio.data_config import AudioData

assert not {"soundfile", "torchaudio"} & set(sys.modules)  # loaded when they are needed

def meet(what, done, total):
    if done == 1:
        print("half way", flush=True)
        sys.stdin.readline()

data = AudioData(source=sys.argv[1], length=512, cut=sys.argv[2])
_, audio = load_audio(data, meet)
print(audio.stored.file, audio.stored.samples.tobytes().hex())
"""


def test_two_processes_that_decode_at_once_both_get_all(
    hits: Path, config: Make, cache: Path
) -> None:
    command = [sys.executable, "-c", SCRIPT, str(hits), "random"]
    folders = [str(Path(__file__).parents[3]), str(Path(__file__).parents[3] / "domains")]
    path = os.pathsep.join([*folders, os.environ.get("PYTHONPATH", "")])
    both = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"  # both are writing now
    outputs = [process.communicate("\n")[0].strip() for process in both]
    assert outputs[0] == outputs[1]
    _, audio = load_audio(config(hits, cut="random"))
    assert outputs[0] == f"{audio.stored.file} {audio.stored.samples.tobytes().hex()}"
    assert sorted(files_of(cache)) == ["facts.npz", "samples.npy"]
