"""No sample is both trained on and held out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan_audio.data.facts import Facts
from omnigan_audio.data.stretches import Stretches, split_recordings
from omnigan_audio.data_config import AudioData

GAP = 2000  # a quarter of a second at 8 kHz


def facts_of(lengths: list[int], contents: list[int] | None = None) -> Facts:
    count = len(lengths)
    contents = contents or list(range(count))
    samples = np.array(lengths, np.int64)
    digests = [np.random.default_rng(content).integers(0, 256, 16) for content in contents]
    zeros = np.zeros(count)
    return Facts(
        [str(n) for n in range(count)],
        {},
        samples.cumsum() - samples,
        samples,
        *(zeros, zeros, zeros),
        *(samples, samples, -1 - 0 * samples, zeros),
        digests=np.array(digests, np.uint8),
        groups=np.array([contents.index(content) for content in contents], np.int64),
        counts={},
    )


def divided(facts: Facts, **settings: Any) -> tuple[Stretches, Stretches, bool]:
    data = AudioData(cut="random", **{"length": 500, **settings})
    rows = np.arange(len(facts.names))
    train, valid = split_recordings(facts, rows, [0] * len(rows), data)
    return train, valid, not set(train.sound) & set(valid.sound)


def intervals(stretches: Stretches) -> list[tuple[int, int]]:
    pairs = zip(stretches.first.tolist(), stretches.span.tolist(), strict=True)
    return [(first, first + span) for first, span in pairs]


@given(
    st.lists(st.integers(1, 200_000), min_size=1, max_size=4),
    st.integers(64, 3000),
    st.floats(0.01, 0.99),
    st.integers(0, 5),
)
def test_parts_never_meet(lengths: list[int], length: int, held_out: float, seed: int) -> None:
    facts = facts_of(lengths)
    try:
        train, valid, by_file = divided(facts, length=length, held_out=held_out, split_seed=seed)
    except UserError:
        assert max(lengths) < 3 * length + 2 * GAP
        return
    assert len(train)
    assert len(valid)
    for parts in (train, valid):
        sounds = parts.sound.tolist()
        for sound, (first, end) in zip(sounds, intervals(parts), strict=True):
            origin = int(facts.first[sound])
            assert origin <= first < end <= origin + lengths[sound]
            assert end - first >= min(length, lengths[sound])
    marked = [
        (sound, *part, parts is valid)
        for parts in (train, valid)
        for sound, part in zip(parts.sound.tolist(), intervals(parts), strict=True)
    ]
    for (sound, _, end, held), (other, first, _, also_held) in pairwise(sorted(marked)):
        if sound == other:
            assert first - end >= (0 if held == also_held else GAP)
    whole = set(valid.sound) - set(train.sound)
    assert by_file == (len(whole) == len(valid))
    assert valid.span[np.isin(valid.sound, list(whole))].sum() == sum(lengths[n] for n in whole)


@pytest.mark.parametrize("held_out", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("lengths", [[2_000_000], [800_000, 300_000], [60_000_000]])
def test_the_share_is_right(lengths: list[int], held_out: float) -> None:
    train, valid, by_file = divided(facts_of(lengths), held_out=held_out)
    share = valid.span.sum() / sum(lengths)
    if not by_file:
        assert share == pytest.approx(held_out, rel=0.05)
        assert train.span.sum() + valid.span.sum() > 0.9 * sum(lengths)
    assert 0.5 * held_out <= share <= max(2 * held_out, 0.5)


def test_a_long_recording_is_held_out_here_and_there() -> None:
    _, valid, by_file = divided(facts_of([10_000_000]))
    assert not by_file
    assert len(valid) == 10
    starts = np.sort(valid.first) / 10_000_000
    assert (np.floor(starts * 10) == np.arange(10)).all()


def test_other_content_is_held_out_elsewhere() -> None:
    _, valid, by_file = divided(facts_of([300_000, 300_000]), held_out=0.1)
    assert not by_file
    first, second = (set((valid.first[valid.sound == n] - n * 300_000).tolist()) for n in (0, 1))
    assert not first & second


def test_many_files_are_held_out_as_a_whole() -> None:
    train, valid, by_file = divided(facts_of([100_000 + n for n in range(20)]))
    assert by_file
    assert (len(train), len(valid)) == (16, 4)
    assert (valid.span == 100_000 + valid.sound).all()


def test_one_long_file_among_short_ones_is_not_held_out_as_a_whole() -> None:
    shares = []
    for seed in range(12):
        _, valid, _ = divided(facts_of([3_000_000] + [20_000] * 5), split_seed=seed)
        shares.append(valid.span.sum() / 3_100_000)
    assert min(shares) >= 0.1
    assert max(shares) <= 0.4


@pytest.mark.parametrize("held_out", [0.03, 0.1])
def test_among_many_short_files_only_the_long_ones_are_held_out_in_parts(held_out: float) -> None:
    lengths = [2_400_000] * 3 + [1000 + n % 700 for n in range(600)]
    for seed in (1, 2):
        train, valid, _ = divided(facts_of(lengths), held_out=held_out, split_seed=seed)
        assert set(train.sound) & set(valid.sound) == {0, 1, 2}
        whole = valid.sound > 2
        assert whole.sum() == pytest.approx(held_out * 600, rel=0.01)
        assert (valid.span[whole] == 1000 + (valid.sound[whole] - 3) % 700).all()
        assert valid.span.sum() == pytest.approx(held_out * sum(lengths), rel=0.05)


def test_few_long_files_among_many_short_ones_are_held_out_whole_if_enough_of_them_are() -> None:
    lengths = [600_000] * 10 + [1000] * 500
    for seed in range(12):
        _, valid, by_file = divided(facts_of(lengths), split_seed=seed)
        assert by_file
        assert 0.1 <= valid.span.sum() / sum(lengths) <= 0.4


def test_copies_are_divided_alike_or_stay_together() -> None:
    lengths = [600_000, 600_000, 700_000]
    train, valid, by_file = divided(facts_of(lengths, [7, 7, 8]), held_out=0.1)
    assert not by_file
    for parts in (train, valid):
        own = [np.sort(parts.first[parts.sound == n] - n * 600_000).tolist() for n in (0, 1)]
        assert own[0] == own[1]
    contents = [n // 2 for n in range(20)]
    train, valid, by_file = divided(facts_of([50_000] * 20, contents))
    assert by_file
    assert not {n // 2 for n in train.sound.tolist()} & {n // 2 for n in valid.sound.tolist()}


def test_names_and_places_do_not_matter_but_the_seed_does() -> None:
    def held(order: list[int], seed: int) -> Any:
        facts = facts_of([40_000 * (n + 1) for n in order], order)
        _, valid, _ = divided(facts, split_seed=seed)
        return sorted(
            (order[sound], int(first - facts.first[sound]), int(span))
            for sound, first, span in zip(valid.sound, valid.first, valid.span, strict=True)
        )

    for count in (2, 12):
        order = list(range(count))
        assert held(order, 0) == held(order[::-1], 0)
        assert any(held(order, 0) != held(order, seed) for seed in range(1, 4))


def test_too_short_for_both_says_how_long() -> None:
    with pytest.raises(UserError, match=r"one must have 0\.7 seconds") as error:
        divided(facts_of([3 * 500 + 2 * GAP - 1]))
    assert "lower data.length" in str(error.value)
    divided(facts_of([3 * 500 + 2 * GAP]))
