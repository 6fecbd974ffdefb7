"""Damaged exports of every domain, one for each seed."""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch

import omnigan
from fault_kit.mutations import damaged_bytes, damaged_text
from fault_kit.sources import small_recipe
from fault_kit.values import damaged_values
from omnigan.engine.reporter import Quiet
from omnigan.errors import UserError

__all__ = ["damaged_export"]

CONFIG, MODEL = "config.json", "model.safetensors"
FEW = ("steps=2", "threads=1", "workers=0", "device=cpu", "compile=none")
UNTOLD = ("samples_every=100", "checkpoint_every=100", "evaluate_every=null")


def damaged_export(domain: str, seed: int) -> None:
    """Load an export whose files are damaged, and sample it.

    Whoever damages the weights on purpose puts the right hash into the config; so do most seeds.

    Raises:
        UserError: It is refused.
    """
    rng = random.Random(f"{domain} {seed}")
    config, model = rng.choice(_DAMAGES)(*_whole(domain), rng)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, CONFIG).write_bytes(config)
        Path(folder, MODEL).write_bytes(model)
        said: list[str] = []
        try:
            trained = omnigan.load(folder, warn=said.append)
        except UserError as error:
            str(error).encode()  # a terminal must be able to show it
            raise
        with torch.no_grad():
            made = trained.generate(2).x
        assert made.shape[0] == 2
        assert made.dtype == torch.float32
        "".join(said).encode()


def _config_text(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    return damaged_text(config.decode(), rng), model


def _config_values(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    return _dumped(damaged_values(json.loads(config), rng)), model


def _weights(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    return _hashed(config, damaged_bytes(model, (config,), rng), rng)


def _header(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    size = int.from_bytes(model[:8], "little")
    header = _dumped(damaged_values(json.loads(model[8 : 8 + size]), rng))
    changed = len(header).to_bytes(8, "little") + header + model[8 + size :]
    return _hashed(config, changed, rng)


_DAMAGES: tuple[Callable[[bytes, bytes, random.Random], tuple[bytes, bytes]], ...] = (
    *(_config_text, _config_values, _weights, _header),
)


def _dumped(values: dict[Any, Any]) -> bytes:
    named = {str(key): value for key, value in values.items()}
    return json.dumps(named).encode()


def _hashed(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    """Return both, mostly with the hash of the changed weights."""
    if rng.random() < 0.1:
        return config, model
    right = {"sha256": hashlib.sha256(model).hexdigest()}
    return _dumped(json.loads(config) | right), model


@cache
def _whole(domain: str) -> tuple[bytes, bytes]:
    """Return the two files of an export of a small run, trained in this process."""
    with tempfile.TemporaryDirectory() as folder:
        words = [*(f"train.{word}" for word in FEW), *(f"log.{word}" for word in UNTOLD)]
        run = omnigan.train(small_recipe(domain), words, out=Path(folder, "run"), reporter=Quiet())
        export = omnigan.export(run, Path(folder, "export"))
        return (export / CONFIG).read_bytes(), (export / MODEL).read_bytes()
