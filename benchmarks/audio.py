"""Sounds: the default recipe and WaveGAN at equal CPU-seconds, several seeds.

Run it alone on the machine, from the repository's root:

    python benchmarks/audio.py train --seeds 0,1,2
    python benchmarks/audio.py table
    python benchmarks/audio.py train --set recorded --data my/one-shots

Notes of instruments by pitch, with the steps of their recipe:

    python benchmarks/audio.py train --set notes --recipe audio-notes --methods audio-notes \
        --seeds 0 --cpu-seconds 0
    python benchmarks/audio.py table --set notes --cpu-seconds 0

What harmonics are worth there: the same with ``--cpu-seconds 170``, another ``--set``, and
``--override generator.harmonics=false --override discriminator.harmonics=false``.

``train`` goes through ``omnigan.train``; ``table`` prints Markdown. Speed is seconds of sound that
one core makes in a second.
"""

from __future__ import annotations

from pathlib import Path

from contest import Contest, command_line, examples_a_second

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
    "told from real",
    "pitch accuracy",
)


def speed(run: Path) -> str:
    """Return seconds of sound made in a second on one core."""
    data = omnigan.load(run).domain.config.data
    return f"{examples_a_second(run) * data.samples / data.rate:.0f}"


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
