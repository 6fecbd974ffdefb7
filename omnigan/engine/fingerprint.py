"""Whether the examples of a run are still those that it was started with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, get_args

import torch

from omnigan.domain import Batch, BatchSource, Domain, Source, Split
from omnigan.engine import seeds
from omnigan.engine.runfolder import write_text
from omnigan.thinning import evenly

__all__ = ["Fingerprints", "fingerprint", "fingerprints", "keep", "kept", "named", "others"]

Fingerprints = Mapping[Split, str]
"""A hash for each split of the data; one that is not there is not known."""

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


def fingerprints(domain: Domain) -> Fingerprints:
    """Return the :func:`fingerprint` of each split of a domain's data."""
    return {split: fingerprint(domain.source(split)) for split in get_args(Split)}


def keep(file: Path, found: Fingerprints) -> None:
    """Write fingerprints into a file, a line each."""
    write_text(file, "".join(f"{split} {value}\n" for split, value in found.items()))


def kept(file: Path) -> Fingerprints:
    """Return what :func:`keep` wrote into a file, if it is there.

    Earlier versions wrote the fingerprint of the training examples alone.
    """
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    values = dict(_split_and_value(line) for line in lines)
    return {split: values[split] for split in get_args(Split) if split in values}


def others(before: Fingerprints, now: Fingerprints) -> list[Split]:
    """Return the splits whose fingerprint is another than before, where that is known."""
    return [split for split, value in now.items() if before.get(split, value) != value]


def named(splits: Sequence[Split]) -> str:
    """Return what to call the examples of splits in a sentence."""
    return "the " + " and ".join(_NAMES[split] for split in splits) + " examples"


_NAMES: Mapping[Split, str] = {"train": "training", "valid": "held-out"}


def _split_and_value(line: str) -> tuple[str, str]:
    split, _, value = line.strip().rpartition(" ")
    return split or "train", value


def _rng(number: int) -> torch.Generator:
    return seeds.generator(0, "fingerprint", number)


def _add(found: _Hash, example: Batch) -> None:
    for name, value in sorted({"": example.x, **example.cond}.items()):
        found.update(f"{name} {list(value.shape)} {value.dtype}".encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
