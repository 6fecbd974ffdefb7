"""The real launcher: two machines, and processes that it starts again.

Starting Python and loading torch would take nine tenths of the time here, so the launcher runs in a
fork of a process that has done so, and starts forks itself.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from omnigan.engine.ranks.place import launcher
from omnigan.engine.running import Request, chosen_folder

Recipe = Callable[..., str]
LONGEST = 240.0
SCRIPT = """
import os, pathlib, sys
from omnigan.cli import main
name = f"{os.environ['RANK']}-{os.environ['TORCHELASTIC_RESTART_COUNT']}"
pathlib.Path(f"process-{name}").write_text(str(os.getpid()))
sys.exit(main())
"""
"""The command line, which leaves word which process it is."""


def _launch(folder: Path, options: Sequence[str], words: Sequence[str]) -> None:
    """Be torchrun; what it and its processes say goes into a file."""
    said = (folder / "said").open("wb", buffering=0)
    for number in (1, 2):
        os.dup2(said.fileno(), number)
    os.chdir(folder)
    Path("main.py").write_text(SCRIPT)
    from torch.distributed.run import main

    main([*options, "--run-path", "--start-method=fork", "main.py", *words])


class Agents:
    """Starts the launcher, on what it takes for several machines."""

    def __init__(self, forks: ForkServerContext) -> None:
        self.forks = forks
        self.processes: list[BaseProcess] = []

    def start(self, folder: Path, options: Sequence[str], *words: str) -> BaseProcess:
        """Start it in a folder, with options of its own, to start ``omnigan`` with these words."""
        folder.mkdir(exist_ok=True)
        process = self.forks.Process(target=_launch, args=(folder, options, words))
        self.processes.append(process)
        process.start()
        return process

    def end(self) -> None:
        """Leave no process behind."""
        for process in self.processes:
            if process.is_alive():
                process.terminate()  # which it passes on
            process.join(LONGEST)
            process.kill()


@pytest.fixture
def agents(forks: ForkServerContext) -> Iterator[Agents]:
    """Return an object that starts the launcher."""
    made = Agents(forks)
    yield made
    made.end()


def _said(folder: Path) -> str:
    return (folder / "said").read_text(encoding="utf-8")


def test_two_machines(
    recipe: Recipe, agents: Agents, alone: Any, runs: Any, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    meet = ("--nnodes=2", "--nproc-per-node=1", "--master-addr=127.0.0.1", f"--master-port={port}")
    folders = tmp_path / "first", tmp_path / "second"
    for rank, folder in enumerate(folders):
        agents.start(folder, [*meet, f"--node-rank={rank}"], "train", recipe(), "--out", "run")
    one = alone(recipe(), "train.accumulate=2")
    for process in agents.processes:
        process.join(LONGEST)
    first, second = folders
    assert [process.exitcode for process in agents.processes] == [0, 0], _said(first)
    assert "The run is in run" in _said(first)
    assert {path.name for path in second.iterdir()} == {"main.py", "process-1-0", "said"}
    assert runs.distance(first / "run", one) == 0


def test_after_a_death_torchrun_starts_again_and_the_run_goes_on(
    *,
    recipe: Recipe,
    agents: Agents,
    alone: Any,
    runs: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The folder is not named, and there is another run of the same recipe."""
    monkeypatch.chdir(tmp_path)
    longer = ("train.steps=60", "log.checkpoint_every=10")
    other = alone(recipe(), "train.accumulate=2", *longer, out=None)
    mine = Path("runs/mine-002")
    restarting = ("--nproc-per-node=2", "--max-restarts=1")
    agent = agents.start(tmp_path, restarting, "train", recipe(), *longer)
    runs.wait_for(mine, 20)
    os.kill(int(Path("process-1-0").read_text()), signal.SIGKILL)
    agent.join(LONGEST)
    said = _said(tmp_path)
    assert agent.exitcode == 0, said
    assert Path("process-1-1").exists()
    assert sorted(path.name for path in Path("runs").iterdir()) == ["mine-001", "mine-002"]
    assert "has ended. Go on with:" in said
    assert "Going on from step" in said
    assert "The run is in runs/mine-002" in said
    assert runs.distance(mine, other) == 0
    assert (mine / "metrics.jsonl").read_text() == (other / "metrics.jsonl").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_torchrun_stops_and_saves_the_run(
    *, recipe: Recipe, agents: Agents, runs: Any, tmp_path: Path, number: signal.Signals
) -> None:
    long = ("train.steps=100000", "log.checkpoint_every=5", "log.samples_every=100000")
    restarting = ("--nproc-per-node=2", "--max-restarts=1")
    agent = agents.start(tmp_path, restarting, "train", recipe(), *long, "--out", "run")
    runs.wait_for(tmp_path / "run", 5)
    assert agent.pid is not None
    os.kill(agent.pid, number)
    agent.join(LONGEST)
    assert agent.exitcode == 1  # its own, with a report of its own
    step = runs.newest(tmp_path / "run")
    assert f"Stopped at step {step} of 100000, saved. Go on with:\n  torchrun" in _said(tmp_path)
    assert _said(tmp_path).count("saved. Go on with:") == 1
    assert "error: " not in _said(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("process-*")) == [
        "process-0-0",
        "process-1-0",
    ]


# ---- which folder --------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Return a function that sets what torchrun sets, for a run and its restarts."""
    monkeypatch.chdir(tmp_path)

    def start(run: str, restarts: int) -> None:
        monkeypatch.setenv("TORCHELASTIC_RUN_ID", run)
        monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", str(restarts))

    return start


@pytest.mark.parametrize("named", [False, True])
def test_a_restart_finds_its_own_folder(started: Callable[..., None], *, named: bool) -> None:
    requests = {run: Request("x", out=Path(run) if named else None) for run in ("a", "b")}
    folders = {}
    for run, request in requests.items():
        started(run, 0)
        folder, resume = chosen_folder(request, "mine")
        assert not resume
        with folder.locked(launcher()):
            folders[run] = folder.path
    for run, request in requests.items():
        started(run, 1)
        folder, resume = chosen_folder(request, "mine")
        assert (folder.path, resume) == (folders[run], False)  # nothing had begun
        folder.recipe.touch()
        assert chosen_folder(request, "mine")[1]
