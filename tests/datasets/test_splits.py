"""Splits are decided by content, in proportion, and never divide copies."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.datasets.splits import split
from omnigan.errors import UserError


def digests(count: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (count, 16)).astype(np.uint8)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), min_size=2, max_size=120),
    st.floats(0.01, 0.99),
    st.integers(0, 2**70),
)
def test_any_split(images: list[tuple[int, int]], held_out: float, seed: int) -> None:
    groups = np.array([group for group, _ in images])
    labels = [label for _, label in images]
    if len(set(groups.tolist())) < 2:
        with pytest.raises(UserError, match="one clip is not enough"):
            split(groups, labels, digests(len(images)), held_out, seed, noun="clip")
        return
    train, valid = split(groups, labels, digests(len(images)), held_out, seed, noun="clip")
    assert sorted([*train, *valid]) == list(range(len(images)))
    assert len(train)
    assert len(valid)
    assert not set(groups[train]) & set(groups[valid])
    assert (np.diff(train) > 0).all()
    assert (np.diff(valid) > 0).all()


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.floats(0.1, 0.5))
def test_every_label_has_its_share(sizes: list[int], held_out: float) -> None:
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    if len(labels) < 2:
        return
    train, valid = split(
        np.arange(len(labels)), labels, digests(len(labels)), held_out, 0, noun="clip"
    )
    in_train, in_valid = Counter(labels[n] for n in train), Counter(labels[n] for n in valid)
    for label, size in enumerate(sizes):
        if len(sizes) > 1 or size > 1:
            assert in_train[label] >= 1 or in_valid[label] == 1 == len(valid)
        assert abs(in_valid[label] - held_out * size) <= 1
    singles = sizes.count(1)
    assert abs(len(valid) - held_out * len(labels)) <= 1 + singles


def test_many_small_classes_still_hold_out_the_share() -> None:
    labels = [n // 2 for n in range(200)]
    _, valid = split(np.arange(200), labels, digests(200), 0.2, 0, noun="clip")
    assert len(valid) == 40
    assert max(Counter(labels[n] for n in valid).values()) == 1


def test_order_does_not_matter_but_the_seed_does() -> None:
    content = digests(100)
    _, valid = split(np.arange(100), [0] * 100, content, 0.2, 7, noun="clip")
    shuffled = np.random.default_rng(1).permutation(100)
    _, again = split(np.arange(100), [0] * 100, content[shuffled], 0.2, 7, noun="clip")
    assert sorted(shuffled[again]) == valid.tolist()
    _, other = split(np.arange(100), [0] * 100, content, 0.2, 8, noun="clip")
    assert other.tolist() != valid.tolist()


def test_a_group_of_most_images_is_trained_on() -> None:
    groups = np.array([0] * 90 + list(range(1, 11)))
    train, valid = split(groups, [0] * 100, digests(100), 0.2, 0, noun="clip")
    assert len(train) == 90
    assert set(train) == set(range(90))
    assert len(valid) == 10
