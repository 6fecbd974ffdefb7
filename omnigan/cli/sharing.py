"""``omnigan export``: make of a run what others can use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from omnigan.cli.common import print_json, warn
from omnigan.cli.options import Best, Json

if TYPE_CHECKING:
    from omnigan.exporting.weights import Dtype
    from omnigan.exporting.write import Format

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    *,
    format: Annotated[
        str,
        typer.Option(help="safetensors; onnx: a model for onnxruntime besides; web: a page."),
    ] = "safetensors",
    best: Best = False,
    dtype: Annotated[str, typer.Option(help="fp32, or bf16, which is half as large.")] = "fp32",
    licence: Annotated[
        str | None, typer.Option(help="For the model card, as in cc-by-4.0; otherwise none.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the generator, a model card and samples to a folder that works on its own."""
    from omnigan.api import export as write

    folder = write(
        run,
        out,
        format=cast("Format", format),
        best=best,
        dtype=cast("Dtype", dtype),
        licence=licence,
        warn=warn,
    )
    facts = {}
    if format == "onnx":
        from omnigan.exporting.onnx.write import read_difference

        facts = {"difference": read_difference(folder).to_json()}
    if json:
        files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        print_json({"out": str(folder), "files": files, **facts})
    else:
        if facts:
            print(_checked(facts["difference"]))
        print(f"The export is in {folder}; {folder / 'README.md'} tells about it.")
        if format == "web":
            print(f"Open {folder / 'index.html'} in a browser.")
        if licence is None:
            print("Its card names no licence, so nobody may use it: --licence cc-by-4.0, say.")


def _checked(difference: Mapping[str, Any]) -> str:
    """Return what a comparison of an ONNX model with its network found."""
    return (
        f"onnxruntime and torch differ by at most {difference['maximum']:.2g} in "
        f"{difference['examples']} examples ({difference['undecided']} of them undecided to within "
        f"rounding); more than {difference['tolerance']:g} would have been refused."
    )
