"""Caches that were damaged or deleted, and examples that are not the same any more."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import ModuleType

import pytest
import torch

from omnigan.cache import read_sealed, write_sealed
from omnigan.domain import Batch, Split
from omnigan.engine.fingerprint import FEW, fingerprint, keep, kept, others
from omnigan.recipe.load import load_recipe
from omnigan.tensor_source import TensorSource


def test_a_sealed_file_is_read_back_or_known_to_be_damaged(tmp_path: Path) -> None:
    file = tmp_path / "below" / "x.json"
    assert write_sealed(file, b"{\n}")
    assert read_sealed(file) == b"{\n}"
    whole = file.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        for content in (bytes(changed), whole[:place]):
            file.write_bytes(content)
            with pytest.raises(ValueError, match="damaged"):
                read_sealed(file)
    assert not write_sealed(Path("/dev/null/x"), b"")


@pytest.mark.parametrize("domain", ["audio", "image", "text"])
def test_a_source_whose_cache_was_deleted_can_be_sent_to_a_loader(
    kit: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, domain: str
) -> None:
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    values = kit("sources").recipe_for(domain, tmp_path / "data")
    loaded = load_recipe(values)
    source = loaded.domain_class(loaded.domain_config).resolve().source("train")
    expected = source.read(3, torch.Generator()).x
    small = len(ForkingPickler.dumps(source))
    shutil.rmtree(tmp_path / "cache")
    sent = ForkingPickler.dumps(source)
    assert len(sent) > small
    assert torch.equal(ForkingPickler.loads(sent).read(3, torch.Generator()).x, expected)


def _source(x: torch.Tensor) -> TensorSource:
    return TensorSource(x, {"label": torch.zeros(len(x), dtype=torch.long)})


def test_a_fingerprint_tells_examples_apart() -> None:
    x = torch.arange(24.0).reshape(8, 3)
    changed = x.clone()
    changed[5, 1] += 1e-6
    sources = [_source(x), _source(changed), _source(x[:7]), _source(x.flip(0)), _source(x[:0])]
    sources.append(TensorSource(x, {"label": torch.ones(8, dtype=torch.long)}))
    found = [fingerprint(source) for source in sources]
    assert len(set(found)) == len(found)
    assert fingerprint(_source(x.clone())) == found[0]


def test_what_is_not_known_of_examples_is_not_another(tmp_path: Path) -> None:
    now: dict[Split, str] = {"train": "a", "valid": "b"}
    file = tmp_path / "examples.sha256"
    assert others(kept(file), now) == []
    for text, expected in {
        "a\n": [],  # of a version that wrote down the training examples alone
        "x\n": ["train"],
        "train a\nvalid x\n": ["valid"],
        "\0": ["train"],
    }.items():
        file.write_text(text)
        assert others(kept(file), now) == expected
    keep(file, now)
    assert kept(file) == now


def test_a_slow_source_is_looked_at_here_and_there() -> None:
    class Slow:
        def __init__(self) -> None:
            self.read_at: set[int] = set()

        def __len__(self) -> int:
            return 10_000

        def read(self, index: int, rng: torch.Generator) -> Batch:
            self.read_at.add(index)
            return Batch(torch.rand(3, generator=rng))

    source = Slow()
    assert fingerprint(source) == fingerprint(source)
    assert len(source.read_at) == FEW
    assert max(b - a for a, b in itertools.pairwise(sorted(source.read_at))) < 50
