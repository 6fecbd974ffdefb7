"""One run that is broken and resumed, and what became of it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fault_kit.children import Child, Ended, run
from fault_kit.harms import CountFileOperations, Harm
from fault_kit.sources import recipe_for, write_recipe
from omnigan.engine import checkpoint

__all__ = ["Bench", "Outcome", "results"]

Kind = Literal["continued", "sentence", "lost"]


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    Attributes:
        kind: ``continued``: it ended with the bytes of an unbroken run. ``sentence``: it ended with
            words for a person. ``lost``: anything else.
        detail: What happened, for a person who wants to know.
    """

    kind: Kind
    detail: str = ""


def results(folder: Path) -> dict[str, bytes]:
    """Return everything of a run that must not depend on what happened to it."""
    last = checkpoint.find(folder / "checkpoints")[0]
    files = [*last.folder.iterdir(), folder / "metrics.jsonl", *folder.glob("samples/*/*")]
    files += folder.glob("best/*/*")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Bench:
    """Trains the same small recipe again and again, unharmed and harmed.

    Args:
        domain: Name of the domain.
        folder: Where everything goes.
        recipe: Another recipe than that of :func:`fault_kit.sources.recipe_for`.
    """

    def __init__(
        self, domain: str, folder: Path, recipe: Mapping[str, object] | None = None
    ) -> None:
        self.domain = domain
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.values = recipe or recipe_for(domain, folder / "data")
        self.recipe = write_recipe(folder / "mine.yaml", self.values)
        self.environment = {"OMNIGAN_CACHE": str(folder / "cache")}
        self._number = 0
        calm = self.new()
        ended = self.train(calm)
        if ended.status:
            raise RuntimeError(f"{domain}: the unbroken run failed: {ended.said}")
        self.whole = results(calm)
        self.seconds = self.train(self.new()).seconds

    def new(self) -> Path:
        """Return a name for another run."""
        self._number += 1
        return self.folder / f"run-{self._number:03}"

    def fresh_cache(self) -> dict[str, str]:
        """Return an environment with a cache in which nothing is."""
        self._number += 1
        return {"OMNIGAN_CACHE": str(self.folder / f"cache-{self._number:03}")}

    # ---- commands --------------------------------------------------------------------------

    def words(self, out: Path, *more: str) -> list[str]:
        """Return the command that trains in a folder, or goes on there."""
        resume = ["--resume"] if (out / "recipe.yaml").exists() else []
        return ["train", str(self.recipe), *more, "--out", str(out), *resume]

    def start(
        self,
        out: Path,
        harms: Sequence[Harm] = (),
        *more: str,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> Child:
        """Start training, or go on."""
        given = {**self.environment, **(environment or {})}
        return Child(self.words(out, *more), log or out.with_suffix(".log"), harms, given)

    def train(
        self,
        out: Path,
        harms: Sequence[Harm] = (),
        *more: str,
        environment: Mapping[str, str] | None = None,
    ) -> Ended:
        """Train to the end, or go on."""
        return self.start(out, harms, *more, environment=environment).wait()

    def command(self, *words: str, harms: Sequence[Harm] = ()) -> Ended:
        """Run another command."""
        self._number += 1
        log = self.folder / f"command-{self._number:03}.log"
        return run(words, log, harms, self.environment)

    def stopped(self) -> Path:
        """Return a run that was killed in its last third, with two checkpoints."""
        out = self.new()
        child = self.start(out)
        while len(checkpoint.find(out / "checkpoints")) < 2 and not child.ends_within(0.002):
            pass
        child.signal(signal.SIGKILL)
        child.wait()
        return out

    # ---- judging ---------------------------------------------------------------------------

    def resumed(self, out: Path, broken: Ended, *more: str) -> Outcome:
        """Go on with a run that was broken, unharmed, and compare it with the whole one."""
        if broken.hung:
            return Outcome("lost", "it hung")
        if broken.traceback:
            return Outcome("lost", f"a traceback: {broken.said}")
        by_signal = broken.status in (128 + signal.SIGINT, 128 + signal.SIGTERM)
        if broken.status > 0 and not (broken.sentence or by_signal):
            return Outcome("lost", f"status {broken.status} without a word: {broken.said}")
        ended = self.train(out, (), *more)
        if ended.status:
            return Outcome("lost", f"cannot be resumed: {ended.said}")
        return self.compared(out)

    def compared(self, out: Path) -> Outcome:
        """Compare a finished run with the whole one, and delete it if nothing is wrong."""
        mine = results(out)
        odd = sorted(
            name for name in {*mine, *self.whole} if mine.get(name) != self.whole.get(name)
        )
        left = [str(path.relative_to(out)) for path in out.rglob("*") if _is_left_over(path)]
        for name in ("report.html", "environment.json", "data.json", "config.json", "status.json"):
            if not (out / name).is_file():
                odd.append(f"no {name}")
        if odd or left:
            return Outcome("lost", f"{out}: differs in {odd}; left over: {left}")
        self.forget(out)
        return Outcome("continued")

    def forget(self, out: Path) -> None:
        """Delete a run."""
        shutil.rmtree(out, ignore_errors=True)

    def says(self, ended: Ended) -> Outcome:
        """Judge a command that cannot do its work."""
        if ended.hung:
            return Outcome("lost", "it hung")
        if ended.sentence:
            return Outcome("sentence", ended.said)
        return Outcome("lost", f"status {ended.status}: {ended.said}")

    def file_operations(self) -> list[str]:
        """Return what an unbroken run does to its folder, in its order."""
        out = self.new()
        return self._operations(out, str(out), self.environment)

    def cache_operations(self) -> int:
        """Return how many operations on files build the cache."""
        cache = self.fresh_cache()
        return len(self._operations(self.new(), cache["OMNIGAN_CACHE"], cache))

    def _operations(self, out: Path, below: str, environment: Mapping[str, str]) -> list[str]:
        log = self.folder / "operations.log"
        log.unlink(missing_ok=True)
        self.train(out, [CountFileOperations(below, str(log))], environment=environment)
        self.forget(out)
        return log.read_text().splitlines()


def _is_left_over(path: Path) -> bool:
    return path.name.startswith(".") and path.name != ".lock"
