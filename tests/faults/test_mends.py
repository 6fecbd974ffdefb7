"""Small faults, each in the smallest piece that has to deal with it."""

from __future__ import annotations

import errno
import io
import itertools
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from omnigan import api
from omnigan.cache import read_sealed, write_sealed
from omnigan.cli import main
from omnigan.console import LineReporter
from omnigan.datasets.label_table import read_label_table
from omnigan.domain import Batch
from omnigan.engine import disk
from omnigan.engine.disk import failures_in_words
from omnigan.engine.fingerprint import FEW, fingerprint
from omnigan.engine.runfolder import RunFolder
from omnigan.engine.step import Adversaries
from omnigan.errors import OmniganError, UserError
from omnigan.paths import user_path
from omnigan.plugins import load_domain
from omnigan.recipe.load import load_recipe
from omnigan.tensor_source import TensorSource
from omnigan.walk import walk

# ---- what the machine refuses ------------------------------------------------------------------


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


def test_a_bug_stays_a_bug(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="shape"),
        failures_in_words(RunFolder(tmp_path), "omnigan"),
    ):
        raise RuntimeError("shape mismatch")
    assert "failures_in_words" in disk.__all__


@contextmanager
def _memory(more: int) -> Iterator[None]:
    """Let this process have so many bytes more than it has."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """Have the system refuse larger files."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_torch_says_without_memory_is_known(tmp_path: Path) -> None:
    with (
        pytest.raises(OmniganError, match="not enough memory"),
        failures_in_words(RunFolder(tmp_path), "omnigan"),
        _memory(2**30),
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
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    reporter = LineReporter(Gone())
    reporter.start(Path("run"), 0, 10)
    reporter.step(10, {"d_loss": 1.0})
    reporter.say("a word")


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
    kit: Callable[[str], ModuleType], tmp_path: Path, domain: str
) -> None:
    """Not an error of a library for pictures or sounds, which would not say so."""
    loaded = load_recipe(kit("sources").recipe_for(domain, tmp_path / "data"))
    resolved = loaded.domain_class(loaded.domain_config).resolve()
    x = resolved.source("train").read(0, torch.Generator()).x[None]
    with pytest.raises(OSError, match="File too large"), _files_of_at_most(5):
        resolved.render(x, tmp_path)


# ---- folders -----------------------------------------------------------------------------------


def test_a_run_that_was_killed_in_its_first_file_can_be_started_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    (folder.path / ".recipe.yaml.tmp").write_text("half a rec")
    folder.create()
    with folder.locked():
        assert [path.name for path in folder.path.iterdir()] == [".lock"]
    (folder.path / "mine.txt").touch()
    with pytest.raises(UserError, match="not empty"):
        folder.create()


def test_links_that_nobody_may_follow_are_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "b.txt").touch()
    stat = os.stat

    def refused(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).endswith("b.txt"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, *args, **options)

    monkeypatch.setattr(os, "stat", refused)
    assert [path.name for path in walk(tmp_path)] == ["a.txt"]


@pytest.mark.parametrize("text", ["a\0b", "x" * 5000, "~nobody-at-all/x", "\ud800"])
def test_what_can_be_no_path_is_a_mistake(text: str) -> None:
    with pytest.raises(UserError, match=r"^data\.source: '.*cannot be opened"):
        user_path(text, "data.source")


def test_what_is_not_there_is_for_others_to_say(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "absent", "file/below"):
        assert user_path(str(tmp_path / name), "data.source") == tmp_path / name


@pytest.mark.parametrize("domain", ["audio", "image", "music", "text"])
@pytest.mark.parametrize("key", ["source", "labels"])
@pytest.mark.parametrize("text", ["a\0b", "x" * 5000, "~nobody-at-all/x"])
def test_every_domain_says_so(domain: str, key: str, text: str, tmp_path: Path) -> None:
    kind = load_domain(domain)
    (tmp_path / "a.txt").write_text("a b\nc d\n")
    data = {"source": str(tmp_path), key: text}
    with pytest.raises(UserError):
        kind(kind.Config.model_validate({"data": data})).resolve()


def test_a_table_of_labels_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnigan.datasets.label_table._MOST_BYTES", 2**20)
    with pytest.raises(UserError, match="too large to be a table"):
        read_label_table(Path("/dev/zero"), "label", ["none"])


def test_values_that_are_nested_too_deeply_are_a_mistake() -> None:
    deep: Any = 1
    for _ in range(sys.getrecursionlimit()):  # which some libraries raise
        deep = {"a": deep}
    with pytest.raises(UserError, match="nested too deeply"):
        load_recipe({"domain": "image", "data": deep})


# ---- the cache ---------------------------------------------------------------------------------


