"""``omnigan recipes``: the shipped recipes, and copies of them to change."""

from __future__ import annotations

from typing import Annotated

import typer

from omnigan.cli.common import print_json
from omnigan.cli.options import Json
from omnigan.recipe import shipped

__all__ = ["app"]

app = typer.Typer(help="List the shipped recipes, or copy one.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def _list(context: typer.Context, json: Json = False) -> None:
    if context.invoked_subcommand is not None:
        return
    found = shipped.shipped()
    if json:
        print_json([{"name": recipe.name, "description": recipe.description} for recipe in found])
        return
    width = max((len(recipe.name) for recipe in found), default=0)
    for recipe in found:
        print(f"{recipe.name:{width}}  {recipe.description}".rstrip())
    if not found:
        print("No recipes are shipped with this installation.")


@app.command()
def copy(
    name: Annotated[str, typer.Argument(help="Name of a shipped recipe.")],
    dest: Annotated[
        str | None, typer.Argument(help="A .yaml file or a folder; otherwise NAME.yaml here.")
    ] = None,
) -> None:
    """Copy a shipped recipe to a file of your own."""
    print(shipped.copy(name, dest))
