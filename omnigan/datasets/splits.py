"""Which examples are held out."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omnigan.errors import UserError

__all__ = ["split"]

Rows = NDArray[np.int64]


def split(
    groups: Rows,
    labels: Sequence[Hashable],
    digests: NDArray[np.uint8],
    held_out: float,
    seed: int,
    *,
    noun: str,
) -> tuple[Rows, Rows]:
    """Return the places of training and of held-out examples, each in ascending order.

    Chosen by content and seed alone, whatever the files are called. A group is never divided, and
    every label is held out in proportion, as far as groups allow.

    Args:
        groups: ``[N]``, equal for examples that go together.
        labels: ``[N]``, anything.
        digests: ``[N, bytes]``, hashes of the examples.
        held_out: Share of the examples to hold out.
        seed: Another seed gives another split.
        noun: What an example is, for the error.

    Raises:
        UserError: All examples are the same.
    """
    if len(groups) < 2 or (groups == groups[0]).all():
        raise UserError(
            f"data.source: one {noun} is not enough, nor are copies of one: some are to train on "
            f"and others are held out. Give more {noun}s"
        )
    numbers: dict[Hashable, int] = {}
    coded = np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int64)
    drawn = _Drawn.of(groups, coded, digests, seed)
    is_held_out = np.isin(groups, _chosen(drawn, held_out))
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


@dataclass(frozen=True)
class _Drawn:
    """Groups in random order: ``[G]`` each, their names, sizes, and the labels they count for."""

    names: Rows
    sizes: Rows
    labels: Rows

    @staticmethod
    def of(groups: Rows, labels: Rows, digests: NDArray[np.uint8], seed: int) -> _Drawn:
        """Order groups by the least draw of their members, which depends on content and seed."""
        draws = bytearray()  # an array of Python's objects would take several times the memory
        for digest in digests:
            draws += hashlib.sha256(b"%d:" % seed + digest.tobytes()).digest()
        order = np.argsort(np.frombuffer(draws, "V32"), kind="stable")
        _, in_order = np.unique(groups[order], return_index=True)
        names = groups[order[np.sort(in_order)]]
        known, first, sizes = np.unique(groups, return_index=True, return_counts=True)
        places = np.searchsorted(known, names)
        return _Drawn(names, sizes[places], labels[first[places]])


def _chosen(drawn: _Drawn, held_out: float) -> Rows:
    """Take groups of each label in their order, until its share is reached."""
    _, first = np.unique(drawn.labels, return_index=True)
    strata = [np.flatnonzero(drawn.labels == drawn.labels[place]) for place in np.sort(first)]
    wanted = _shares([int(drawn.sizes[stratum].sum()) for stratum in strata], held_out)
    chosen: list[int] = []
    for stratum, share in zip(strata, wanted, strict=True):
        left = share
        for group, size in zip(stratum.tolist(), drawn.sizes[stratum].tolist(), strict=True):
            if size <= left:
                chosen.append(group)
                left -= size
            if not left:
                break
    if not chosen:
        everything = np.concatenate(strata)
        chosen = [int(everything[np.argmin(drawn.sizes[everything])])]
    return drawn.names[chosen]


def _shares(sizes: Sequence[int], held_out: float) -> list[int]:
    """Round the share of each label so that the sum is right (largest remainders).

    No label is held out as a whole.
    """
    exact = [held_out * size for size in sizes]
    shares = [min(int(value), size - 1) for value, size in zip(exact, sizes, strict=True)]
    missing = max(1, round(held_out * sum(sizes))) - sum(shares)
    has_room = [number for number, size in enumerate(sizes) if shares[number] + 1 < size]
    has_room.sort(key=lambda number: shares[number] - exact[number])
    for number in has_room[: max(0, missing)]:
        shares[number] += 1
    return shares
