"""``omnigan push``: an export for everybody, or for a few."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from omnigan.cli.common import print_json
from omnigan.cli.options import Json

__all__ = ["push"]


def push(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An export.")],
    name: Annotated[str, typer.Argument(metavar="REPO", help="owner/name on the Hub.")],
    *,
    private: Annotated[
        bool, typer.Option("--private", help="A new repository that only you can see.")
    ] = False,
    revision: Annotated[
        str | None, typer.Option(help="A branch, made if it is not there; otherwise main.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be uploaded, and stop.")
    ] = False,
    json: Json = False,
) -> None:
    """Upload an export to the Hugging Face Hub."""
    from omnigan.hub.reference import Reference, repository
    from omnigan.hub.upload import plan_of, upload

    name = repository(name)
    plan = plan_of(folder)
    for warning in plan.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not json:
        for file, size in plan.files:
            print(f"{size:>14,}  {file}")
    commit = None
    if not dry_run:
        commit = upload(plan, name, private=private, revision=revision)
    if json:
        files = [{"file": file, "bytes": size} for file, size in plan.files]
        print_json({"files": files, "warnings": list(plan.warnings), "commit": commit})
    elif commit is None:
        print("Nothing was uploaded.")
    else:
        print(f"Uploaded. Load it with omnigan.load('{Reference(name, commit)}').")
