"""How far ONNX models are from their networks, for generators as the shipped recipes have them.

    python benchmarks/onnx_recipes.py
    python benchmarks/onnx_recipes.py vocoder --steps 500

Each recipe is trained for some steps with small batches, at its full width and with all its rounds,
and exported; a recipe whose data are not here is named with the reason.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import omnigan
from omnigan.errors import OmniganError
from omnigan.exporting.onnx.write import read_difference
from omnigan.recipe.shipped import shipped

FEW = {"audio": ["data.max_files=200"]}
"""Of data, where much of it takes long to read and says nothing about the generator."""


def cells(name: str, options: argparse.Namespace, folder: Path) -> list[str]:
    """Train and export a recipe; return what the table says of it."""
    words = [f"train.steps={options.steps}", f"train.batch_size={options.batch}"]
    words += ["log.samples=2", f"log.samples_every={options.steps}", "train.device=cpu"]
    words += [*FEW.get(name, []), *options.set]
    began = time.process_time()
    try:
        run = omnigan.train(name, words, out=folder / name)
    except OmniganError as error:
        return ["-", "-", "-", f"not trained: {_first(error)}"]
    trained = time.process_time()
    seconds = [f"{trained - began:.0f}"]
    try:
        out = omnigan.export(run, folder / f"{name}-onnx", format="onnx")
    except OmniganError as error:
        return [*seconds, f"{time.process_time() - trained:.0f}", "-", f"refused: {_first(error)}"]
    found = read_difference(out)
    seconds.append(f"{time.process_time() - trained:.0f}")
    counted = f"{found.examples} examples, {found.undecided} undecided"
    return [*seconds, f"{found.maximum:.1e}", counted]


def _first(error: OmniganError) -> str:
    return str(error).partition("\n")[0].partition(". ")[0]


def main() -> None:
    """Read the command line, and print a line for each recipe."""
    names = [recipe.name for recipe in shipped()]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", default=names, metavar="RECIPE")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of all recipes"
    )
    options = parser.parse_args()
    print("| recipe | training, CPU-s | export, CPU-s | largest difference | |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.recipes:
            print(
                "|", " | ".join([f"`{name}`", *cells(name, options, Path(folder))]), "|", flush=True
            )


if __name__ == "__main__":
    main()
