"""The benchmark for GPUs computes a batch in parts without what an attempt before has left."""

from __future__ import annotations

import weakref
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_what_did_not_fit_is_freed_before_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    pytest.importorskip("pretty_midi")
    gpu = import_module("gpu")
    attempts: list[weakref.ref[torch.Tensor]] = []

    def measure(*others: Any) -> str:
        assert not [held for held in attempts if held() is not None]
        weights = torch.zeros(3)
        attempts.append(weakref.ref(weights))
        if len(attempts) < 3:
            raise torch.OutOfMemoryError("too much")
        return "measured"

    monkeypatch.setattr(gpu, "measure", measure)
    cpu = torch.device("cpu")
    loaded, found = gpu.in_parts("music", [], gpu.Way("fp32"), cpu, 1.0)
    assert (found, loaded.recipe.train.accumulate) == ("measured", 4)
