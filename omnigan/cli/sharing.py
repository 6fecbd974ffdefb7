"""``omnigan export``: make of a run what others can use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from omnigan.cli.common import Best, Json, print_json

if TYPE_CHECKING:
    from omnigan.exporting.weights import Dtype

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    *,
    best: Best = False,
    dtype: Annotated[str, typer.Option(help="fp32, or bf16, which is half as large.")] = "fp32",
    licence: Annotated[
        str | None, typer.Option(help="For the model card, as in cc-by-4.0; otherwise none.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the generator, a model card and samples to a folder that works on its own."""
    from omnigan.api import export as write

    folder = write(run, out, best=best, dtype=cast("Dtype", dtype), licence=licence)
    if json:
        files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        print_json({"out": str(folder), "files": files})
    else:
        print(f"The export is in {folder}; {folder / 'README.md'} tells about it.")
