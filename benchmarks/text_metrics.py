"""Are the text metrics right, and how long do they take? Printed beside published values.

    python benchmarks/text_metrics.py --coco FOLDER --oracle seqgan_oracle.npz

``--coco`` is a folder with ``train.txt`` and ``test.txt`` (or the same with .gz), twice
10,000 captions of the text-GAN literature; ``--oracle`` the weights of SeqGAN's oracle, as
:class:`omnigan_text.oracle.OracleData` describes them. ``--samples FILE ...`` adds rows for texts
that somebody's model wrote, one a line. Seconds are of one core.
"""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from omnigan_text.embedding import embed
from omnigan_text.metrics.bleu import bleu, self_bleu
from omnigan_text.metrics.diversity import unique_share
from omnigan_text.metrics.kneser_ney import surprise
from omnigan_text.metrics.originality import copied_runs
from omnigan_text.metrics.words import Lexicon, Tokens
from omnigan_text.oracle import Oracle, OracleData

PUBLISHED_ENTROPY = 5.750  # nats a token, of 20
SEQUENCES = 10_000


def lines(path: Path) -> list[str]:
    """Return the lines of a file, packed or not."""
    packed = path if path.suffix == ".gz" else path.with_name(f"{path.name}.gz")
    if packed.is_file():
        with gzip.open(packed, "rt", encoding="utf-8") as file:
            return file.read().splitlines()
    return path.read_text(encoding="utf-8").splitlines()


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU-seconds it took."""
    began = time.process_time()
    return work(), time.process_time() - began


def shown(scores: Mapping[int, np.ndarray]) -> str:
    """Return BLEU-2 to BLEU-5 in one cell."""
    return "/".join(f"{values.mean():.3f}".lstrip("0") for values in scores.values())


def row(name: str, texts: list[str], test: Tokens, lexicon: Lexicon) -> None:
    """Print the scores of some texts."""
    tokens = lexicon.tokens(texts)
    forward, own, backward = bleu(tokens, test), self_bleu(tokens), bleu(test, tokens)
    print(
        f"| {name} | {len(texts):,} | {unique_share(texts):.3f} | {shown(forward)} | {shown(own)} "
        f"| {shown(backward)} |"
    )


def captions(folder: Path, samples: list[Path]) -> None:
    """Print what real captions score, and texts that were written to look like them."""
    train, test = lines(folder / "train.txt"), lines(folder / "test.txt")
    lexicon = Lexicon()
    references = lexicon.tokens(test)
    print("| texts | n | unique | BLEU-2/3/4/5 | self-BLEU-2/3/4/5 | backward BLEU-2/3/4/5 |")
    print("|---|---|---|---|---|---|")
    row("real", train, references, lexicon)
    print("| real, expected | | | .709/.488/.310/.202 | .870/.717/.536/.386 | |")
    for path in samples:
        row(path.name, lines(path), references, lexicon)
    print(f"\n| of {len(train):,} captions | CPU-seconds |\n|---|---|")
    for name, seconds in durations(train, test).items():
        print(f"| {name} | {seconds:.2f} |")


def durations(train: list[str], test: list[str]) -> dict[str, float]:
    """Return how long each of some metrics takes."""
    lexicon = Lexicon()
    (ours, real), split = timed(lambda: (lexicon.tokens(train), lexicon.tokens(test)))
    works: dict[str, Callable[[], Any]] = {
        "BLEU-2..5": lambda: bleu(ours, real),
        "self-BLEU-2..5": lambda: self_bleu(ours),
        "language model": lambda: surprise(ours, real),
        "copied runs": lambda: copied_runs(ours, real),
        "n-gram features": lambda: embed(train),
    }
    return {"splitting": split} | {name: timed(work)[1] for name, work in works.items()}


def oracle(file: Path) -> None:
    """Print the entropy of the published oracle."""
    known = Oracle.of(OracleData(file=str(file), length=20))
    rng = torch.Generator().manual_seed(0)
    (mean, error), seconds = timed(lambda: known.entropy(SEQUENCES, rng))
    print("\n| oracle | nats a token | published | CPU-seconds |\n|---|---|---|---|")
    print(
        f"| {SEQUENCES:,} sequences of 20 | {mean:.4f} +- {error:.4f} | {PUBLISHED_ENTROPY:.3f} "
        f"| {seconds:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coco", type=Path)
    parser.add_argument("--oracle", type=Path)
    parser.add_argument("--samples", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.coco is not None:
        captions(arguments.coco, arguments.samples)
    if arguments.oracle is not None:
        oracle(arguments.oracle)


if __name__ == "__main__":
    main()
