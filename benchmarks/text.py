"""Texts: the default recipe from scratch, and the same generator by likelihood; several seeds.

Run it alone on the machine, from the repository's root:

    python benchmarks/text.py train --seeds 0,1,2,3,4 --methods text
    python benchmarks/text.py train --seeds 0
    python benchmarks/text.py table
    python benchmarks/text.py train --set equations --data arithmetic --cpu-seconds 150
    python benchmarks/text.py train --set sentences --data my/sentences.txt

``train`` goes through ``omnigan.train``; ``table`` prints Markdown. Speed is texts that one core
writes in a second.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from contest import Contest, command_line

import omnigan

RUNS = Path("runs/benchmark-text")
CLASSIC = {
    # The baseline that every text GAN has to be measured against; it stops when it overfits.
    "likelihood": [
        "train.objective=likelihood",
        "train.rate={start: 0.002, end: 0.0002}",
        "train.stopping={patience: 3, every: 100}",
    ],
}
SHOWN = (
    "reverse language-model score",
    "language-model score",
    "unique texts",
    "vocabulary coverage",
    "self-BLEU 2",
    "self-BLEU 5",
    "BLEU 2",
    "BLEU 5",
    "Frechet distance",
    "copied texts",
    "held-out likelihood nats a token",
    "equations",
    "forms covered",
    "rule chi-square",
)
SECONDS = 5.0


def speed(run: Path) -> str:
    """Return texts written in a second on one core."""
    torch.set_num_threads(1)
    trained = omnigan.load(run)
    count, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        count += len(trained.generate(64, count))
    return f"{count / (time.process_time() - began):.0f}"


def main() -> None:
    """Read the command line."""
    contest = Contest(
        folder=RUNS,
        recipe="text",
        classic=CLASSIC,
        rates=("",),
        shown=SHOWN,
        budget=600.0,
        samples=1000,
        features="domain",
    )
    help_for_data = "a file or folder of texts, or `arithmetic`, instead of docstrings"
    wanted = command_line(contest, __doc__, help_for_data, "none")
    if wanted:
        wanted.table(speed)


if __name__ == "__main__":
    main()
