"""``omnigan train`` and ``omnigan check``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Self

import typer

from omnigan.cli.common import first_rank, print_json, print_line, reporting
from omnigan.cli.options import Json, Overrides, Recipe
from omnigan.cli.places import refuse_file
from omnigan.console import LineReporter
from omnigan.errors import OmniganError

__all__ = ["check", "train"]


def train(
    recipe: Recipe,
    overrides: Overrides = None,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Run folder; otherwise a new one in runs/.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Resume though the recipe, or else the data, has changed."),
    ] = False,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:1 or mps; replaces train.device.")
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say where the time of some early steps goes.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="End with a line of JSON; all else is standard error.")
    ] = False,
) -> None:
    """Train on a recipe and print the run folder."""
    from omnigan.api import train as run

    noting = _Noting(sys.stderr)
    try:
        with noting.to_the_end() if json else reporting(sys.stdout) as reporter:
            folder = run(
                recipe,
                overrides or (),
                out=out,
                resume=resume,
                force=force,
                device=device,
                profile=profile,
                reporter=reporter,
            )
    except OmniganError as error:
        if json:
            noting.tell(error)
        raise
    if json and first_rank():
        print_line(_end(folder, "finished", None))
    elif first_rank():
        end = _end(folder, "finished", None)
        if end["report"]:
            print(f"Open {end['report']} in a browser to look at it.")
        where = f", its newest samples in {end['samples']}" if end["samples"] else ""
        print(f"The run is in {folder}{where}.")


class _Noting(LineReporter):
    """Knows the folder of a run that has begun, however it ends."""

    folder: Path | None = None

    def start(self, folder: Path, first: int, total: int) -> None:
        self.folder = folder
        super().start(folder, first, total)

    @contextmanager
    def to_the_end(self) -> Iterator[Self]:
        """Tell, too, how a run ends that is left in the midst of a step."""
        from omnigan.engine.signals import last_words

        with last_words(self.tell):
            yield self

    def tell(self, error: OmniganError) -> None:
        """Print the last line of a run that does not finish, if it has begun."""
        if self.folder is not None:
            ended = "stopped" if error.exit_status > 128 else "failed"
            print_line(_end(self.folder, ended, str(error)))


def _end(folder: Path, ended: str, reason: str | None) -> dict[str, Any]:
    """Return what there is of a run.

    Args:
        folder: The run.
        ended: "finished", "stopped" by a signal, or "failed".
        reason: In words, unless it finished.
    """
    from omnigan.engine.runfolder import RunFolder, step_folders

    run = RunFolder(folder)
    newest = max(run.samples.glob("step-*"), default=None)
    return {
        "run": str(folder),
        "samples": str(newest) if newest else None,
        "report": str(run.report) if run.report.exists() else None,
        "step": max(step_folders(run.checkpoints), default=None),
        "ended": ended,
        "reason": reason,
    }


def check(
    recipe: Recipe,
    overrides: Overrides = None,
    *,
    out: Annotated[Path | None, typer.Option(help="Where to write one real example.")] = None,
    json: Json = False,
) -> None:
    """Rehearse a recipe: data, shapes, sizes, memory and time. Trains nothing."""
    from omnigan.checking import check as rehearse
    from omnigan.recipe.load import load_recipe

    if out is not None:
        refuse_file(out)
    loaded = load_recipe(recipe, overrides or ())
    with reporting() as reporter:
        folder = out or Path("checks") / loaded.name
        report = rehearse(loaded, folder, reporter.notify, reporter.say)
    if json:
        print_json(report.to_json())
    else:
        print(report.text())
