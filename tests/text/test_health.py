"""What is said about texts that go wrong, and that nothing is said about good ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from omnigan_text.data_config import TextData
from omnigan_text.health import health
from omnigan_text.tokens import Codec


@pytest.fixture
def codec() -> Codec:
    """Return a codec of 50 words, which are numbers."""
    return Codec.of(TextData(symbols=50, length=10))


@pytest.fixture
def good() -> Tensor:
    """Return 16 different texts of seven different words, and their end."""
    rng = torch.Generator().manual_seed(0)
    rows = torch.stack([1 + torch.randperm(49, generator=rng)[:10] for _ in range(16)])
    rows[:, 7:] = 0
    return rows.float()


def test_nothing_is_wrong_with_good_texts(codec: Codec, good: Tensor) -> None:
    assert health(good, codec) == []
    assert health(good[:1], codec) == []


def test_an_oracle_has_no_ends(good: Tensor) -> None:
    endless = Codec.of(TextData(source="oracle", symbols=50, length=10, ends=False))
    good[:, 7:] = torch.arange(48).view(16, 3)
    assert health(good, endless) == []


def test_repetition(codec: Codec, good: Tensor) -> None:
    good[1:5] = good[0]
    (said,) = health(good, codec)
    assert said.startswith("4 of 16 texts repeat another one word for word.")
    assert "train.penalties.r1.weight" in said
    assert health(good[:5], codec) == [], "the engine speaks of samples that are all the same"
    good[:, 8:] = torch.arange(32).view(16, 2)
    (again,) = health(good, codec)
    assert again == said, "what is behind the end makes no difference"


def test_emptiness(codec: Codec, good: Tensor) -> None:
    good[:4, 0] = 0
    said = health(good, codec)
    assert said[0].startswith("4 of 16 texts are empty.")
    assert len(said) == 1


def test_endlessness(codec: Codec, good: Tensor) -> None:
    good[:9, 7:] = torch.arange(1, 28).view(9, 3)
    (said,) = health(good, codec)
    assert said.startswith("9 of 16 texts never end.")
    assert "data.length" in said
    assert health(good, codec, cut=True) == []
    assert health(good[1:], codec)[0].startswith("8 of 15")
    assert health(good[2:], codec) == []


def test_one_word_over_and_over(codec: Codec, good: Tensor) -> None:
    good[:4, 2:6] = 17
    (said,) = health(good, codec)
    assert said.startswith("4 of 16 texts say one thing over and over ('17').")
    good[:4, 5] = 18
    assert health(good, codec) == []
