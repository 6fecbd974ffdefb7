"""Arrays in the cache: plain files, whole or not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.datasets.rows import Write, cache_key, make_rows, map_rows, pack, read_facts, unpack


def filler(*parts: Any) -> Any:
    """Return a function that writes some arrays and returns how many."""

    def fill(write: Write) -> int:
        for part in parts:
            write(np.asarray(part, np.int16))
        return len(parts)

    return fill


def packed(count: int) -> bytes:
    return b"%d" % count


def test_rows_of_any_number_make_one_plain_array(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "x.npy"
    wanted = np.arange(24, dtype=np.int16).reshape(4, 3, 2)
    values, count, kept = make_rows(file, (3, 2), np.int16, filler(*wanted), packed)
    assert (count, kept) == (4, file)
    assert not values.flags.writeable
    np.testing.assert_array_equal(values, wanted)
    np.testing.assert_array_equal(np.load(file, allow_pickle=False), wanted)
    assert read_facts(file) == b"4"
    assert sorted(path.name for path in file.parent.iterdir()) == ["facts.npz", "x.npy"]


def test_one_long_row_may_come_in_pieces(tmp_path: Path) -> None:
    pieces = [np.arange(5), np.zeros(0), np.arange(7)]
    values, _, _ = make_rows(tmp_path / "x.npy", (), np.int16, filler(*pieces), packed)
    assert values.tolist() == [*range(5), *range(7)]


def test_facts_that_should_not_last_are_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "x.npy"
    make_rows(file, (), np.int16, filler([1, 2]), lambda count: None)
    assert file.exists()
    with pytest.raises(OSError, match=r"facts\.npz"):
        read_facts(file)


@pytest.mark.parametrize("failing", ["mkdir", "fsync", "replace"])
def test_a_cache_that_cannot_be_written_is_replaced_by_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    if failing == "mkdir":
        monkeypatch.setattr(Path, "mkdir", full)
    else:
        monkeypatch.setattr(os, failing, full)
    values, count, kept = make_rows(
        tmp_path / "x.npy", (2,), np.int16, filler([1, 2], [3, 4]), packed
    )
    assert (values.tolist(), count, kept) == ([[1, 2], [3, 4]], 2, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no array at all"])
def test_a_damaged_array_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.npy"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"\w"):
        map_rows(file)


def test_a_short_array_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.npy"
    make_rows(file, (), np.int16, filler(np.arange(100)), packed)
    file.write_bytes(file.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"\w"):
        map_rows(file)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values), st.lists(st.integers(0, 2**63 - 1)))
def test_facts_survive(words: dict[str, Any], numbers: list[int]) -> None:
    back, arrays = unpack(pack(words, {"numbers": np.array(numbers, np.int64)}))
    assert back == words
    assert arrays["numbers"].tolist() == numbers
    assert set(arrays) == {"numbers"}


@given(st.binary(max_size=300))
def test_other_bytes_are_no_facts(content: bytes) -> None:
    with pytest.raises(ValueError, match="not facts"):
        unpack(content)


def test_keys_depend_on_every_part() -> None:
    keys = {cache_key(*parts) for parts in ((1, "a"), (1, "b"), ("1", "a"), (1,), ([1, "a"],))}
    assert len(keys) == 5
    assert cache_key(1, "a") == cache_key(1, "a")
