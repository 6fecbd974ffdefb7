"""Several real processes that train one run, as torchrun would start them."""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file
from torch import Tensor

from omnigan import api
from omnigan.engine import checkpoint

LONGEST = 120.0
"""Seconds after which a process counts as hanging."""
RECIPE: dict[str, Any] = {
    "domain": "mixture",
    "data": {"examples": 64, "labels": True, "jitter": 0.1},
    "generator": {"width": 8, "depth": 2},
    "discriminator": {"width": 8, "depth": 2, "dropout": 0.2},
    "train": {"steps": 30, "batch_size": 7, "device": "cpu", "threads": 1},
    "log": {"every": 5, "checkpoint_every": 10, "samples_every": 30},
}


def _enter(
    environment: dict[str, str], folder: Path, target: Callable[..., None], arguments: Sequence[Any]
) -> None:
    """Be one of the processes; what it says goes into a file."""
    os.environ.update(environment)
    said = (folder / f"said-{environment['RANK']}").open("wb", buffering=0)
    for number in (1, 2):
        os.dup2(said.fileno(), number)
    own = folder / f"folder-{environment['RANK']}"
    own.mkdir(exist_ok=True)
    os.chdir(own)
    target(*arguments)


def command(*words: str) -> None:
    """Run the command line, as a process of its own would."""
    from omnigan.cli import main

    raise SystemExit(main(words))


@pytest.fixture
def forks() -> ForkServerContext:
    """Return what starts processes, as forks of one that has everything loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["omnigan.api", "torch.distributed.run"])
    return context


class Crew:
    """Starts processes and keeps what they say.

    Each starts in a folder of its own, as if on another machine.
    """

    def __init__(self, folder: Path, forks: ForkServerContext) -> None:
        self.folder = folder
        self.forks = forks
        self.processes: list[BaseProcess] = []

    def start(
        self,
        target: Callable[..., None],
        *arguments: Any,
        size: int = 2,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Start a function in so many processes."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, **(environment or {})}
        for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
            common[name] = str(size)
        self.processes = []
        for rank in range(size):
            own = {"RANK": str(rank), "LOCAL_RANK": str(rank)}
            given = {**common, **own}, self.folder, target, arguments
            self.processes.append(self.forks.Process(target=_enter, args=given))
        for process in self.processes:
            process.start()

    def wait(self) -> list[int | None]:
        """Wait until all have ended, and return their exit statuses."""
        for process in self.processes:
            process.join(LONGEST)
            assert not process.is_alive(), [self.said(rank) for rank in range(len(self.processes))]
        return [process.exitcode for process in self.processes]

    def begin(self, *words: str, size: int = 2) -> None:
        """Start ``omnigan train``."""
        self.start(command, "train", *words, size=size)

    def train(self, *words: str, size: int = 2) -> list[int | None]:
        """Run ``omnigan train`` to its end."""
        self.begin(*words, size=size)
        return self.wait()

    def said(self, rank: int) -> str:
        """Return all that a process has printed."""
        return (self.folder / f"said-{rank}").read_text(encoding="utf-8")

    def end(self) -> None:
        """Leave no process behind."""
        for process in self.processes:
            process.kill()
            process.join()


@pytest.fixture
def crew(tmp_path: Path, forks: ForkServerContext) -> Iterator[Crew]:
    """Return an object that starts processes."""
    made = Crew(tmp_path, forks)
    yield made
    made.end()


@pytest.fixture
def recipe(mixture: object, chain: object, tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes a recipe file, by default the usual one: its path."""

    def write(values: dict[str, Any] | None = None) -> str:
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(values or RECIPE))
        return str(path)

    return write


class Runs:
    """Looks at what runs have left."""

    @staticmethod
    def newest(folder: Path) -> int:
        """Return the step of the newest checkpoint, -1 without any."""
        found = checkpoint.find(folder / "checkpoints")
        return found[0].step if found else -1

    @staticmethod
    def tensors(folder: Path) -> dict[str, Tensor]:
        """Return all that the newest checkpoint holds."""
        newest = checkpoint.find(folder / "checkpoints")[0]
        checkpoint.read_state(newest)  # it is whole
        return {
            f"{path.stem}.{name}": value
            for path in newest.folder.glob("*.safetensors")
            for name, value in load_file(path).items()
        }

    def wait_for(self, folder: Path, step: int) -> None:
        """Wait until a run has a checkpoint of a step or of a later one."""
        began = time.monotonic()
        while self.newest(folder) < step:
            assert time.monotonic() - began < LONGEST
            time.sleep(0.01)

    def distance(self, first: Path, second: Path) -> float:
        """Return the largest difference of two numbers in the same place of two runs."""
        mine, theirs = self.tensors(first), self.tensors(second)
        assert mine.keys() == theirs.keys()
        return max(float((mine[n].double() - theirs[n].double()).abs().max()) for n in mine)


@pytest.fixture
def runs() -> Runs:
    """Return an object that looks at runs."""
    return Runs()


@pytest.fixture
def alone(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that trains in this process, and returns the run folder."""

    def train(path: str, *overrides: str, **options: Any) -> Path:
        assert "RANK" not in os.environ
        return api.train(path, overrides, **{"out": tmp_path / "alone", **options})

    return train
