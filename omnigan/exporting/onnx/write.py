"""``model.onnx``, ``generator.json`` and ``example.py`` of an export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from omnigan import __version__
from omnigan.digest import sha256_of
from omnigan.exporting.onnx.check import Difference, compare
from omnigan.exporting.onnx.inputs import inputs_of, labels_of
from omnigan.exporting.onnx.program import example_for
from omnigan.exporting.onnx.trace import OUTPUT, Model, write_model
from omnigan.sampling import Trained

__all__ = ["EXAMPLE", "GENERATOR", "MODEL", "read_difference", "write_onnx"]

MODEL = "model.onnx"
GENERATOR = "generator.json"
EXAMPLE = "example.py"
FORMAT = 1


def write_onnx(trained: Trained, domain: str, folder: Path) -> Difference:
    """Write a generator as ONNX into a folder, with all that a program needs besides.

    Args:
        trained: The generator, on the CPU.
        domain: The name that its domain is installed under.
        folder: An existing folder.

    Returns:
        How far the model is from the network.

    Raises:
        OmniganError: torch cannot export the network, what it exports differs too much, or the
            domain does not say all that a program needs.
    """
    inputs = inputs_of(trained)
    model = write_model(trained, inputs, folder / MODEL)
    difference = compare(trained, model.path)
    standalone = trained.domain.standalone()
    facts = {
        "format": FORMAT,
        "omnigan": __version__,
        "domain": domain,
        "step": trained.step,
        "model": _model(model),
        "inputs": [each.to_json() for each in inputs],
        "labels": labels_of(trained.domain),
        "output": _output(trained, model),
        "show": dict(standalone.show),
        "difference": difference.to_json(),
    }
    text = json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=1)
    (folder / GENERATOR).write_text(text + "\n", encoding="utf-8")
    (folder / EXAMPLE).write_text(example_for(standalone), encoding="utf-8")
    return difference


def _model(model: Model) -> dict[str, Any]:
    weights = {} if model.weights is None else {"data": _file(model.weights)}
    return {**_file(model.path), "opset": model.version, **weights}


def _file(path: Path) -> dict[str, Any]:
    return {"file": path.name, "sha256": sha256_of(path), "bytes": path.stat().st_size}


def _output(trained: Trained, model: Model) -> dict[str, Any]:
    space = trained.domain.space
    return {
        "name": OUTPUT,
        "shape": model.shape,
        "low": space.low,
        "high": space.high,
        "symbols": space.symbols,
    }


def read_difference(folder: Path) -> Difference:
    """Return what the ``generator.json`` of an export says about its model."""
    found = json.loads((folder / GENERATOR).read_text(encoding="utf-8"))["difference"]
    return Difference(found["maximum"], found["examples"], found["undecided"])
