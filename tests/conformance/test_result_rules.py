"""Each rule about what comes out fails on a domain that was broken for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from omnigan.domain import Artifact, Batch, Density, Domain, Metric
from omnigan.testing import check_domain
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


def _likelihood(self: Any, generator: Any, batch: Batch, rng: torch.Generator) -> Tensor:
    return -batch.x.square().sum(1) * generator.body[0].weight.square().sum()


def _gives(name: str, made: object) -> dict[str, Any]:
    return {name: lambda self, *given: made}


NAMED = Artifact("a.png", "image")  # type: ignore[arg-type]
KNOWN: dict[str, Any] = {"log_likelihood": _likelihood}
FILES = "rendering_writes_files"
LOOKS = "looks_are_files"
OWN = "files_of_its_own_are_bytes"
METRICS = "metrics_are_numbers"
JSON = "description_is_json"
CONTROLS = "controls_are_numbers"
TERMS = "generator_terms_are_scalars"
MISSING = "loading_a_missing_file_is_a_mistake"
CONDITIONS = "files_have_the_conditions_of_examples"

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    (FILES, "at least one Artifact", {"render": lambda self, x, folder: []}),
    (FILES, "no such file", {"render": lambda self, x, folder: [Artifact(folder / "a", "text")]}),
    (FILES, "empty file", _render("a.txt", "")),
    (FILES, "outside its folder", _render("../a.txt", "a")),
    (FILES, "Artifact.kind", _render("a.txt", "a", "video")),
    (
        LOOKS,
        "preview() must return a list with an Artifact for each file",
        _gives("preview", None),
    ),
    (LOOKS, "compare() must return a list with an Artifact", _gives("compare", "a.png")),
    (LOOKS, "with an Artifact for each file, as in", _gives("overview", [Path("a.png")])),
    (LOOKS, "name files by their pathlib.Path, not a str", _gives("animate", [NAMED])),
    (OWN, "not None (is a return missing?)", _gives("assets", None)),
    (OWN, "not a str for 'a.txt'.", _gives("assets", {"a.txt": "text"})),
    (OWN, "gives '../a.txt', which cannot name a file", _gives("assets", {"../a.txt": b"text"})),
    ("objects_are_as_many_as_examples", "as many objects", {"objects": lambda self, x: [x]}),
    (METRICS, "must give a float", _measure(lambda x: x)),
    (
        METRICS,
        "the name of a score of the engine",
        {"metrics": lambda self: {"Frechet distance": Metric(lambda x: 1.0)}},
    ),
    (METRICS, "better='bigger'", _measure(lambda x: 1.0, better="bigger")),
    (METRICS, "TypeError", _measure(lambda x: 1.0, against="train")),
    (METRICS, "must give a float", _measure(lambda *given: given, against="density") | KNOWN),
    (JSON, "JSON values", {"describe": lambda self: {"x": torch.ones(1)}}),
    (JSON, "JSON values", {"describe": lambda self: {"x": math.nan}}),
    (JSON, "round trip", {"describe": lambda self: {1: "one"}}),
    (JSON, "a list of sentences", {"describe": lambda self: {"summary": "32 points."}}),
    (JSON, "a list of sentences", {"describe": lambda self: {"summary": ["Points:", 32]}}),
    (JSON, "must be a sentence", {"describe": lambda self: {"preprocessing": ["none"]}}),
    (
        "embedding_is_one_row_an_example",
        "finite floats [B, F]",
        {"embed": lambda self, x: x.mean(0)},
    ),
    ("health_is_sentences", "list of sentences", {"health": lambda self, x: "well"}),
    (CONTROLS, "finite numbers", _controls(lambda progress: {"t": math.inf})),
    (CONTROLS, "the engine's readings", _controls(lambda progress: {"d_loss": 1.0})),
    (CONTROLS, "changes its names", _controls(lambda progress: {"t": 1.0} if progress else {})),
    (TERMS, "finite scalar tensor", _terms(lambda x: {"a": x.square()})),
    (TERMS, "finite scalar tensor", _terms(lambda x: {"a": 1.0})),
    (TERMS, "one of the engine's readings", _terms(lambda x: {"g_loss": x.mean()})),
    (TERMS, "one of the engine's readings", _terms(lambda x: {"r1": x.mean()})),
    (TERMS, "one of the engine's readings", _terms(lambda x: {"likelihood": x.mean()})),
    (TERMS, "has no gradient", _terms(lambda x: {"a": x.mean().detach()})),
    (
        MISSING,
        "raises FileNotFoundError",
        {"read_file": lambda self, path: path.read_bytes()},
    ),
    (MISSING, "must raise UserError", {"read_file": lambda self, path: torch.ones(1, 2)}),
    (CONDITIONS, "conditions_of()", {"conditions_of": lambda self, x, label: {"a": x[:1]}}),
    (CONDITIONS, "conditions_of()", {"conditions_of": lambda self, x, label: {"new": x}}),
]


def test_a_broken_rule_is_named(
    complaint: Callable[..., str], rule: str, phrase: str, methods: dict[str, Any]
) -> None:
    assert phrase in complaint(rule, methods)


def test_every_rule_is_broken_here() -> None:
    assert {check.__name__ for check in RESULT_CHECKS} == {rule for rule, _, _ in BROKEN}


def test_metrics_against_a_density_get_one_where_there_is_one(
    changed: Callable[..., Domain],
) -> None:
    seen: list[tuple[Tensor, Tensor, Tensor]] = []

    def compute(generated: Batch, held_out: Batch, density: Density) -> float:
        seen.append((generated.x, held_out.x, density(held_out)))
        return 1.0

    metric = _measure(compute, against="density")
    check = next(check for check in RESULT_CHECKS if check.__name__ == METRICS)
    check_domain(changed(metric), checks=[check])
    assert not seen
    check_domain(changed(metric | KNOWN), checks=[check])
    ((generated, held_out, found),) = seen
    assert generated.shape == held_out.shape
    assert found.shape == (4,)
    ratios = found / held_out.square().sum(1)
    torch.testing.assert_close(ratios, ratios[:1].expand(4))
