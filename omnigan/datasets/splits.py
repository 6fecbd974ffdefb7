"""Which examples are held out."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

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
    members = _members(groups)
    if len(members) < 2:
        raise UserError(
            f"data.source: one {noun} is not enough, nor are copies of one: some are to train on "
            f"and others are held out. Give more {noun}s"
        )
    draws = {
        group: min(_draw(digests[place], seed) for place in places)
        for group, places in members.items()
    }
    strata: dict[Hashable, list[list[int]]] = {}
    for group in sorted(members, key=lambda group: draws[group]):
        strata.setdefault(labels[members[group][0]], []).append(members[group])
    chosen = _chosen(list(strata.values()), held_out)
    is_held_out = np.zeros(len(groups), bool)
    is_held_out[chosen] = True
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def _members(groups: Rows) -> dict[int, list[int]]:
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(place)
    return members


def _draw(digest: NDArray[np.uint8], seed: int) -> bytes:
    return hashlib.sha256(b"%d:" % seed + digest.tobytes()).digest()


def _chosen(strata: Sequence[Sequence[list[int]]], held_out: float) -> list[int]:
    """Take groups from each label in their order, until its share is reached."""
    sizes = [sum(map(len, groups)) for groups in strata]
    chosen: list[int] = []
    for groups, wanted in zip(strata, _shares(sizes, held_out), strict=True):
        taken = 0
        for group in groups:
            if taken + len(group) <= wanted:
                chosen += group
                taken += len(group)
    return chosen or min((group for groups in strata for group in groups), key=len)


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
