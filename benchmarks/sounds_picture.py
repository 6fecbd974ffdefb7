"""A picture of held-out sounds beside generated ones, a row for each label: docs/images/drums.png.

From the repository's root, for a run of the recipe ``audio``:

    python benchmarks/sounds_picture.py runs/benchmark-audio/default/audio-0 --out drums.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor

import omnigan
from omnigan.domain import Domain
from omnigan_audio.palette import PAPER, TEXT, font
from omnigan_audio.picture import contact_sheet
from omnigan_audio.render import to_waves

__all__ = ["held_out_of", "side_by_side"]

_LETTERS, _BAR = 16, 30  # pixels


def held_out_of(domain: Domain, each: int) -> tuple[Tensor, list[str]]:
    """Return held-out sounds ``[B, 1, T]`` and whose they are, ``each`` of every label.

    They are spread evenly over those of the label; labels of which fewer are held out are left out.
    """
    source = domain.source("valid")
    batch = source.read_batch(list(range(len(source))), torch.Generator().manual_seed(0))
    chosen: list[int] = []
    labels: list[str] = []
    for number, label in enumerate(domain.labels()):
        places = (batch.cond["label"] == number).nonzero().flatten().tolist()
        if len(places) >= each:
            chosen += [places[step * len(places) // each] for step in range(each)]
            labels += [label] * each
    return batch.x[chosen], labels


def side_by_side(real: Tensor, made: Tensor, rate: int, names: list[str]) -> Image.Image:
    """Draw sounds ``[B, 1, T]``, of which each name has as many in turn, in a row for each."""
    columns = len(real) // len(names)
    sheets = {
        "Held out": contact_sheet(to_waves(real), rate, columns, names),
        "Generated": contact_sheet(to_waves(made), rate, columns),
    }
    size = sum(sheet.width for sheet in sheets.values()), max(s.height for s in sheets.values())
    image = Image.new("RGB", (size[0], size[1] + _BAR), PAPER)
    draw, x = ImageDraw.Draw(image), 0
    for title, sheet in sheets.items():
        image.paste(sheet, (x, _BAR))
        place = (x + sheet.width // 2, _BAR // 2)
        draw.text(place, title, TEXT, font=font(_LETTERS), anchor="mm")
        x += sheet.width
    return image


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images/drums.png"))
    parser.add_argument("--each", type=int, default=2, help="sounds of each label and kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    trained = omnigan.load(options.run)
    real, labels = held_out_of(trained.domain, options.each)
    made = trained.generate(len(labels), options.seed, labels).x
    rate = trained.domain.config.data.rate
    side_by_side(real, made, rate, list(dict.fromkeys(labels))).save(options.out)
    print(options.out)


if __name__ == "__main__":
    main()
