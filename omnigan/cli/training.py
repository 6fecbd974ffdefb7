"""``omnigan train`` and ``omnigan check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from omnigan.cli.common import first_rank, print_json, reporting
from omnigan.cli.options import Json, Overrides, Recipe
from omnigan.cli.places import refuse_file

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
) -> None:
    """Train on a recipe and print the run folder."""
    from omnigan.api import train as run

    with reporting(sys.stdout) as reporter:
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
    if first_rank():
        newest = max((folder / "samples").glob("step-*"), default=None)
        report = folder / "report.html"
        if report.exists():
            print(f"Open {report} in a browser to look at it.")
        print(f"The run is in {folder}{f', its newest samples in {newest}' if newest else ''}.")


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
