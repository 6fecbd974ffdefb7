"""Copies and neighbours are all found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from omnigan.datasets import copies
from omnigan.datasets.copies import Clusters, Groups, Rows, copies_among, equal

NEAR = 0.1


@given(st.lists(st.binary(min_size=2, max_size=2), min_size=1, max_size=30))
def test_equal_rows(rows: list[bytes]) -> None:
    values = np.array([list(row) for row in rows], np.uint8)
    assert equal(values).tolist() == [rows.index(row) for row in rows]


def brute(points: NDArray[np.float32]) -> set[tuple[int, int]]:
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    a, b = np.nonzero(np.triu(distance < NEAR, 1))
    return set(zip(a.tolist(), b.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_no_pair_of_neighbours_is_missed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "_BLOCK", 16)
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(300, 3)) * 0.4
    points = np.concatenate([points, points[:100] + rng.normal(size=(100, 3)) * 0.03])
    points = points.astype(np.float32)
    together: set[tuple[int, int]] = set()
    compared = 0
    for some, others in copies.close_pairs(points, NEAR):
        compared += len(some) * len(others)
        together |= {(min(a, b), max(a, b)) for a in some.tolist() for b in others.tolist()}
    wanted = brute(points)
    assert len(wanted) > 50
    assert wanted <= together
    assert compared < len(points) ** 2 / 10


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_clusters_are_what_paths_connect(pairs: list[tuple[int, int]]) -> None:
    clusters = Clusters(20)
    reach = np.eye(20, dtype=bool)
    for a, b in pairs:
        size = clusters.join(a, b)
        reach[a, b] = reach[b, a] = True
        for _ in range(5):
            reach = reach @ reach
        assert size == reach[a].sum()
    assert clusters.groups().tolist() == reach.argmax(1).tolist()
    firsts = sorted(set(reach.argmax(1).tolist()))
    assert clusters.members() == [np.flatnonzero(reach[first]).tolist() for first in firsts]
    assert all(clusters.together(a, b) == reach[a, b] for a in range(20) for b in range(20))


def test_copies_are_the_equal_ones_and_those_near_them() -> None:
    digests = np.array([[7], [1], [7], [2], [3], [9]], np.uint8)
    rows = np.array([0, 1, 2, 3, 5])  # 4 cannot be used
    asked: list[tuple[list[int], int]] = []

    def nearly(firsts: Rows, most: int) -> Groups | None:
        asked.append((firsts.tolist(), most))
        return np.array([0, 1, 0, 3])  # the third of the different ones is like the first

    found = copies_among(digests, rows, nearly, most_alike=5.0)
    assert asked == [([0, 1, 3, 4], 20)]  # places among the rows
    assert found.groups.tolist() == [0, 1, 0, 0, 4, 5]
    assert (found.distinct, found.alike) == (4, 1)


def test_where_too_many_are_alike_only_equal_ones_are_copies() -> None:
    digests = np.array([[7], [7], [1]], np.uint8)
    found = copies_among(digests, np.arange(3), lambda firsts, most: None)
    assert found.groups.tolist() == [0, 0, 2]
    assert (found.distinct, found.alike) == (2, None)
    empty = copies_among(digests, np.arange(0), lambda firsts, most: None)
    assert empty.groups.tolist() == [0, 1, 2]
