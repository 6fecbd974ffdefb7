"""Whatever is done to the files of an export, it loads or is refused in words.

``OMNIGAN_FUZZ`` sets how many mutations of each kind are tried, 150 by default.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import omnigan
from omnigan.errors import UserError

COUNT = int(os.environ.get("OMNIGAN_FUZZ", "150"))

VALUES: list[Any] = [
    *(None, True, -1, 0, 1, 3, 2**31, 2**64, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", "ring", "../../etc/passwd", "\0", "\ud800", "x" * 10_000, "mixture", "image", "fp16"),
    *([], [[]], {}, {"": None}, [1, 2, 3], {"format": 1}, {"__class__": "os.system"}),
]


def bytes_mutated(content: bytes, rng: random.Random) -> bytes:
    """Change, cut out, insert or repeat a few bytes, mostly near the beginning."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        most = max(1, len(changed) if rng.random() < 0.5 else min(len(changed), 300))
        place, length = rng.randrange(most), rng.choice([1, 1, 2, 8, 64])
        kind = rng.randrange(4)
        if kind == 0 and changed:
            changed[min(place, len(changed) - 1)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del changed[place : place + length]
        elif kind == 2:
            changed[place:place] = rng.randbytes(length)
        else:
            changed[place:place] = changed[place : place + length]
    return bytes(changed)


def values_mutated(values: Any, rng: random.Random) -> Any:
    """Replace, delete, add or rename a value somewhere in a tree, at any depth."""
    children = list(values) if isinstance(values, dict) else range(len(values))
    if not children:
        return rng.choice(VALUES)
    at = rng.choice(list(children))
    if isinstance(values[at], dict | list) and rng.random() < 0.75:
        values[at] = values_mutated(values[at], rng)
        return values
    kind = rng.randrange(6)
    if kind == 0:
        del values[at]
    elif kind == 1 and isinstance(values, dict):
        values[rng.choice(["", "code", "\ud800", "shape"])] = rng.choice(VALUES)
    else:
        values[at] = rng.choice(VALUES)
    return values


def config_bytes(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    return bytes_mutated(config, rng), model


def config_values(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    return json.dumps(values_mutated(json.loads(config), rng)).encode(), model


def hashed(config: bytes, model: bytes) -> bytes:
    """Return the config with the hash of a model: a forger would have it right."""
    return json.dumps(json.loads(config) | {"sha256": hashlib.sha256(model).hexdigest()}).encode()


def model_bytes(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    model = bytes_mutated(model, rng)
    return hashed(config, model), model


def model_header(config: bytes, model: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    size = int.from_bytes(model[:8], "little")
    values = values_mutated(json.loads(model[8 : 8 + size]), rng)
    header = json.dumps(values).encode()
    model = len(header).to_bytes(8, "little") + header + model[8 + size :]
    return hashed(config, model), model


@pytest.mark.parametrize("mutate", [config_bytes, config_values, model_bytes, model_header])
def test_a_damaged_export_loads_or_is_refused_in_words(
    exported: Path,
    mutate: Callable[[bytes, bytes, random.Random], tuple[bytes, bytes]],
) -> None:
    paths = exported / "config.json", exported / "model.safetensors"
    config, model = (path.read_bytes() for path in paths)
    refused, said = 0, list[str]()  # that a newer omnigan wrote it, say
    for seed in range(COUNT):
        for path, content in zip(paths, mutate(config, model, random.Random(seed)), strict=True):
            path.write_bytes(content)
        try:
            trained = omnigan.load(exported, warn=said.append)
        except UserError as error:
            refused += 1
            str(error).encode()  # a terminal must be able to show it
            continue
        except Exception as error:
            raise AssertionError(f"{mutate.__name__} with the seed {seed}") from error
        with torch.no_grad():
            assert trained.generate(1).x.shape == (1, 2)
    assert refused > COUNT // 2
