"""Reading an export: everything is checked, and nothing in it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from torch import nn

from omnigan.digest import sha256_of
from omnigan.domain import Domain, Split
from omnigan.engine.fingerprint import Fingerprints
from omnigan.errors import UserError, listed
from omnigan.exporting.claims import check_bytes, check_claims
from omnigan.exporting.weights import DTYPES, fill_from
from omnigan.modelfile import build_generator, label_counts_of, read_model, read_values

__all__ = [
    "CONFIG",
    "EXAMPLES",
    "EXTRA_KEYS",
    "MODEL",
    "WEIGHTS",
    "Export",
    "check_size",
    "is_export",
    "read_export",
]

CONFIG = "config.json"
MODEL = "model.safetensors"
WEIGHTS = "moving average"
EXTRA_KEYS = frozenset({"step", "weights", "dtype", "sha256"})
"""What the config of an export says besides that of a run."""
EXAMPLES = "examples_sha256"
"""A key that may be missing: earlier versions did not say which examples a run had."""


@dataclass(frozen=True)
class Export:
    """What an export holds.

    Attributes:
        domain: The domain.
        network: The generator, in float32.
        step: Of the weights.
        label_counts: How many training examples each label had; empty where that is not known.
        fingerprints: Of the examples of the run; empty where they are not known.
    """

    domain: Domain
    network: nn.Module
    step: int
    label_counts: tuple[int, ...]
    fingerprints: Fingerprints


def is_export(folder: Path) -> bool:
    """Tell whether a folder is an export, whole or not, and not a run."""
    if (folder / MODEL).exists():
        return True
    try:
        return "weights" in read_values(folder / CONFIG)
    except UserError:
        return False


def check_size(config: Path, size: int | None) -> None:
    """Look at the ``config.json`` of an export whose weights are still elsewhere.

    Args:
        config: The file.
        size: Of the ``model.safetensors`` in bytes; None where nobody knows.

    Raises:
        UserError: It is not omnigan's, its domain is not installed, or the size does not fit it.
    """
    domain, values = _described(config)
    if size is not None:
        check_bytes(size, domain, values["dtype"], config)


def read_export(folder: Path) -> Export:
    """Return what an export holds.

    Raises:
        UserError: A file is missing, damaged or was made by another version, or they do not fit
            together, or their domain is not installed.
    """
    config, model = folder / CONFIG, folder / MODEL
    if not config.exists():
        raise UserError(f"{folder} is not a whole export: it has no {CONFIG}.")
    domain, values = _described(config)
    counts = label_counts_of(values, domain, config)
    check_claims(model, domain, values["dtype"], config)
    if _hash_of(model) != values["sha256"]:
        raise UserError(
            f"{model} is damaged, or belongs to another export: its hash is not the 'sha256' that "
            f"{CONFIG} gives. Copy the export again."
        )
    network = build_generator(domain, config)
    fill_from(model, network)
    return Export(domain, network, values["step"], counts, values.get(EXAMPLES, {}))


def _hash_of(model: Path) -> str:
    try:
        return sha256_of(model)
    except OSError as error:
        raise UserError(f"{model} cannot be read: {error.strerror}") from error


def _described(config: Path) -> tuple[Domain, dict[str, Any]]:
    domain, values = read_model(config, EXTRA_KEYS, {EXAMPLES})
    _check_values(values, config)
    return domain, values


def _check_values(values: dict[str, object], config: Path) -> None:
    step, sha256, examples = values["step"], values["sha256"], values.get(EXAMPLES, {})
    if type(step) is not int or not 0 <= step < 2**63:
        raise UserError(f"{config}: 'step' must be a whole number from 0 on.")
    if values["weights"] != WEIGHTS:
        raise UserError(f"{config}: 'weights' must be '{WEIGHTS}'.")
    if values["dtype"] not in DTYPES:
        raise UserError(f"{config}: 'dtype' must be {listed(DTYPES)}.")
    if not isinstance(sha256, str):
        raise UserError(f"{config}: 'sha256' must be the hash of {MODEL}.")
    splits = get_args(Split)
    if not isinstance(examples, dict) or any(
        split not in splits or not isinstance(value, str) for split, value in examples.items()
    ):
        raise UserError(f"{config}: '{EXAMPLES}' must have a hash for {listed(splits, 'and')}.")
