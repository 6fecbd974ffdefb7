"""Run this generator on a file of yours, with onnxruntime and numpy alone.

pip install numpy onnxruntime
python example.py my-file
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from omnigan.exporting.onnx.drawing import draw
from omnigan.exporting.onnx.numbers_file import write
from omnigan.exporting.onnx.numpy_file import read
from omnigan.exporting.onnx.running import folder_for, in_words, model_of, read_options, run


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
    x = run(model_of(facts, options.changed), facts, inputs)
    # Not the name of the file itself, which may lie in the same folder.
    stem = folder_for(options.out) / f"{options.file.stem.replace('.', '-')}-made"
    print(write(x[0], facts["show"], stem))


def _given(path: Path, each: Mapping[str, Any]) -> np.ndarray:
    """Return an input that is made of a file."""
    try:
        made: np.ndarray = read(path, each["draw"])
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror or error}") from None
    if made.dtype.kind not in "biuf" or not _fits(made.shape, each["shape"]):
        found = f"{made.dtype} of shape {[*made.shape]}"
        raise SystemExit(f"{path} must hold numbers of shape {each['shape']}, not {found}.")
    if not np.isfinite(made).all():
        raise SystemExit(f"{path} must hold finite numbers, and has others.")
    return made[None].astype(each["dtype"])


def _fits(shape: Sequence[int], wanted: Sequence[int | str]) -> bool:
    """Tell whether a shape is the one that is wanted, in which a name stands for any size."""
    return len(shape) == len(wanted) and all(
        isinstance(size, str) or size == own for own, size in zip(shape, wanted, strict=True)
    )


if __name__ == "__main__":
    in_words(main)
