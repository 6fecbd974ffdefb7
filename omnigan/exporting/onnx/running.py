"""What every program does that uses a generator: it reads options, and runs the model."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

__all__ = ["read_facts", "read_options", "run"]

HERE = Path(__file__).parent


def read_options(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the options of a parser, and those that every generator has."""
    parser.add_argument("--seed", type=int, default=0, help="of every random draw")
    parser.add_argument("--label", help="which kind, where there are kinds")
    parser.add_argument("--out", type=Path, default=Path("made"), help="a folder for the files")
    options = parser.parse_args()
    if options.seed < 0:
        parser.error("--seed must be 0 or more")
    return options


def read_facts() -> dict[str, Any]:
    """Read what is known about the generator."""
    facts: dict[str, Any] = json.loads((HERE / "generator.json").read_text(encoding="utf-8"))
    return facts


def run(facts: Mapping[str, Any], inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return what the model makes of inputs."""
    onnxruntime.set_default_logger_severity(3)  # errors, not what it chose not to optimise
    model = onnxruntime.InferenceSession(HERE / facts["model"]["file"])
    made: np.ndarray = model.run([facts["output"]["name"]], inputs)[0]
    return made
