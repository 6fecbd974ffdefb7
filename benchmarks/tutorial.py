"""How good is the domain that the tutorial builds? Prints the table of docs/writing-a-domain.md.

    python benchmarks/tutorial.py [--steps 3000] [--seeds 3]

It trains on the code blocks of that page as they stand there.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

import omnigan
from omnigan.api import evaluate
from omnigan.domain import Domain
from omnigan.evaluation.results import Row

PAGE = Path(__file__).parents[1] / "docs" / "writing-a-domain.md"
BLOCK = re.compile(r'^```\w+ title="(.+?)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
ROWS = 1000
NAMES = ("marginals", "associations", "told from real")


def install(folder: Path) -> Path:
    """Write what the page says, so that this process finds the domain, and return the recipe."""
    texts: dict[str, list[str]] = {}
    for name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        texts.setdefault(name, []).append(text)
    for name, parts in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("\n\n".join(parts), encoding="utf-8")
    info = folder / "omnigan_table-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: omnigan-table\nVersion: 0\n")
    points = "[omnigan.domains]\ntable = omnigan_table:TableDomain\n"
    (info / "entry_points.txt").write_text(points)
    sys.path.insert(0, str(folder))
    return folder / "table.yaml"


def shuffled(domain: Domain) -> dict[str, float]:
    """Return the scores of held-out rows, each of whose columns was shuffled on its own."""
    source = domain.source("valid")
    rng = torch.Generator().manual_seed(0)
    x = torch.stack([source.read(place, rng).x for place in range(len(source))])
    widths: list[int] = domain.widths  # type: ignore[attr-defined]
    columns = [part[torch.randperm(len(x), generator=rng)] for part in torch.split(x, widths, 1)]
    mixed: Tensor = torch.cat(columns, 1)
    scores = {name: metric.compute(mixed, x) for name, metric in domain.metrics().items()}
    return {name: value for name, value in scores.items() if isinstance(value, float)}


def main() -> None:
    """Train, evaluate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    columns: list[Mapping[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        recipe = install(Path(folder))
        for seed in range(options.seeds):
            begun = time.process_time()
            words = [f"train.steps={options.steps}", f"seed={seed}", "train.device=cpu"]
            run = omnigan.train(recipe, words, out=Path(folder) / f"run-{seed}")
            print(f"seed {seed}: {time.process_time() - begun:.0f} CPU-seconds")
            rows = {name: row for row in evaluate(run, ROWS, seed=1).rows if (name := kind(row))}
            if not columns:
                mixed = shuffled(omnigan.load(run).domain)
                columns = [{name: row.floor for name, row in rows.items()}, mixed]
            columns.append({name: row.value for name, row in rows.items()})
    heads = ["", "floor", "shuffled", *(f"seed {seed}" for seed in range(options.seeds))]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for name in NAMES:
        cells = [f"{column[name]:.3f}" if name in column else "" for column in columns]
        print(f"| {name} | {' | '.join(cells)} |")


def kind(row: Row) -> str:
    """Return under which name a row of the evaluation is printed, if it is."""
    shown = row.metric in NAMES and (row.part == "" or row.part.startswith("accuracy"))
    return row.metric if shown else ""


if __name__ == "__main__":
    main()
