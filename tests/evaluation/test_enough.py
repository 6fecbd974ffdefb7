"""What to write where too few examples are held out: it must be enough."""

from __future__ import annotations

import pytest
import torch

from omnigan.domain import Batch, DomainConfig
from omnigan.evaluation import evaluate as module
from omnigan.evaluation.enough import few_held_out, shortage
from omnigan.section import Section


class Data(Section):
    held_out: float = 0.2


class Config(DomainConfig):
    data: Data = Data()


@pytest.fixture
def divided(plane):
    """Return a function that makes a domain of some examples, a fifth of them held out."""

    def make(total):
        domain = plane(held_out=total // 5)
        domain.sizes["train"] = total - total // 5
        domain.config = Config()
        return domain

    return make


@pytest.mark.parametrize("total", [40, 60, 79])
def test_the_share_named_is_enough(divided, total):
    told = shortage(divided(total), 100)
    assert f"16 examples of each kind, and only {total // 5} are held out" in told
    share = float(told.partition("data.held_out=")[2].partition(",")[0])
    assert 16 <= int(share * total) <= 20


@pytest.mark.parametrize(
    ("total", "samples", "words"),
    [
        (20, 100, "only 4 are held out: add data."),
        (80, 9, "9 would be generated: ask for 16 or more."),
        (80, 100, ""),
    ],
)
def test_what_else_is_missing(divided, total, samples, words):
    told = shortage(divided(total), samples)
    assert told.endswith(words)
    assert bool(told) == bool(words)


@pytest.mark.parametrize("total", [150, 200, 249])
def test_few_held_out_examples_are_said_with_a_share_that_is_enough(divided, total):
    told = few_held_out(divided(total))
    assert told.startswith(f"Only {total // 5} examples are held out, so that every score will be")
    share = float(told.partition("data.held_out=")[2].partition(",")[0])
    assert 50 <= int(share * total) <= 55


def test_enough_held_out_examples_are_no_matter_and_none_are_meant_so(divided, plane):
    assert few_held_out(divided(250)) == few_held_out(plane(held_out=0)) == ""
    assert few_held_out(plane(held_out=1)).startswith("Only 1 example is held out")


def test_without_a_share_to_raise_data_are_missing(plane):
    assert shortage(plane(held_out=12), 100).endswith("only 12 are held out: add data.")


def test_no_features_are_learned_for_nothing(divided, monkeypatch):
    monkeypatch.setattr(module, "extractor", None)
    generated = Batch(torch.randn(60, 2, generator=torch.Generator().manual_seed(0)))
    domain = divided(60)
    table = module.evaluate(domain, generated, samples=60, seed=0).table()
    assert "data.held_out=0.29" in table
    assert "offset" in table
    domain.metrics = dict
    assert "better" not in module.evaluate(domain, generated, samples=60, seed=0).table()
