"""What every program does that uses a generator: it reads options, and runs the model."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

__all__ = ["read_facts", "read_options", "run", "settings_of"]

HERE = Path(__file__).parent


def read_options(parser: argparse.ArgumentParser, facts: Mapping[str, Any]) -> argparse.Namespace:
    """Read the options of a parser, those that every generator has, and this one's settings."""
    parser.add_argument("--seed", type=int, default=0, help="of every random draw")
    parser.add_argument("--label", help="which kind, where there are kinds")
    parser.add_argument("--out", type=Path, default=Path("made"), help="a folder for the files")
    for name, how in settings_of(facts).items():
        about = f"from {how['low']} to {how['high']}; {how['usual']} without"
        parser.add_argument(f"--{name}", type=float, default=how["usual"], help=about)
    options = parser.parse_args()
    if options.seed < 0:
        parser.error("--seed must be 0 or more")
    for name, how in settings_of(facts).items():
        if not how["low"] <= getattr(options, name) <= how["high"]:
            parser.error(f"--{name} must be from {how['low']} to {how['high']}")
    return options


def settings_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be set, by name, each with its bounds and its usual value."""
    draws = {each["name"]: each["draw"] for each in facts["inputs"]}
    return {name: how for name, how in draws.items() if how["kind"] == "setting"}


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
