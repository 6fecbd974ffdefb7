"""``omnigan score``: what the discriminator of a run makes of a user's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnigan.cli.common import print_json, reporting
from omnigan.cli.options import Json, Seed
from omnigan.cli.places import destination

__all__ = ["score"]


def score(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Your own files, or folders.")
    ],
    *,
    label: Annotated[
        str | None, typer.Option(help="What the files are; otherwise each label is tried.")
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            min=16,
            help="Examples of each kind that probabilities are calibrated with; otherwise 500, "
            "fewer where they are large.",
        ),
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for numbers and pictures; otherwise in generated/ of the run."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "cpu",
    json: Json = False,
) -> None:
    """Rank your own files by how real the discriminator finds them."""
    from omnigan.api import score as rank

    folder = destination(out, run, "scores")
    with reporting() as reporter:
        scores = rank(
            run,
            files,
            label=label,
            samples=samples,
            seed=seed,
            device=device,
            notify=reporter.notify,
            warn=reporter.warn,
        )
    if json:
        written = scores.write(folder)
        print_json({**scores.to_json(), "written": [str(path) for path in written]})
        return
    print(scores.table())  # first: a file may still fail
    for path in scores.write(folder):
        print(path)
