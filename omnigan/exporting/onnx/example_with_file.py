"""Run this generator on a file of yours, with onnxruntime and numpy alone.

pip install numpy onnxruntime
python example.py my-file
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime

from omnigan.exporting.onnx.drawing import draw
from omnigan.exporting.onnx.numbers_file import write
from omnigan.exporting.onnx.numpy_file import read

HERE = Path(__file__).parent


def main() -> None:
    """Make an input of a file, run the model on it, and write what comes out as a file."""
    parser = argparse.ArgumentParser(description="Run this generator on a file.")
    parser.add_argument("file", type=Path, help="what it works on")
    parser.add_argument("--seed", type=int, default=0, help="of every random draw")
    parser.add_argument("--label", help="which kind, where there are kinds")
    parser.add_argument("--out", type=Path, default=Path("made"), help="a folder for the file")
    options = parser.parse_args()

    facts = json.loads((HERE / "generator.json").read_text(encoding="utf-8"))
    inputs = draw(facts, 1, np.random.default_rng(options.seed), options.label)
    for each in facts["inputs"]:
        if each["draw"]["kind"] == "given":
            inputs[each["name"]] = read(options.file, each["draw"])[None].astype(each["dtype"])
    onnxruntime.set_default_logger_severity(3)  # errors, not what it chose not to optimise
    model = onnxruntime.InferenceSession(HERE / facts["model"]["file"])
    x = model.run([facts["output"]["name"]], inputs)[0]
    options.out.mkdir(parents=True, exist_ok=True)
    # Not the name of the file itself, which may lie in the same folder.
    stem = options.out / f"{options.file.stem.replace('.', '-')}-made"
    print(write(x[0], facts["show"], stem))


if __name__ == "__main__":
    main()
