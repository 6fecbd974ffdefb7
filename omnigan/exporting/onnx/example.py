"""Sample this generator with onnxruntime and numpy alone.

pip install numpy onnxruntime
python example.py --count 4 --seed 1
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime

from omnigan.exporting.onnx.drawing import draw
from omnigan.exporting.onnx.numbers_file import write

HERE = Path(__file__).parent


def main() -> None:
    """Draw inputs, run the model on them, and write what comes out as files."""
    parser = argparse.ArgumentParser(description="Sample this generator.")
    parser.add_argument("--count", type=int, default=4, help="how many examples")
    parser.add_argument("--seed", type=int, default=0, help="of every random draw")
    parser.add_argument("--label", help="which kind, where there are kinds")
    parser.add_argument("--out", type=Path, default=Path("made"), help="a folder for the files")
    options = parser.parse_args()

    facts = json.loads((HERE / "generator.json").read_text(encoding="utf-8"))
    inputs = draw(facts, options.count, np.random.default_rng(options.seed), options.label)
    onnxruntime.set_default_logger_severity(3)  # errors, not what it chose not to optimise
    model = onnxruntime.InferenceSession(HERE / facts["model"]["file"])
    x = model.run([facts["output"]["name"]], inputs)[0]
    options.out.mkdir(parents=True, exist_ok=True)
    for number, example in enumerate(x):
        print(write(example, facts["show"], options.out / f"{number:03d}"))


if __name__ == "__main__":
    main()
