"""The folder a run leaves: where it is, what is in it, and who may write to it."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnigan import __version__
from omnigan.errors import UserError, did_you_mean

if TYPE_CHECKING:
    import torch

__all__ = [
    "RunFolder",
    "choose_folder",
    "latest_run",
    "no_run",
    "run_started_by",
    "step_folders",
    "step_of",
    "write_rebuildable",
    "write_text",
]

RUNS = Path("runs")
LOCK = ".lock"
BEGUN = ".recipe.yaml.tmp"
"""The first file of a run while it is written."""

_STEP = re.compile(r"step-([0-9]{8,})")


class RunFolder:
    """Paths of a run, and its plain files.

    Args:
        path: The folder; it need not exist.
        made: Whether it was made for this run just now.
    """

    def __init__(self, path: Path, *, made: bool = False) -> None:
        self.path = path
        self.made = made
        self.recipe = path / "recipe.yaml"
        self.config = path / "config.json"
        self.examples = path / "examples.sha256"
        self.metrics = path / "metrics.jsonl"
        self.timings = path / "timings.jsonl"
        self.status = path / "status.json"
        self.report = path / "report.html"
        self.checkpoints = path / "checkpoints"
        self.best = path / "best"
        self.samples = path / "samples"

    def sample_folder(self, step: int) -> Path:
        """Return where the samples of a step belong."""
        return self.samples / f"step-{step:08d}"

    def create(self) -> None:
        """Make the folder.

        Raises:
            UserError: It exists and is not empty, is a file, or cannot be made.
        """
        try:
            if self.path.exists() and not self.path.is_dir():
                raise UserError(
                    f"--out: {self.path} is a file. Name a folder that does not exist yet."
                )
            self.made = self.made or not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
            # These alone are left by a run that was stopped before it began.
            if any(path.name not in (LOCK, BEGUN) for path in self.path.iterdir()):
                raise UserError(
                    f"--out: the folder {self.path} is not empty. Choose another, or add --resume "
                    "to go on with the run in it."
                )
            (self.path / LOCK).touch()
        except OSError as error:
            raise UserError(f"--out: cannot write to {self.path}: {error.strerror}") from error

    @contextmanager
    def locked(self, launcher: str | None = None) -> Iterator[None]:
        """Keep a second process out of the folder while the block runs.

        Args:
            launcher: Name of what started this process, so that its next one finds the folder.

        Raises:
            UserError: Another process is training in it, or it is not writable.
        """
        try:
            handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UserError(f"cannot write to {self.path}: {error.strerror}") from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UserError(f"{self.path} is in use by another omnigan process.") from error
            os.truncate(handle, 0)
            os.write(handle, (launcher or "").encode())
            self._sweep()
            yield
        finally:
            os.close(handle)

    @contextmanager
    def removed_if_refused(self) -> Iterator[None]:
        """Remove the folder, if it was made for this run, where the block refuses to begin one.

        The process holds the lock.
        """
        try:
            yield
        except UserError:
            if self.made:
                with suppress(OSError):
                    self._remove_unused()
            raise

    def _remove_unused(self) -> None:
        if all(path.name == LOCK for path in self.path.iterdir()):
            (self.path / LOCK).unlink(missing_ok=True)
            self.path.rmdir()

    def _sweep(self) -> None:
        """Delete files that a process was writing when it was killed."""
        for left in self.path.glob(".*.tmp"):
            with suppress(OSError):
                left.unlink()

    def started_by(self, launcher: str) -> bool:
        """Tell whether the last process that trained in the folder was started by a launcher."""
        try:
            return (self.path / LOCK).read_text(encoding="utf-8") == launcher
        except (OSError, ValueError):
            return False

    def in_use(self) -> bool:
        """Tell whether a process is training in the folder."""
        try:
            handle = os.open(self.path / LOCK, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(handle)
        return False

    def refuse_hardly_begun(self) -> None:
        """Refuse a run whose process still reads data.

        Raises:
            UserError: It does.
        """
        if self.path.is_dir() and not self.recipe.is_file() and self.in_use():
            raise UserError(
                f"Training in {self.path} has only begun, and nothing is there yet. Wait a little."
            )

    def write_data(self, facts: Mapping[str, Any]) -> None:
        """Record what the domain says about its data."""
        text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
        write_text(self.path / "data.json", text)

    def write_environment(self, device: torch.device, threads: int, processes: int) -> None:
        """Record the versions, the machine and the processes of a run's begin, if not done yet."""
        import torch

        path = self.path / "environment.json"
        if path.exists():
            return
        facts = {
            "omnigan": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "platform": platform.platform(),
            "device": str(device),
            "threads": threads,
            "processes": processes,
        }
        write_text(path, json.dumps(facts, indent=1) + "\n")


def step_folders(folder: Path) -> dict[int, Path]:
    """Return the folders ``step-00001000`` in a folder by their steps, ascending."""
    if not folder.is_dir():
        return {}
    named = [(step_of(path.name), path) for path in folder.iterdir() if path.is_dir()]
    return dict(sorted((step, path) for step, path in named if step is not None))


def step_of(name: str) -> int | None:
    """Return the step that a folder is named after; None where it is not named so."""
    match = _STEP.fullmatch(name)
    return int(match[1]) if match else None


def write_text(path: Path, text: str) -> None:
    """Write a file so that a kill leaves the old text or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_rebuildable(path: Path, text: str) -> None:
    """Write a file that can be made again: whole or not at all, without waiting for the disk.

    Two processes may write the same one.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def choose_folder(name: str) -> Path:
    """Make the next free ``runs/<name>-<nnn>``, another one than any process beside this one.

    Raises:
        UserError: It cannot be made.
    """
    number = max((number for number, _ in _runs(name)), default=0)
    while True:
        number += 1
        path = RUNS / f"{name}-{number:03d}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UserError(f"cannot make the run folder {path}: {error.strerror}") from error
        return path


def latest_run(name: str) -> Path | None:
    """Return the newest ``runs/<name>-<nnn>`` that has begun: early ends leave empty ones."""
    runs = sorted(run for run in _runs(name) if RunFolder(run[1]).recipe.is_file())
    return runs[-1][1] if runs else None


def run_started_by(launcher: str, name: str) -> Path | None:
    """Return the newest ``runs/<name>-<nnn>`` of a launcher."""
    runs = sorted(run for run in _runs(name) if RunFolder(run[1]).started_by(launcher))
    return runs[-1][1] if runs else None


def no_run(path: str | Path) -> UserError:
    """Return the error of a run folder that is not there, with the nearest spelling of one."""
    folder = Path(path)
    beside = [each for place in (folder.parent, RUNS) for each in place.glob("*/config.json")]
    near = did_you_mean(path, (str(config.parent) for config in beside))
    return UserError(
        f"There is no run folder '{path}'{': it is a file' if folder.is_file() else ''}.{near}"
    )


def _runs(name: str) -> list[tuple[int, Path]]:
    if not RUNS.is_dir():
        return []
    pattern = re.compile(re.escape(name) + r"-(\d{3,})")
    found = [(pattern.fullmatch(path.name), path) for path in RUNS.iterdir() if path.is_dir()]
    return [(int(match[1]), path) for match, path in found if match]