def test_a_sealed_file_is_read_back_or_known_to_be_damaged(tmp_path: Path) -> None:
    file = tmp_path / "below" / "x.json"
    assert write_sealed(file, b"{\n}")
    assert read_sealed(file) == b"{\n}"
    whole = file.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        for content in (bytes(changed), whole[:place]):
            file.write_bytes(content)
            with pytest.raises(ValueError, match="damaged"):
                read_sealed(file)
    assert not write_sealed(Path("/dev/null/x"), b"")


@pytest.mark.parametrize("domain", ["audio", "image", "text"])
def test_a_source_whose_cache_was_deleted_can_be_sent_to_a_loader(
    kit: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, domain: str
) -> None:
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    values = kit("sources").recipe_for(domain, tmp_path / "data")
    loaded = load_recipe(values)
    source = loaded.domain_class(loaded.domain_config).resolve().source("train")
    expected = source.read(3, torch.Generator()).x
    small = len(ForkingPickler.dumps(source))
    shutil.rmtree(tmp_path / "cache")
    sent = ForkingPickler.dumps(source)
    assert len(sent) > small
    assert torch.equal(ForkingPickler.loads(sent).read(3, torch.Generator()).x, expected)


# ---- images ------------------------------------------------------------------------------------


def _archive(mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as opened:  # type: ignore[call-overload]
        for number in range(3):
            info = tarfile.TarInfo(f"{number}.png")
            info.size = 5000
            opened.addfile(info, io.BytesIO(np.random.default_rng(number).bytes(5000)))
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("size", [40, 300, 3000])
def test_an_archive_that_is_cut_short_is_a_mistake(tmp_path: Path, mode: str, size: int) -> None:
    file = tmp_path / "x.tar.packed"
    file.write_bytes(_archive(mode)[:size])
    kind = load_domain("image")
    with pytest.raises(UserError, match=r"data\.source: .*(damaged|no image|cannot be)"):
        kind(kind.Config.model_validate({"data": {"source": str(file)}})).resolve()


@pytest.mark.parametrize("place", [45, 60, 90])
@pytest.mark.parametrize("name", ["x.npz", "x.npy"])
def test_an_array_with_a_damaged_head_is_a_mistake(tmp_path: Path, name: str, place: int) -> None:
    buffer = io.BytesIO()
    images = np.zeros((4, 8, 8, 3), np.uint8)
    np.savez_compressed(buffer, x=images) if name == "x.npz" else np.save(buffer, images)
    content = bytearray(buffer.getvalue())
    kind = load_domain("image")
    for value in (0, 40, 123, 255):
        content[place : place + 3] = bytes([value] * 3)
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError):
            kind(kind.Config.model_validate({"data": {"source": str(tmp_path / name)}})).resolve()


def test_reading_a_small_picture_needs_little_memory(tmp_path: Path) -> None:
    from omnigan_image.data.decode import _content

    file = tmp_path / "x.png"
    file.write_bytes(b"12345")
    with _memory(2**27):
        assert _content(file, max_pixels=2**28) == b"12345"


# ---- other examples ----------------------------------------------------------------------------


def _source(x: torch.Tensor) -> TensorSource:
    return TensorSource(x, {"label": torch.zeros(len(x), dtype=torch.long)})


def test_a_fingerprint_tells_examples_apart() -> None:
    x = torch.arange(24.0).reshape(8, 3)
    changed = x.clone()
    changed[5, 1] += 1e-6
    sources = [_source(x), _source(changed), _source(x[:7]), _source(x.flip(0)), _source(x[:0])]
    sources.append(TensorSource(x, {"label": torch.ones(8, dtype=torch.long)}))
    found = [fingerprint(source) for source in sources]
    assert len(set(found)) == len(found)
    assert fingerprint(_source(x.clone())) == found[0]


def test_a_slow_source_is_looked_at_here_and_there() -> None:
    class Slow:
        def __init__(self) -> None:
            self.read_at: set[int] = set()

        def __len__(self) -> int:
            return 10_000

        def read(self, index: int, rng: torch.Generator) -> Batch:
            self.read_at.add(index)
            return Batch(torch.rand(3, generator=rng))

    source = Slow()
    assert fingerprint(source) == fingerprint(source)
    assert len(source.read_at) == FEW
    assert max(b - a for a, b in itertools.pairwise(sorted(source.read_at))) < 50


def test_what_a_killed_run_was_about_to_delete_is_deleted_when_it_goes_on(
    mixture: ModuleType, tmp_path: Path
) -> None:
    out = api.train(RECIPE, out=tmp_path / "run")
    names = sorted(path.name for path in (out / "checkpoints").iterdir())
    assert names == ["step-00000006", "step-00000009"]
    shutil.copytree(out / "checkpoints" / names[0], out / "checkpoints" / "step-00000003")
    api.train(RECIPE, out=out, resume=True)
    assert sorted(path.name for path in (out / "checkpoints").iterdir()) == names
