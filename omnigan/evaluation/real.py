"""Real examples to compare with, read as training reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from omnigan.domain import Batch, Domain, Split
from omnigan.engine import seeds
from omnigan.errors import OmniganError, UserError

__all__ = ["Excerpt", "combined", "digest", "read", "take"]


@dataclass(frozen=True)
class Excerpt:
    """Some examples of a split.

    Attributes:
        split: Which one.
        batch: The examples.
        places: Their numbers in the source.
        sha256: Of the examples with their conditions.
    """

    split: Split
    batch: Batch
    places: tuple[int, ...]
    sha256: str

    def __len__(self) -> int:
        return len(self.batch)

    def at(self, index: Tensor) -> Excerpt:
        """Return some of the examples, in the order given."""
        places = tuple(self.places[number] for number in index.tolist())
        return _excerpt(self.split, take(self.batch, index), places)


def _excerpt(split: Split, batch: Batch, places: tuple[int, ...]) -> Excerpt:
    return Excerpt(split, batch, places, digest({"x": batch.x, **batch.cond}))


def read(domain: Domain, split: Split, most: int, seed: int) -> Excerpt:
    """Draw at most so many examples without replacement; augmentation draws from the seed, too.

    Raises:
        UserError: There are none.
        OmniganError: They are not alike, which is the fault of the domain.
    """
    source = domain.source(split)
    if not len(source):
        kind = "training" if split == "train" else "held-out"
        raise UserError(f"There are no {kind} examples, so nothing can be evaluated.")
    order = torch.randperm(len(source), generator=seeds.generator(seed, f"evaluate {split}"))
    places = order[:most].sort().values.tolist()
    rngs = (seeds.generator(seed, f"evaluate read {split}", i) for i in places)
    examples = (source.read(i, rng) for i, rng in zip(places, rngs, strict=True))
    batch = _stacked(examples, places, f'source("{split}") of {type(domain).__name__}')
    return _excerpt(split, batch, tuple(places))


def _stacked(examples: Iterable[Batch], places: Sequence[int], whose: str) -> Batch:
    """Return some examples as a batch; unlike stacking, this never holds them twice.

    Args:
        examples: As many as places.
        places: Their numbers in the source.
        whose: The source, in words.

    Raises:
        OmniganError: They are not alike.
    """
    found = iter(examples)
    first = next(found)
    count, kinds = len(places), _kinds(first)
    whole = Batch(_room(first.x, count), {n: _room(v, count) for n, v in first.cond.items()})
    for number, example in enumerate(chain([first], found)):
        if _kinds(example) != kinds:  # smaller ones would fill the room by being repeated
            name, one, other = _difference(kinds, _kinds(example))
            raise OmniganError(
                f"{whose} gives examples that are not alike: number {places[0]} has {one}, "
                f"and number {places[number]} has {other} as '{name}'."
            )
        whole.x[number] = example.x
        for name, values in whole.cond.items():
            values[number] = example.cond[name]
    return whole


_Kinds = dict[str, tuple[torch.Size, torch.dtype]]


def _kinds(example: Batch) -> _Kinds:
    return {name: (v.shape, v.dtype) for name, v in {"x": example.x, **example.cond}.items()}


def _difference(one: _Kinds, other: _Kinds) -> tuple[str, str, str]:
    """Return the name of the first thing that two examples do not share, and what each has."""
    name = next(name for name in {**one, **other} if one.get(name) != other.get(name))
    return name, _told(one.get(name)), _told(other.get(name))


def _told(kind: tuple[torch.Size, torch.dtype] | None) -> str:
    return f"{list(kind[0])} of {kind[1]}" if kind else "nothing"


def _room(value: Tensor, count: int) -> Tensor:
    return value.new_empty(count, *value.shape)


def take(batch: Batch, index: Tensor) -> Batch:
    """Return the examples at some places."""
    return Batch(batch.x[index], {name: value[index] for name, value in batch.cond.items()})


def digest(tensors: Mapping[str, Tensor]) -> str:
    """Return a SHA-256 of tensors: their names, types, shapes and numbers."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        total.update(f"{name} {value.dtype} {list(value.shape)};".encode())
        total.update(value.flatten().view(torch.uint8).numpy().data)
    return total.hexdigest()


def combined(*hashes: str) -> str:
    """Return one SHA-256 for several."""
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()
