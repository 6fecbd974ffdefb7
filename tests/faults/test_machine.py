"""What the machine refuses or ends - memory, files, processes - is a sentence; nothing is lost."""

from __future__ import annotations

import errno
import io
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from omnigan import api
from omnigan.cli import main
from omnigan.console import LineReporter
from omnigan.engine import disk
from omnigan.engine.disk import failures_elsewhere_in_words, failures_in_words
from omnigan.engine.runfolder import RunFolder
from omnigan.engine.step import Adversaries
from omnigan.errors import OmniganError
from omnigan.recipe.load import load_recipe

Limit = Callable[[int], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (OSError(errno.EROFS, "Read-only file system", "x/y"), r"Read-only file system \(x/y\)"),
        (OSError(errno.EEXIST, "File exists", "a", None, "b"), r"File exists \(a -> b\)"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory.*train.batch_size"),
        (MemoryError(), "not enough memory.*train.batch_size"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "not enough"),
        (RuntimeError("could not create a primitive"), "not enough memory"),
        (RuntimeError("can't start new thread"), "not enough memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "not enough memory"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed."), "loader process"),
    ],
)
def test_what_the_machine_refuses_is_a_sentence(
    tmp_path: Path, error: Exception, words: str
) -> None:
    with (
        pytest.raises(OmniganError, match=words) as caught,
        failures_in_words(RunFolder(tmp_path), "omnigan"),
    ):
        raise error
    assert caught.value.__cause__ is error
    assert "Nothing is saved" in str(caught.value)


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (None, "networks. Make room, then start again."),
        ("omnigan train x", "networks. Make room, then go on with:\n  omnigan train x"),
    ],
)
def test_a_process_that_does_not_write_the_folder_knows_how_to_go_on(
    command: str | None, advice: str
) -> None:
    with (
        pytest.raises(OmniganError, match="not enough memory") as caught,
        failures_elsewhere_in_words(lambda: command),
    ):
        raise MemoryError
    assert str(caught.value).endswith(advice)


def test_a_bug_stays_a_bug(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="shape"),
        failures_in_words(RunFolder(tmp_path), "omnigan"),
    ):
        raise RuntimeError("shape mismatch")
    assert "failures_in_words" in disk.__all__


def test_what_torch_says_without_memory_is_known(tmp_path: Path, memory_more: Limit) -> None:
    with (
        pytest.raises(OmniganError, match="not enough memory"),
        failures_in_words(RunFolder(tmp_path), "omnigan"),
        memory_more(2**30),
    ):
        torch.zeros(2**34)


def test_commands_say_what_the_machine_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "somewhere")

    monkeypatch.setattr("omnigan.recipe.load.load_recipe", full)
    assert main(["check", "image"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("error: The machine refuses: [Errno 28] No space left on device")


def test_a_reader_that_is_gone_does_not_end_training() -> None:
    tried = []

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            tried.append(text)
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    reporter = LineReporter(Gone())
    reporter.start(Path("run"), 0, 10)
    reporter.step(10, {"d_loss": 1.0})
    reporter.say("a word")
    assert [text.split()[0] for text in tried] == ["training", "step", "a"]


RECIPE = {
    "domain": "mixture",
    "data": {"examples": 64},
    "generator": {"width": 8, "depth": 2},
    "discriminator": {"width": 8, "depth": 2},
    "train": {"steps": 9, "batch_size": 8, "device": "cpu", "threads": 1},
    "log": {"checkpoint_every": 3, "samples_every": 9},
}


def test_networks_that_fail_on_nan_go_back(
    mixture: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torch.multinomial does, before any reading shows it."""
    advance = Adversaries.advance

    def failing(self: Adversaries, data: Any) -> Any:
        if self.step == 5 and not self.attempt:
            next(self.generator.parameters()).data.fill_(torch.nan)
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
        return advance(self, data)

    monkeypatch.setattr(Adversaries, "advance", failing)
    out = api.train(RECIPE, out=tmp_path / "run")
    lines = (out / "metrics.jsonl").read_text().splitlines()
    (warning,) = [line for line in lines if "went back" in line]
    assert "step 6: it cannot be computed: weights became NaN or infinite; went back" in warning
    assert api.load(out).step == 9


def test_networks_that_fail_without_nan_are_a_bug(
    mixture: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Adversaries, data: Any) -> Any:
        raise ValueError("a bug")

    monkeypatch.setattr(Adversaries, "advance", failing)
    with pytest.raises(ValueError, match="a bug"):
        api.train(RECIPE, out=tmp_path / "run")


READER = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from omnigan_music.reading import serve_parent
if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, get_context("spawn"), serve_parent)
    print(pool.submit(os.getpid).result(), flush=True)
    pool.submit(time.sleep, 600)
    time.sleep(600)
"""


@pytest.mark.slow
def test_reading_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "reader.py"
    script.write_text(READER)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        number = int(started.stdout.readline())
        started.kill()
    until = time.monotonic() + 30
    while Path(f"/proc/{number}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{number}").exists()


@pytest.mark.parametrize("domain", ["audio", "image", "music", "text"])
def test_samples_on_a_full_disk_are_a_full_disk(
    kit: Callable[[str], ModuleType], files_of_at_most: Limit, tmp_path: Path, domain: str
) -> None:
    """Not an error of a library for pictures or sounds, which would not say so."""
    loaded = load_recipe(kit("sources").recipe_for(domain, tmp_path / "data"))
    resolved = loaded.domain_class(loaded.domain_config).resolve()
    x = resolved.source("train").read(0, torch.Generator()).x[None]
    with pytest.raises(OSError, match="File too large"), files_of_at_most(5):
        resolved.render(x, tmp_path)


def test_reading_a_small_picture_needs_little_memory(tmp_path: Path, memory_more: Limit) -> None:
    from omnigan_image.data.decode import _content

    file = tmp_path / "x.png"
    file.write_bytes(b"12345")
    with memory_more(2**27):
        assert _content(file, max_pixels=2**28) == b"12345"


def test_what_a_killed_run_was_about_to_delete_is_deleted_when_it_goes_on(
    mixture: ModuleType, tmp_path: Path
) -> None:
    out = api.train(RECIPE, out=tmp_path / "run")
    names = sorted(path.name for path in (out / "checkpoints").iterdir())
    assert names == ["step-00000006", "step-00000009"]
    shutil.copytree(out / "checkpoints" / names[0], out / "checkpoints" / "step-00000003")
    api.train(RECIPE, out=out, resume=True)
    assert sorted(path.name for path in (out / "checkpoints").iterdir()) == names
