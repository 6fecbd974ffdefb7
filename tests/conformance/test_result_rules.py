"""Each rule about what comes out fails on a domain that was broken for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from omnigan.domain import Artifact, Metric
from omnigan.testing.results import RESULT_CHECKS


def _render(name: str, text: str, kind: Any = "text") -> dict[str, Any]:
    def render(self: Any, x: Tensor, folder: Path) -> list[Artifact]:
        (folder / name).write_text(text)
        return [Artifact(folder / name, kind)]

    return {"render": render}


def _measure(compute: Callable[..., Any], **options: Any) -> dict[str, Any]:
    return {"metrics": lambda self: {"m": Metric(compute, **options)}}


def _terms(make: Callable[[Tensor], dict[str, Any]]) -> dict[str, Any]:
    return {"generator_terms": lambda self, generated, *others: make(generated)}


def _controls(at: Callable[[float], dict[str, float]]) -> dict[str, Any]:
    return {"controls": lambda self, progress: at(progress)}


FILES = "rendering_writes_files"
METRICS = "metrics_are_numbers"
JSON = "description_is_json"
CONTROLS = "controls_are_numbers"
TERMS = "generator_terms_are_scalars"
MISSING = "loading_a_missing_file_is_a_mistake"

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    (FILES, "at least one Artifact", {"render": lambda self, x, folder: []}),
    (FILES, "no such file", {"render": lambda self, x, folder: [Artifact(folder / "a", "text")]}),
    (FILES, "empty file", _render("a.txt", "")),
    (FILES, "outside its folder", _render("../a.txt", "a")),
    (FILES, "Artifact.kind", _render("a.txt", "a", "video")),
    ("objects_are_as_many_as_examples", "as many objects", {"objects": lambda self, x: [x]}),
    (METRICS, "must give a float", _measure(lambda x: x)),
    (METRICS, "better='bigger'", _measure(lambda x: 1.0, better="bigger")),
    (METRICS, "TypeError", _measure(lambda x: 1.0, against="train")),
    (JSON, "JSON values", {"describe": lambda self: {"x": torch.ones(1)}}),
    (JSON, "JSON values", {"describe": lambda self: {"x": math.nan}}),
    (JSON, "round trip", {"describe": lambda self: {1: "one"}}),
    (
        "embedding_is_one_row_an_example",
        "finite floats [B, F]",
        {"embed": lambda self, x: x.mean(0)},
    ),
    ("health_is_sentences", "list of sentences", {"health": lambda self, x: "well"}),
    (CONTROLS, "finite numbers", _controls(lambda progress: {"t": math.inf})),
    (CONTROLS, "changes its names", _controls(lambda progress: {"t": 1.0} if progress else {})),
    (TERMS, "finite scalar tensor", _terms(lambda x: {"a": x.square()})),
    (TERMS, "finite scalar tensor", _terms(lambda x: {"a": 1.0})),
    (TERMS, "one of the engine's readings", _terms(lambda x: {"g_loss": x.mean()})),
    (TERMS, "one of the engine's readings", _terms(lambda x: {"r1": x.mean()})),
    (TERMS, "has no gradient", _terms(lambda x: {"a": x.mean().detach()})),
    (
        MISSING,
        "raises FileNotFoundError",
        {"load_files": lambda self, paths: paths[0].read_bytes()},
    ),
    (MISSING, "must raise UserError", {"load_files": lambda self, paths: torch.ones(1, 2)}),
]


def test_a_broken_rule_is_named(
    complaint: Callable[..., str], rule: str, phrase: str, methods: dict[str, Any]
) -> None:
    assert phrase in complaint(rule, methods)


def test_every_rule_is_broken_here() -> None:
    assert {check.__name__ for check in RESULT_CHECKS} == {rule for rule, _, _ in BROKEN}
