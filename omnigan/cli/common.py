"""What several commands share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

if TYPE_CHECKING:
    from omnigan.engine.reporter import Reporter
    from omnigan.sampling import Trained

__all__ = [
    "Best",
    "Json",
    "Overrides",
    "Recipe",
    "Run",
    "Seed",
    "file_name",
    "first_rank",
    "generated_folder",
    "loaded",
    "print_json",
    "reporting",
]

Recipe = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe file, or the name of a shipped recipe.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE", help="Values that replace the recipe's, as in train.steps=3000."
    ),
]
Run = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="A run folder, an export, or hub:owner/name[@revision]."),
]
Best = Annotated[
    bool, typer.Option("--best", help="The weights with the best evaluation, not the newest.")
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of every random draw.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def first_rank() -> bool:
    """Tell whether this is the process that talks, of those that torchrun may have started."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def reporting(stream: TextIO | None = None) -> Iterator[Reporter]:
    """Show progress, by default on the standard error, which leaves the output to the result."""
    from omnigan.console import console_reporter
    from omnigan.engine.reporter import Quiet

    reporter = console_reporter(stream or sys.stderr) if first_rank() else Quiet()
    try:
        yield reporter
    finally:
        reporter.finish()


def loaded(run: Path, device: str = "cpu", *, best: bool = False) -> Trained:
    """Load a generator, and say which commit it is if it came from the Hub."""
    from omnigan.api import load

    trained = load(run, device, best=best)
    if trained.commit is not None:
        print(f"{run.as_posix()} is commit {trained.commit}", file=sys.stderr)
    return trained


def generated_folder(run: Path) -> Path:
    """Return where commands write what a generator makes, unless somebody says it."""
    from omnigan.exporting.read import is_export
    from omnigan.hub.reference import Reference, is_reference

    if is_reference(run):  # the cache of the Hub is not ours to write to
        return Path("generated") / file_name(Reference.of(run).repository)
    if is_export(run):  # which stays as it is, to be read and shared
        return Path("generated") / file_name(run.resolve().name)
    return run / "generated"


def file_name(text: str) -> str:
    """Return any text as the name of a file or folder: separators would lead elsewhere."""
    safe = "".join("_" if char in '/\\:*?"<>|' or ord(char) < 32 else char for char in text)
    return safe.strip(". ").encode()[:80].decode(errors="ignore") or "_"


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False))
