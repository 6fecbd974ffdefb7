"""Images: the default recipe against three classic ones and its bodies, at equal CPU-seconds.

Run it alone on the machine, from the repository's root:

    python benchmarks/images.py train --seeds 0,1,2
    python benchmarks/images.py table
    python benchmarks/images.py train --set emoji --recipe image-emoji --data my/emoji_32.npz
    python benchmarks/images.py table --set emoji
    python benchmarks/images.py train --set bodies --methods image,resnet-sn-8,r3gan-narrow
    python benchmarks/images.py table --set bodies

``train`` goes through ``omnigan.train``; of each classic recipe's two learning rates the one with
the lower Frechet distance at the first seed goes on. ``table`` prints Markdown.
"""

from __future__ import annotations

from pathlib import Path

from contest import Contest, command_line

RUNS = Path("runs/benchmark-images")

CLASSIC: dict[str, list[str]] = {
    # Radford et al. 2016.
    "dcgan": [
        "train.loss=non-saturating",
        "train.penalties={}",
        "train.betas=[0.5, 0.999]",
        "discriminator.norm=batch",
    ],
    # Gulrajani et al. 2017.
    "wgan-gp": [
        "train.loss=wasserstein",
        "train.penalties={gradient-penalty: {weight: 10}}",
        "train.betas=[0.0, 0.9]",
        "train.discriminator_steps=5",
    ],
    # Miyato et al. 2018, as large as the others' networks; with one critic step instead of five,
    # since five leave it too few updates in this time.
    "sngan": [
        "train.loss=hinge",
        "train.penalties={}",
        "train.betas=[0.0, 0.9]",
        "generator={body: resnet-sn, width: 16}",
        "discriminator={body: resnet-sn, width: 16}",
    ],
}


def body(networks: str, *more: str) -> list[str]:
    """Return overrides that give both networks another body; the rest stays the recipe's."""
    return [f"generator={{{networks}}}", f"discriminator={{{networks}}}", *more]


NARROW = "body: r3gan, width: 128, multipliers: [1, 0.5, 0.125, 0.0625], group_size: 8"
SLOW = "train.rate={start: 2e-4, end: 2e-5}"  # a fifth of the recipe's
BODIES: dict[str, list[str]] = {
    # A step costs 1.4 and 2.8 times as much as with `dcgan`.
    "resnet-sn-8": body("body: resnet-sn, width: 8"),
    "resnet-sn-16": body("body: resnet-sn, width: 16"),
    # Few channels where maps are large; still six times as much.
    "r3gan-narrow": body(NARROW),
    "r3gan-narrow-slow": body(NARROW, SLOW),
}
RATES = ("2e-4", "5e-4")
SHOWN = ("Frechet distance", "kernel distance", "precision", "recall", "density", "coverage")


def main() -> None:
    """Read the command line."""
    contest = Contest(
        folder=RUNS,
        recipe="image",
        classic=CLASSIC,
        rates=RATES,
        shown=SHOWN,
        budget=300.0,
        samples=1000,
        features="classifier",
        variants=BODIES,
    )
    wanted = command_line(
        contest, __doc__, "an .npz file of images and labels instead of MNIST", "auto"
    )
    if wanted:
        wanted.table()


if __name__ == "__main__":
    main()
