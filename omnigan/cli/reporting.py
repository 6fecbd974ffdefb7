"""``omnigan report``: build a run's page again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnigan.cli.common import print_json
from omnigan.cli.options import Json

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="The file; otherwise report.html in the run.")
    ] = None,
    json: Json = False,
) -> None:
    """Build report.html: samples, curves and scores in one file."""
    from omnigan.engine.runfolder import RunFolder, no_run
    from omnigan.errors import UserError
    from omnigan.report import Report

    if not run.is_dir():
        raise no_run(run)
    RunFolder(run).refuse_hardly_begun()
    if not any((run / name).exists() for name in ("recipe.yaml", "metrics.jsonl", "samples")):
        raise UserError(f"{run} is not a run folder: it has no recipe.yaml and no samples.")
    path = out or run / "report.html"
    if path.is_dir():
        raise UserError(f"--out: {path} is a folder. Name a file, such as {path / 'report.html'}.")
    try:
        Report(run).write(path)
    except OSError as error:
        raise UserError(f"The report cannot be written to {path}: {error.strerror}.") from error
    if json:
        print_json({"report": str(path), "bytes": path.stat().st_size})
    else:
        print(f"The report is {path}; it opens in any browser and needs no other file.")
