"""What every program does that uses a generator: it reads options, and runs the model."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import onnxruntime

__all__ = ["BATCH", "folder_for", "in_words", "model_of", "read_options", "run"]

HERE = Path(__file__).parent
AGAIN = "Copy the whole folder of the export again, or export anew."
CHANGED = (
    "If it is damaged, copy the whole folder of the export again, or export anew. If it was "
    "changed on purpose, quantised for example, write --changed."
)
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
    parser.add_argument("--changed", action="store_true", help="use a model changed on purpose")
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
    try:
        facts: dict[str, Any] = json.loads(_content(path))
    except ValueError:
        raise SystemExit(f"{path} is damaged: it is no JSON. {AGAIN}") from None
    return facts


def _content(path: Path) -> bytes:
    """Return what a file holds that came with this program."""
    with _reading(path):
        return path.read_bytes()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say why a file cannot be read that came with this program."""
    try:
        yield
    except FileNotFoundError:
        raise SystemExit(
            f"{path} is missing: example.py needs the folder that it came in."
        ) from None
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {_reason(error)}.") from None


def _reason(error: BaseException) -> str:
    """Return what an error says, on one line."""
    said = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0]
    return said or type(error).__name__


def folder_for(out: Path) -> Path:
    """Return the folder for files, made if it is not there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"is no folder and cannot be made: {_reason(error)}"
        raise SystemExit(f"--out {out} {why}") from None
    return out


def model_of(facts: Mapping[str, Any], changed: bool) -> onnxruntime.InferenceSession:
    """Open the model, if it is what was exported or somebody says that they changed it."""
    about = facts["model"]
    path = HERE / about["file"]
    # A model of more than 2 GB has its weights in a file of their own.
    for each in [] if changed else [about, *([about["data"]] if "data" in about else [])]:
        if _hash_of(HERE / each["file"]) != each["sha256"]:
            raise SystemExit(f"{HERE / each['file']} is not what was exported. {CHANGED}")
    onnxruntime.set_default_logger_severity(4)  # what goes wrong is raised, too
    try:
        return onnxruntime.InferenceSession(path)
    except Exception as error:  # onnxruntime raises errors of many kinds
        _refuse(error, "open", path)


def _hash_of(path: Path) -> str:
    """Return the SHA-256 of a file of any size."""
    found = sha256()
    with _reading(path), path.open("rb") as file:
        while part := file.read(2**20):
            found.update(part)
    return found.hexdigest()


def run(
    model: onnxruntime.InferenceSession,
    facts: Mapping[str, Any],
    inputs: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Return what the model makes of inputs."""
    try:
        made: np.ndarray = model.run([facts["output"]["name"]], inputs)[0]
    except Exception as error:
        kind = type(error)
        if not kind.__module__.startswith("onnxruntime") or kind.__name__ == "InvalidArgument":
            raise  # the inputs are not those of the model
        _refuse(error, "run", HERE / facts["model"]["file"])
    return made


def _refuse(error: Exception, what: str, path: Path) -> NoReturn:
    """Say what onnxruntime cannot do with a model."""
    why = _reason(error)
    if isinstance(error, MemoryError) or "alloc" in why:
        raise MemoryError(why) from None
    newer = "A newer one may: pip install --upgrade onnxruntime"
    raise SystemExit(f"This onnxruntime cannot {what} {path}: {why} {newer}") from None


def in_words(main: Callable[[], None]) -> None:
    """Run a program; what goes wrong ends in a sentence, not in a traceback."""
    try:
        main()
        sys.stdout.flush()  # else what cannot be printed is found out after the end
    except BrokenPipeError:
        _print_nowhere()
        raise SystemExit(
            "Nobody reads what is printed any more, so nothing more is made."
        ) from None
    except OSError as error:  # of a file that is written: the others are told where they are read
        file = error.filename or "A file"
        why = f"cannot be written: {_reason(error)}. Name another folder with --out."
        raise SystemExit(f"{file} {why}") from None
    except MemoryError as error:
        why = f" ({_reason(error)})" if str(error) else ""
        raise SystemExit(
            f"There is not enough memory{why}. Close other programs, or ask for less at a time."
        ) from None
    except Exception as error:  # numbers that are not there, or not what they should be
        frames = traceback.extract_tb(error.__traceback__)
        line = [each.lineno for each in frames if each.filename == frames[0].filename][-1]
        why = f"line {line}, {type(error).__name__}: {error}".partition("\n")[0]
        raise SystemExit(
            f"{HERE / 'generator.json'} is damaged, or example.py was changed ({why}). {AGAIN}"
        ) from None


def _print_nowhere() -> None:
    """Keep Python from writing the rest of what was printed when it ends."""
    with suppress(OSError):  # of what has no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
