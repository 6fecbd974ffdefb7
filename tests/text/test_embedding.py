"""Features of texts."""

from __future__ import annotations

import random
from hashlib import blake2b

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from omnigan.evaluation.frechet import frechet_distance
from omnigan_text.embedding import WIDTH, embed
from omnigan_text.grammar import ArithmeticData, sentences


@settings(max_examples=40)
@given(st.lists(st.text(max_size=20), max_size=8), st.randoms())
def test_a_text_has_one_row_whatever_stands_beside_it(
    texts: list[str], chance: random.Random
) -> None:
    whole = embed(texts)
    assert whole.shape == (len(texts), WIDTH)
    assert whole.dtype == torch.float32
    assert bool(whole.isfinite().all())
    for place, text in enumerate(texts):
        assert torch.equal(embed([text])[0], whole[place])


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = sentences(ArithmeticData(examples=10))
    whole = embed(texts)
    monkeypatch.setattr("omnigan_text.embedding._BLOCK", 3)
    assert torch.equal(embed(texts), whole)


def test_features_by_hand() -> None:
    def mean(grams: list[str]) -> Tensor:
        digests = [int.from_bytes(blake2b(each.encode(), digest_size=8).digest()) for each in grams]
        signs = [[1.0 if number >> 63 - k & 1 else -1.0 for k in range(64)] for number in digests]
        return torch.tensor(signs).mean(0)

    words = mean(["word a", "word cat"])
    pairs = mean(["pair \x02 a", "pair a cat", "pair cat \x03"])
    runs = mean([f"run {run}" for run in (" a ", "a c", " ca", "cat", "at ")])
    assert embed(["a cat"])[0] == pytest.approx(words + pairs + runs, abs=1e-6)


def test_texts_with_words_in_common_are_near() -> None:
    one, near, far = embed(["the cat sat on the mat", "the cat sat on a mat", "zebras fly high"])
    assert (one - near).norm() < 0.6 * (one - far).norm()


def test_the_order_of_words_is_seen() -> None:
    one, other = embed(["dog bites man", "man bites dog"])
    assert (one - other).norm() > 0.5


def test_other_texts_are_further_than_more_of_the_same() -> None:
    real = [text for text in sentences(ArithmeticData(examples=3000)) if len(text) > 12]
    chance = random.Random(0)
    shuffled = [" ".join(chance.sample(text.split(), len(text.split()))) for text in real[:500]]
    held_out = embed(real[1000:1500])
    floor = frechet_distance(embed(real[500:1000]), held_out)
    assert frechet_distance(embed(shuffled), held_out) > 1.5 * floor
    assert frechet_distance(embed(real[:50] * 10), held_out) > 1.5 * floor
