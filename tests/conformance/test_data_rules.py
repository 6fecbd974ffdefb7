"""Each rule about data fails on a domain that was broken for it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from omnigan.domain import Batch, Space
from omnigan.testing.data import DATA_CHECKS


class Reading:
    """A source whose examples go through a function, which must be a global one to be sent."""

    def __init__(self, source: Any, change: Callable[[Batch, Any], Batch]) -> None:
        self.source = source
        self.change = change

    def __len__(self) -> int:
        return len(self.source)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        return self.change(self.source.read(index, rng), self)


def _reading(change: Callable[[Batch, Any], Batch]) -> dict[str, Any]:
    return {"source": lambda self, split: Reading(super(type(self), self).source(split), change)}


class BatchReading(Reading):
    """A source whose batches go through a function, and whose examples are right."""

    def read(self, index: int, rng: torch.Generator) -> Batch:
        example: Batch = self.source.read(index, rng)
        return example

    def read_batch(self, indices: Any, rng: torch.Generator) -> Batch:
        return self.change(Batch.stack([self.read(index, rng) for index in indices]), self)

    def resident(self, device: torch.device) -> BatchReading:
        return self


def _batches(change: Callable[[Batch, Any], Batch]) -> dict[str, Any]:
    return {
        "source": lambda self, split: BatchReading(super(type(self), self).source(split), change)
    }


def _as_double(example: Batch, source: Any) -> Batch:
    return Batch(example.x.double(), example.cond)


def _with_batch_axis(example: Batch, source: Any) -> Batch:
    return Batch(example.x[None], example.cond)


def _nan(example: Batch, source: Any) -> Batch:
    return Batch(example.x * math.nan, example.cond)


def _far(example: Batch, source: Any) -> Batch:
    return Batch(example.x + 3, example.cond)


def _jitter_torch(example: Batch, source: Any) -> Batch:
    return Batch(example.x + 1e-3 * torch.rand(2), example.cond)


def _jitter_numpy(example: Batch, source: Any) -> Batch:
    return Batch(example.x + 1e-3 * np.random.rand(), example.cond)


def _jitter_python(example: Batch, source: Any) -> Batch:
    return Batch(example.x + 1e-3 * random.random(), example.cond)


def _count(example: Batch, source: Any) -> Batch:
    source.calls = getattr(source, "calls", 0) + 1
    return Batch(example.x + 1e-4 * source.calls, example.cond)


class _Blurred:
    """A config that says less in JSON than it holds."""

    def __init__(self, config: Any) -> None:
        self.config = config

    def __getattr__(self, name: str) -> Any:
        return getattr(self.config, name)

    def model_dump(self, **options: Any) -> dict[str, Any]:
        values: dict[str, Any] = self.config.model_dump(**options)
        del values["generator"]["width"]
        return values


def _blur(self: Any) -> Any:
    self.config = _Blurred(self.config)
    return self


def _narrow(self: Any) -> Any:
    """Resolve the space to the data outside the config."""
    self.resolved_low = -1.5
    return self


def _latent_called_label(self: Any, n: int, rng: torch.Generator) -> dict[str, torch.Tensor]:
    return {"z": torch.randn(n, 4, generator=rng), "label": torch.zeros(n, dtype=torch.long)}


def _index_of(self: Any, label: str, n: int) -> dict[str, torch.Tensor]:
    return {"label": torch.full((n,), self.labels().index(label))}


def _int_condition(self: Any, label: str, n: int) -> dict[str, torch.Tensor]:
    cond: Any = super(type(self), self).condition(label, n)
    return {"label": cond["label"].int()}


FITS = "class_fits_the_contract"
REBUILDS = "resolved_config_rebuilds_without_data"
EXAMPLES = "examples_fit_the_space"
BATCHES = "whole_batches_are_like_examples"
READS = "reading_takes_all_chance_from_rng"
LATENT = "latent_takes_all_chance_from_rng"
LABELS = "labels_agree_with_the_data"
TEXTS = "labels_are_texts"
COUNTS = "label_counts_are_those_of_the_data"
NO_LABEL = torch.zeros(1, dtype=torch.long)

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    (BATCHES, "must draw from rng alone", _batches(_jitter_torch)),
    (BATCHES, "but examples stacked are", _batches(_with_batch_axis)),
    (FITS, "API is 0", {"API": 0}),
    (FITS, "other than 'train' and 'log'", {"DEFAULTS": {"trian": {}}}),
    (FITS, "batch_size", {"DEFAULTS": {"train": {"batch_size": 0}}}),
    (REBUILDS, "differs after a round trip", {"resolve": _blur}),
    (
        REBUILDS,
        "another space",
        {
            "resolve": _narrow,
            "space": property(lambda self: Space((2,), getattr(self, "resolved_low", -2.0), 2.0)),
        },
    ),
    (
        REBUILDS,
        "must not need the data",
        {"labels": lambda self: [str(n) for n in range(len(self.source("train")))]},
    ),
    (EXAMPLES, "not torch.float32", _reading(_as_double)),
    (EXAMPLES, "has shape (1, 2)", _reading(_with_batch_axis)),
    (EXAMPLES, "NaN", _reading(_nan)),
    (EXAMPLES, "beyond the space's", _reading(_far)),
    (READS, "must draw from rng alone", _reading(_jitter_torch)),
    (READS, "must draw from rng alone", _reading(_jitter_numpy)),
    (READS, "must draw from rng alone", _reading(_jitter_python)),
    (READS, "must draw from rng alone", _reading(_count)),
    ("source_can_be_sent_to_a_process", "cannot be sent", _reading(lambda example, _: example)),
    (LATENT, "two results", {"latent": lambda self, n, rng: {"z": torch.randn(n, 4)}}),
    (LATENT, "the same for every seed", {"latent": lambda self, n, rng: {"z": torch.ones(n, 4)}}),
    (
        LATENT,
        "must be a tensor [1, ...]",
        {"latent": lambda self, n, rng: {"z": torch.randn(4, generator=rng)}},
    ),
    (
        "inputs_have_names_of_their_own",
        "share the names ['label']",
        {"latent": _latent_called_label},
    ),
    (LABELS, "raises ValueError", {"condition": _index_of}),
    (
        LABELS,
        "must raise KeyError",
        {"condition": lambda self, label, n: {"label": NO_LABEL.expand(n)}},
    ),
    (LABELS, "but examples carry", {"condition": _int_condition}),
    (TEXTS, "list of different texts, not ['mode-0', ", {"labels": lambda self: ["mode-0"] * 8}),
    (TEXTS, "list of different texts, not 'ab'", {"labels": lambda self: "ab"}),
    (TEXTS, "list of different texts, not None", {"labels": lambda self: None}),
    (COUNTS, "gives 1 numbers whose sum is 32", {"label_counts": lambda self: [32]}),
    (COUNTS, "but training examples [", {"label_counts": lambda self: [32, *[0] * 7]}),
]


def test_a_broken_rule_is_named(
    complaint: Callable[..., str], rule: str, phrase: str, methods: dict[str, Any]
) -> None:
    assert phrase in complaint(rule, methods)


def test_every_rule_is_broken_here() -> None:
    assert {check.__name__ for check in DATA_CHECKS} == {rule for rule, _, _ in BROKEN}
