"""Whether the examples of a run are still those that it was started with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

import torch

from omnigan.domain import Batch, BatchSource, Source
from omnigan.engine import seeds
from omnigan.thinning import evenly

__all__ = ["fingerprint", "is_other"]

FEW = 256
"""Examples that are looked at one by one: that may be slow."""
NUMBERS = 2**24
"""Numbers that are looked at where a source reads whole batches."""
_CHUNK = 64


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def fingerprint(source: Source) -> str:
    """Return a hash of how many examples a source has, and of some that are evenly spread.

    Small sets are looked at as a whole. Of a large one a changed example may be missed; examples
    that were added or taken away are not.
    """
    count = len(source)
    found = hashlib.sha256(str(count).encode())
    if not count:
        return found.hexdigest()
    size = max(1, source.read(0, _rng(0)).x.numel())
    is_quick = isinstance(source, BatchSource)
    most = max(FEW, NUMBERS // size) if is_quick else FEW
    places = evenly(count, min(count, most))
    for first in range(0, len(places), _CHUNK):
        chunk = places[first : first + _CHUNK]
        if isinstance(source, BatchSource):
            examples = [source.read_batch(chunk, _rng(first))]
        else:
            examples = [source.read(place, _rng(place)) for place in chunk]
        for example in examples:
            _add(found, example)
    return found.hexdigest()


def is_other(stored: Path, identity: str) -> bool:
    """Tell whether the fingerprint in a file is not this one."""
    return stored.read_text(encoding="utf-8", errors="replace").strip() != identity


def _rng(number: int) -> torch.Generator:
    return seeds.generator(0, "fingerprint", number)


def _add(found: _Hash, example: Batch) -> None:
    for name, value in sorted({"": example.x, **example.cond}.items()):
        found.update(f"{name} {list(value.shape)} {value.dtype}".encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
