"""Texts: the default recipe from scratch, and the same generator by likelihood; several seeds.

Run it alone on the machine, from the repository's root:

    python benchmarks/text.py train --set docstrings --methods text --cpu-seconds 0 --seeds 0,1,2
    python benchmarks/text.py train --set docstrings --methods likelihood --cpu-seconds 60 --seeds 0
    python benchmarks/text.py table --set docstrings --cpu-seconds 0

and so on with ``--set equations --data arithmetic --cpu-seconds 150`` and, for lines of your own,
``--set sentences --data my/sentences.txt --cpu-seconds 150``.

``train`` goes through ``omnigan.train``; ``table`` prints Markdown. Speed is texts that one core
writes in a second.
"""

from __future__ import annotations

from pathlib import Path

from contest import Contest, command_line, examples_a_second

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
    "symbol coverage",
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


def speed(run: Path) -> str:
    """Return texts written in a second on one core."""
    return f"{examples_a_second(run):.0f}"


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
