"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnigan.numerals import LARGEST_SEED

__all__ = ["Best", "Json", "Overrides", "Recipe", "Run", "Seed"]

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
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Seed of every random draw.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
