"""Who may train in which folder."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from omnigan import api
from omnigan.engine.runfolder import RunFolder
from omnigan.errors import UserError

Run = Callable[..., Any]


def test_two_processes_cannot_train_in_one_folder(run: Run, out: Path) -> None:
    run()
    with (
        RunFolder(out).locked(),
        pytest.raises(UserError, match="in use by another omnigan process"),
    ):
        run(resume=True)
    run(resume=True)


def test_out_must_be_a_new_or_empty_folder(run: Run, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(UserError, match=r"--out: .*/file is a file"):
        run(out=file)
    with pytest.raises(UserError, match=r"--out: cannot write to .*/file/run: Not a directory"):
        run(out=file / "run")
    out.mkdir()
    (out / "holiday.png").write_text("mine")
    with pytest.raises(UserError, match=r"is not empty.*--resume"):
        run()
    assert file.read_text() == "mine"
    assert [path.name for path in out.iterdir()] == ["holiday.png"]
    with pytest.raises(UserError, match="--out: cannot write to"):
        run(out=tmp_path / ("n" * 300))


def test_a_refused_run_takes_no_number_and_leaves_no_folder(
    run: Run, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for where in (None, out):
        with pytest.raises(UserError, match="training examples, fewer than"):
            run("train.batch_size=99", out=where)
        assert not out.exists()
        assert list(Path("runs").iterdir()) == []
    run("train.steps=1", out=None)
    assert [path.name for path in Path("runs").iterdir()] == ["mixture-001"]


def test_a_folder_that_was_there_before_a_refused_run_stays(run: Run, out: Path) -> None:
    out.mkdir()
    with pytest.raises(UserError, match="training examples, fewer than"):
        run("train.batch_size=99")
    assert out.is_dir()
    run("train.steps=1")
    before = sorted(path.name for path in out.iterdir())
    with pytest.raises(UserError, match="the recipe is not the one"):
        run("train.rate=0.5", resume=True)
    assert sorted(path.name for path in out.iterdir()) == before


def test_a_run_that_still_reads_its_data_is_told_so(tmp_path: Path, run: Run, out: Path) -> None:
    begun = RunFolder(tmp_path / "begun")
    begun.create()
    only = r"Training in .*begun has only begun.* Wait a little"
    with begun.locked(), pytest.raises(UserError, match=only):
        api.load(begun.path)
    with pytest.raises(UserError, match=r"is not a run of omnigan: it has no config\.json"):
        api.load(begun.path)
    run()
    with RunFolder(out).locked():
        assert api.load(out).step == 30


@pytest.mark.parametrize("name", ["mkdir", "touch", "iterdir"])
def test_a_folder_that_cannot_be_written_is_a_mistake(
    run: Run, out: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    out.mkdir()
    real = getattr(Path, name)

    def refuse(self: Path, *args: Any, **options: Any) -> Any:
        if out in (self, self.parent):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self, *args, **options)

    monkeypatch.setattr(Path, name, refuse)
    with pytest.raises(UserError, match=r"--out: cannot write to .*: Permission denied"):
        run()


def test_evaluating_without_held_out_examples_is_refused_at_once(
    run: Run, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = mixture.MixtureDomain.source

    def without(self: Any, split: str) -> Any:
        return source(self, split) if split == "train" else ()

    monkeypatch.setattr(mixture.MixtureDomain, "source", without)
    with pytest.raises(UserError, match=r"log\.evaluate_every: there are no held-out examples"):
        run("log.evaluate_every=30")
