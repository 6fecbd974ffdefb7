"""Sounds: the default recipe and WaveGAN at equal CPU-seconds, several seeds.

Run it alone on the machine, from the repository's root:

    python benchmarks/audio.py train --seeds 0,1,2
    python benchmarks/audio.py table
    python benchmarks/audio.py train --set recorded --data my/one-shots

``train`` goes through ``omnigan.train``; ``table`` prints Markdown. Speed is seconds of sound that
one core makes in a second.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from contest import Contest, command_line

import omnigan

RUNS = Path("runs/benchmark-audio")
CLASSIC = {
    # Donahue et al. 2019, a quarter as wide, so that it takes a few thousand steps as well.
    "wavegan": [
        "generator={body: wavegan, z: 100, latent: uniform}",
        "discriminator={critics: [wavegan]}",
        "train.loss=wasserstein",
        "train.penalties={gradient-penalty: {weight: 10}}",
        "train.betas=[0.5, 0.9]",
        "train.discriminator_steps=5",
    ],
}
RATES = ("1e-4", "5e-4")
SHOWN = (
    "log-mel Frechet distance",
    "divergence of bins",
    "different bins",
    "label accuracy",
    "coverage",
    "silent sounds",
    "stride artifacts (dB)",
)
SECONDS = 5.0


def speed(run: Path) -> str:
    """Return seconds of sound made in a second on one core."""
    torch.set_num_threads(1)
    trained = omnigan.load(run)
    count, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        count += len(trained.generate(64, count))
    taken = time.process_time() - began
    data = trained.domain.config.data
    return f"{count * data.samples / data.rate / taken:.0f}"


def main() -> None:
    """Read the command line."""
    contest = Contest(
        folder=RUNS,
        recipe="audio",
        classic=CLASSIC,
        rates=RATES,
        shown=SHOWN,
        budget=600.0,
        samples=600,
        features="classifier",
    )
    wanted = command_line(
        contest,
        __doc__,
        "a folder of sounds in folders by label instead of the SoundFont",
        "folder",
    )
    if wanted:
        wanted.table(speed)


if __name__ == "__main__":
    main()
