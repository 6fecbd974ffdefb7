"""Run this generator on a file of yours, with onnxruntime and numpy alone.

pip install numpy onnxruntime
python example.py my-file
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from omnigan.exporting.onnx.drawing import draw
from omnigan.exporting.onnx.numbers_file import write
from omnigan.exporting.onnx.numpy_file import read
from omnigan.exporting.onnx.running import folder_for, model_of, read_options, run


def main() -> None:
    """Make an input of a file, run the model on it, and write what comes out as a file."""
    parser = argparse.ArgumentParser(description="Run this generator on a file.")
    parser.add_argument("file", type=Path, help="what it works on")
    facts, options = read_options(parser)

    rng = np.random.default_rng(options.seed)
    inputs = draw(facts, 1, rng, options.label, options.settings)
    for each in facts["inputs"]:
        if each["draw"]["kind"] == "given":
            inputs[each["name"]] = _given(options.file, each)
    x = run(model_of(facts), facts, inputs)
    # Not the name of the file itself, which may lie in the same folder.
    stem = folder_for(options.out) / f"{options.file.stem.replace('.', '-')}-made"
    print(write(x[0], facts["show"], stem))


def _given(path: Path, each: Mapping[str, Any]) -> np.ndarray:
    """Return an input that is made of a file."""
    try:
        made: np.ndarray = read(path, each["draw"])
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror or error}") from None
    return made[None].astype(each["dtype"])


if __name__ == "__main__":
    main()
