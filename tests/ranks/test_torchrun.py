"""The real launcher: two machines, and processes that it starts again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from omnigan.engine.ranks.place import launcher
from omnigan.engine.running import Request, chosen_folder

Recipe = Callable[..., str]
LONGEST = 240.0


@contextmanager
def torchrun(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start it in a folder of its own."""
    folder.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def child(parent: int, rank: int) -> int | None:
    """Return the process that torchrun has started with a rank."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(status[1]) == parent and f"RANK={rank}".encode() in environment:
            return int(entry.name)
    return None


@pytest.mark.slow
def test_two_machines(recipe: Recipe, alone: Any, runs: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    meet = ("--nnodes=2", "--nproc-per-node=1", "--master-addr=127.0.0.1", f"--master-port={port}")
    train = ("-m", "omnigan", "train", recipe(), "--out", "run")
    first, second = tmp_path / "first", tmp_path / "second"
    with (
        torchrun(first, *meet, "--node-rank=0", *train) as one,
        torchrun(second, *meet, "--node-rank=1", *train) as other,
    ):
        said = [process.communicate(timeout=LONGEST)[0] for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0), said
    assert "The run is in run" in said[0]
    assert list(second.iterdir()) == []
    assert runs.distance(first / "run", alone(recipe(), "train.accumulate=2")) == 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_after_a_death_torchrun_starts_again_and_the_run_goes_on(
    recipe: Recipe, alone: Any, runs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is not named, and there is another run of the same recipe."""
    monkeypatch.chdir(tmp_path)
    longer = ("train.steps=60", "log.checkpoint_every=10")
    other = alone(recipe(), "train.accumulate=2", *longer, out=None)
    mine = Path("runs/mine-002")
    train = ("-m", "omnigan", "train", recipe(), *longer)
    with torchrun(tmp_path, "--nproc-per-node=2", "--max-restarts=1", *train) as agent:
        runs.wait_for(mine, 20)
        victim = child(agent.pid, 1)
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        said, _ = agent.communicate(timeout=LONGEST)
        assert agent.returncode == 0, said
    assert sorted(path.name for path in Path("runs").iterdir()) == ["mine-001", "mine-002"]
    assert "has ended. Go on with:" in said
    assert "Going on from step" in said
    assert "The run is in runs/mine-002" in said
    assert runs.distance(mine, other) == 0
    assert (mine / "metrics.jsonl").read_text() == (other / "metrics.jsonl").read_text()


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
