"""Sample this generator with onnxruntime and numpy alone.

pip install numpy onnxruntime
python example.py --count 4 --seed 1
"""

from __future__ import annotations

import argparse

import numpy as np

from omnigan.exporting.onnx.drawing import draw
from omnigan.exporting.onnx.numbers_file import write
from omnigan.exporting.onnx.running import BATCH, folder_for, in_words, model_of, read_options, run


def main() -> None:
    """Draw inputs, run the model on them, and write what comes out as files."""
    parser = argparse.ArgumentParser(description="Sample this generator.")
    parser.add_argument("--count", type=int, default=4, help="how many examples")
    facts, options = read_options(parser)
    if options.count < 1:
        parser.error("--count must be 1 or more")

    rng = np.random.default_rng(options.seed)
    model, out = model_of(facts, options.changed), folder_for(options.out)
    for first in range(0, options.count, BATCH):
        drawn = draw(facts, BATCH, rng, options.label, options.settings)
        inputs = {name: value[: options.count - first] for name, value in drawn.items()}
        for number, example in enumerate(run(model, facts, inputs), first):
            print(write(example, facts["show"], out / f"{number:03d}"))


if __name__ == "__main__":
    in_words(main)
