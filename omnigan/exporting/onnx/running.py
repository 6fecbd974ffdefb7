"""What every program does that uses a generator: it reads options, and runs the model."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

__all__ = ["BATCH", "folder_for", "model_of", "read_options", "run"]

HERE = Path(__file__).parent
BATCH = 16
"""Examples that are drawn at once: noise takes memory, and the first of many are those of few."""


def read_options(parser: argparse.ArgumentParser) -> tuple[dict[str, Any], argparse.Namespace]:
    """Read what is known about the generator, and the options of a parser and of every generator.

    What may be set of this one is an option each, and all of it together ``settings``.
    """
    facts = _read_facts()
    parser.add_argument("--seed", type=int, default=0, help="of every random draw")
    parser.add_argument("--label", help="which kind, where there are kinds")
    parser.add_argument("--out", type=Path, default=Path("made"), help="a folder for the files")
    settings = _settings(facts)
    for name, how in settings.items():
        about = f"from {how['low']} to {how['high']}; {how['usual']} without"
        parser.add_argument(f"--{name}", type=float, default=how["usual"], help=about)
    options = parser.parse_args()
    if options.seed < 0:
        parser.error("--seed must be 0 or more")
    options.settings = {name: getattr(options, name) for name in settings}
    for name, how in settings.items():
        if not how["low"] <= options.settings[name] <= how["high"]:
            parser.error(f"--{name} must be from {how['low']} to {how['high']}")
    return facts, options


def _settings(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be set, by name, each with its bounds and its usual value."""
    draws = {each["name"]: each["draw"] for each in facts["inputs"]}
    return {name: how for name, how in draws.items() if how["kind"] == "setting"}


def _read_facts() -> dict[str, Any]:
    """Read what is known about the generator."""
    path = HERE / "generator.json"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: example.py needs the folder that it came in.")
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return facts


def folder_for(out: Path) -> Path:
    """Return the folder for files, made if it is not there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"--out {out} is no folder and cannot be made: {error.strerror}") from None
    return out


def model_of(facts: Mapping[str, Any]) -> onnxruntime.InferenceSession:
    """Open the model."""
    path = HERE / facts["model"]["file"]
    if not path.is_file():
        raise SystemExit(f"{path} is missing: example.py needs the folder that it came in.")
    onnxruntime.set_default_logger_severity(3)  # errors, not what it chose not to optimise
    return onnxruntime.InferenceSession(path)


def run(
    model: onnxruntime.InferenceSession,
    facts: Mapping[str, Any],
    inputs: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Return what the model makes of inputs."""
    made: np.ndarray = model.run([facts["output"]["name"]], inputs)[0]
    return made
