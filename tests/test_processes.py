"""Processes that are started to read do not run the user's script again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.reduction import ForkingPickler
from multiprocessing.spawn import get_preparation_data
from pathlib import Path
from types import ModuleType
from typing import Any

import pretty_midi
import pytest
import torch

from omnigan.domain import Batch
from omnigan.engine.loading import BatchOrder, batches
from omnigan.errors import UserError
from omnigan.processes import without_script

SCRIPT = """
import os, sys
print("begun", os.getpid(), flush=True)
import torch
from omnigan.engine.loading import BatchOrder, batches
from omnigan.tensor_source import TensorSource
from omnigan_music import ingest

ingest._SOON, ingest.cores = 0, lambda: 2
pieces = ingest.ingest(sys.argv[1], 20).pieces
source = TensorSource(torch.arange(8.0)[:, None])
data = batches(BatchOrder(source, 8, 0), 0, workers=1)
batch = next(data)
print(len(pieces), "pieces", batch.x.sum().item())
"""


@pytest.mark.slow
def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    folder = tmp_path / "midi"
    folder.mkdir()
    for number in range(16):
        music = pretty_midi.PrettyMIDI()
        music.instruments.append(pretty_midi.Instrument(0))
        music.instruments[0].notes.append(pretty_midi.Note(90, 40 + number, 0, 1))
        music.write(str(folder / f"{number}.mid"))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, folder],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,  # it ends although its loader is still there
    )
    begun, said = done.stdout.splitlines()
    assert begun.startswith("begun")
    assert said == "16 pieces 28.0"
    assert done.stderr == ""


class OfAScript:
    """A source whose class is in the main module, as it is in a script or a notebook."""

    def __len__(self) -> int:
        return 4

    def read(self, index: int, rng: torch.Generator) -> Batch:
        return Batch(torch.tensor([float(index)]))


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> OfAScript:
    monkeypatch.setattr(OfAScript, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "OfAScript", OfAScript, raising=False)
    return OfAScript()


# How many cores there are is not what is asked here.
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_a_source_of_a_script_is_read_here_but_not_by_other_processes(source: OfAScript) -> None:
    order = BatchOrder(source, 4, 0)
    assert sorted(next(batches(order, 0, workers=0)).x.flatten().tolist()) == [0, 1, 2, 3]
    with pytest.raises(UserError, match=r"OfAScript.*a script or a notebook.*train\.workers to 0"):
        next(batches(order, 0, workers=1))


class Elsewhere:
    """A loader whose processes lack a module that the process which starts them has."""

    def __init__(self, order: Any, **options: Any) -> None:
        sent = ForkingPickler.dumps(order)
        del sys.modules["of_a_notebook"]
        self.order = ForkingPickler.loads(sent)

    def __iter__(self) -> Iterator[Any]:
        return iter([self.order[0]])


def test_a_class_that_loader_processes_cannot_import_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = ModuleType("of_a_notebook")
    module.OfAScript = OfAScript  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "of_a_notebook", module)
    monkeypatch.setattr(OfAScript, "__module__", "of_a_notebook")
    monkeypatch.setattr("omnigan.engine.loading.DataLoader", Elsewhere)
    with pytest.raises(UserError, match=r"No module named 'of_a_notebook'.*train\.workers to 0"):
        next(batches(BatchOrder(OfAScript(), 4, 0), 0, workers=1))


def test_processes_are_not_told_of_the_script_while_they_are_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = sys.modules["__main__"]
    monkeypatch.setattr(script, "__spec__", None)
    monkeypatch.setattr(script, "__file__", "script.py", raising=False)
    assert _told_of_script()
    with without_script():
        assert not _told_of_script()
        with without_script():
            pass
        assert not _told_of_script()
    assert sys.modules["__main__"] is script


def _told_of_script() -> bool:
    """Return what Python asks before it starts a process, whichever way."""
    return any(key.startswith("init_main") for key in get_preparation_data("name"))
