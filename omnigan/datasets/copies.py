"""Examples that are the same, or nearly the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MOST_ALIKE",
    "Clusters",
    "Copies",
    "Groups",
    "Rows",
    "close_pairs",
    "copies_among",
    "digest",
    "equal",
    "squared_distances",
]

Groups = NDArray[np.int64]
"""For each example the lowest number of one that it goes together with, maybe its own."""
Rows = NDArray[np.int64]

MOST_ALIKE = 0.1
"""Where a larger share of examples is alike, likeness tells nothing about copies."""
_BLOCK = 1024  # points that are compared each with each


def digest(values: NDArray[Any]) -> bytes:
    """Return 16 bytes that differ if the values do."""
    return hashlib.blake2b(values.tobytes(), digest_size=16).digest()


def equal(digests: NDArray[np.uint8]) -> Groups:
    """Group equal rows ``[N, bytes]``."""
    keys = np.ascontiguousarray(digests).view(f"V{max(1, digests.shape[1])}")[:, 0]
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return np.asarray(first[place], np.int64)


@dataclass(frozen=True)
class Copies:
    """Which of some examples are copies.

    Attributes:
        groups: Of all examples; those that were left out are alone.
        distinct: How many different ones there are.
        alike: How many of these are nearly the same as an earlier one; None: nobody can tell.
    """

    groups: Groups
    distinct: int
    alike: int | None


def copies_among(
    digests: NDArray[np.uint8],
    rows: Rows,
    nearly: Callable[[Rows, int], Groups | None],
    most_alike: float = MOST_ALIKE,
) -> Copies:
    """Find equal examples, and among the different ones those that are nearly the same.

    Args:
        digests: ``[N, bytes]`` of all examples.
        rows: Numbers of those that can be used.
        nearly: Groups some of these, counted among them, so that no group is larger than a number;
            returns None where one would be.
        most_alike: Largest share of the different examples in a group; ten may be in any.
    """
    same = equal(digests[rows])
    firsts = np.unique(same)
    near = nearly(firsts, max(10, int(most_alike * len(firsts))))
    joined = same if near is None else firsts[near][np.searchsorted(firsts, same)]
    groups = np.arange(len(digests), dtype=np.int64)
    groups[rows] = rows[joined]
    return Copies(groups, len(firsts), None if near is None else len(firsts) - len(np.unique(near)))


def close_pairs(points: NDArray[np.float32], near: float) -> Iterator[tuple[Rows, Rows]]:
    """Yield pairs of sets of points ``[N, F]``; any two within a distance are in some pair.

    The points are put in order along their widest axis. Only blocks that come within that distance
    on it are compared, and only points that have a neighbour in the other block are yielded.
    """
    if not len(points):
        return
    along = points[:, int(np.argmax(points.std(0)))]
    order = np.argsort(along, kind="stable")
    blocks = [order[first : first + _BLOCK] for first in range(0, len(order), _BLOCK)]
    for number, some in enumerate(blocks):
        for others in blocks[number:]:
            if along[others[0]] - along[some[-1]] > near:
                break
            close = squared_distances(points[some], points[others]) < near**2 + 1e-5
            if others is some:
                np.fill_diagonal(close, False)
            if close.any():
                yield some[close.any(1)], others[close.any(0)]


def squared_distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``[A, B]``, how far points ``[A, F]`` are from points ``[B, F]``."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None]
    return np.asarray(squares - 2 * a @ b.T, np.float32)


class Clusters:
    """Disjoint sets of numbers; each set is known by its smallest number."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))
        self._size = [1] * count

    def _root(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, a: int, b: int) -> int:
        """Unite the sets of two numbers, and return the size of what they are in."""
        low, high = sorted((self._root(a), self._root(b)))
        if low != high:
            self._parent[high] = low
            self._size[low] += self._size[high]
        return self._size[low]

    def together(self, a: int, b: int) -> bool:
        """Tell whether two numbers are in one set."""
        return self._root(a) == self._root(b)

    def members(self) -> list[list[int]]:
        """Return the numbers of each set in order, sets by their smallest number."""
        members: dict[int, list[int]] = {}
        for number, group in enumerate(self.groups().tolist()):
            members.setdefault(group, []).append(number)
        return list(members.values())

    def groups(self) -> Groups:
        """Return for each number the smallest of its set."""
        return np.array([self._root(number) for number in range(len(self._parent))], np.int64)
