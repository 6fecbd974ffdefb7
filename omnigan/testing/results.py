"""Rules for what comes out: files, objects, numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args, get_type_hints

import torch
from torch import Tensor

from omnigan.domain import Artifact, Batch, Density, Judgement, Judgements, Metric
from omnigan.errors import OmniganError, UserError
from omnigan.evaluation.measures import engine_metrics
from omnigan.exporting.assets import assets_of
from omnigan.recipe.schema import PENALTIES
from omnigan.returned import artifacts
from omnigan.testing.subject import Check, Subject, require

__all__ = ["RESULT_CHECKS"]

KINDS = get_args(get_type_hints(Artifact)["kind"])
BETTER = get_args(get_type_hints(Metric)["better"])
_READINGS = (*PENALTIES, "augment", "overfitting", "step", "examples")
AGAINST = (None, "held-out", "train", "paired", "conditions", "density")


def rendering_writes_files(subject: Subject) -> None:
    """``render`` writes the files it names, not empty, into the folder it is given."""
    batch = subject.batch()
    for number, x in enumerate((batch.x, batch.x[:1], subject.generated(batch))):
        folder = subject.folder / f"rendered-{number}"
        folder.mkdir()
        artifacts = subject.domain.render(x, folder)
        require(
            isinstance(artifacts, list) and artifacts,
            "render() must return a list with at least one Artifact.",
        )
        for artifact in artifacts:
            _is_file(artifact, folder)


def looks_are_files(subject: Subject) -> None:
    """``preview``, ``overview``, ``compare`` and ``animate`` write the files they name, if any."""
    x, domain = subject.generated(subject.batch()), subject.domain
    for name in ("preview", "overview", "compare", "animate"):
        folder = subject.folder / name
        folder.mkdir()
        made = getattr(domain, name)(*([x, x] if name == "compare" else [x]), folder)
        with _told():
            for artifact in artifacts(domain, name, made):
                _is_file(artifact, folder, name)


def files_of_its_own_are_bytes(subject: Subject) -> None:
    """``assets`` gives bytes, under names that files of an export can have."""
    with _told():
        assets_of(subject.domain)


@contextmanager
def _told() -> Iterator[None]:
    """Let a rule be broken by what the engine refuses."""
    try:
        yield
    except OmniganError as error:
        raise AssertionError(str(error)) from error


def _is_file(artifact: Artifact, folder: Path, method: str = "render") -> None:
    require(isinstance(artifact, Artifact), f"{method}() returned {artifact!r}, not an Artifact.")
    path = artifact.path
    require(path.is_file(), f"{method}() named {path}, but there is no such file.")
    require(path.stat().st_size > 0, f"{method}() wrote an empty file: {path}.")
    require(
        path.resolve().is_relative_to(folder.resolve()),
        f"{method}() wrote outside its folder: {path}.",
    )
    require(
        artifact.kind in KINDS, f"Artifact.kind is {artifact.kind!r}; it must be one of {KINDS}."
    )
    require(isinstance(artifact.caption, str), "Artifact.caption must be text.")


def objects_are_as_many_as_examples(subject: Subject) -> None:
    """``objects`` gives one object per example."""
    made = subject.domain.objects(subject.generated(subject.batch()))
    require(
        isinstance(made, list) and len(made) == subject.size,
        f"objects() of {subject.size} examples must be a list of as many objects.",
    )


def metrics_are_numbers(subject: Subject) -> None:
    """Every metric can be computed on a few examples and gives numbers, under a name of its own."""
    taken = engine_metrics(subject.domain)
    batch = subject.batch()
    made = Batch(subject.generated(batch), batch.cond)
    density = subject.density(batch)
    for name, metric in subject.domain.metrics().items():
        require(
            isinstance(metric, Metric),
            f"Metric '{name}' must be a Metric, not a {type(metric).__name__}.",
        )
        require(name not in taken, f"metrics() uses '{name}', the name of a score of the engine.")
        require(
            metric.better in BETTER and metric.against in AGAINST,
            f"Metric '{name}' has better={metric.better!r} and against={metric.against!r}.",
        )
        if metric.against == "density" and density is None:
            continue
        values = metric.compute(*_given(metric, made, batch, density))
        parts = values if isinstance(values, Mapping) else {name: values}
        require(
            all(isinstance(part, str) for part in parts)
            and all(_is_number(value) for value in parts.values()),
            f"Metric '{name}' must give a float, or floats by name, not {values!r}.",
        )


def _given(metric: Metric, made: Batch, real: Batch, density: Density | None) -> tuple[Any, ...]:
    """Return what a metric is called with."""
    if metric.against == "density":
        return made, real, density
    if metric.against is None:
        return (made.x,)
    return made.x, made.cond if metric.against == "conditions" else real.x


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def description_is_json(subject: Subject) -> None:
    """``describe`` gives JSON values; those that the engine prints are sentences."""
    facts = subject.domain.describe()
    try:
        again = json.loads(json.dumps(facts, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"describe() must give JSON values: {error}") from error
    require(again == facts, "describe() differs after a round trip through JSON.")
    said = facts.get("summary", [])
    require(
        isinstance(said, list) and all(isinstance(line, str) for line in said),
        f"describe()['summary'] must be a list of sentences, not {said!r}.",
    )
    how = facts.get("preprocessing", "")
    require(isinstance(how, str), f"describe()['preprocessing'] must be a sentence, not {how!r}.")


def embedding_is_one_row_an_example(subject: Subject) -> None:
    """``embed`` gives finite float features ``[B, F]``."""
    features = subject.domain.embed(subject.batch().x)
    require(isinstance(features, Tensor), f"embed() must give a tensor [B, F], not {features!r}.")
    require(
        features.dim() == 2
        and len(features) == subject.size
        and features.is_floating_point()
        and bool(features.isfinite().all()),
        f"embed() must give finite floats [B, F], not {tuple(features.shape)} {features.dtype}.",
    )


def health_is_sentences(subject: Subject) -> None:
    """``health`` gives sentences about good, blank and real samples alike."""
    batch = subject.batch()
    blank = torch.full_like(batch.x, subject.domain.space.low)
    for x in (batch.x, blank, subject.generated(batch)):
        said = subject.domain.health(x)
        require(
            isinstance(said, list) and all(isinstance(line, str) for line in said),
            f"health() must give a list of sentences, not {said!r}.",
        )


def controls_are_numbers(subject: Subject) -> None:
    """``controls`` gives finite numbers by name, the same names throughout the run."""
    given = [subject.domain.controls(progress) for progress in (0.0, 0.5, 1.0)]
    for controls in given:
        require(
            isinstance(controls, Mapping)
            and all(_is_number(v) and math.isfinite(v) for v in controls.values()),
            f"controls() must give finite numbers by name, not {controls!r}.",
        )
        require(controls.keys() == given[0].keys(), "controls() changes its names during the run.")
    taken = sorted(filter(_is_reading, given[0]))
    require(not taken, f"controls() uses {taken}, which are names of the engine's readings.")


def generator_terms_are_scalars(subject: Subject) -> None:
    """``generator_terms`` gives finite scalar tensors under names that the engine does not use."""
    batch = subject.batch()
    generator, discriminator = subject.networks(shaken=True)
    made = generator(**subject.inputs(batch))
    judged, real = (Judgement.of(discriminator(x, **batch.cond)) for x in (made, batch.x))
    terms = subject.domain.generator_terms(made, batch, Judgements(judged, real), 0.5)
    require(
        isinstance(terms, Mapping),
        f"generator_terms() must give losses by name, or none as {{}}, not {terms!r}.",
    )
    for name, term in terms.items():
        require(
            isinstance(term, Tensor)
            and term.shape == ()
            and term.is_floating_point()
            and bool(term.isfinite()),
            f"generator_terms()['{name}'] must be a finite scalar tensor, not {term!r}.",
        )
        require(
            not _is_reading(name),
            f"generator_terms() uses the name '{name}', which is one of the engine's readings.",
        )
        require(
            term.requires_grad, f"generator_terms()['{name}'] has no gradient to the generator."
        )


def _is_reading(name: str) -> bool:
    """Tell whether the engine logs something under a name, or weighs it."""
    return name.startswith(("d_", "g_", "likelihood", "held_out_")) or name in _READINGS


def loading_a_missing_file_is_a_mistake(subject: Subject) -> None:
    """``read_file`` answers a file that is not there with a UserError."""
    try:
        subject.domain.read_file(subject.folder / "there-is-no-such-file")
    except UserError:
        return
    except Exception as error:
        raise AssertionError(
            f"read_file() of a missing file raises {type(error).__name__}, not UserError."
        ) from error
    raise AssertionError("read_file() of a missing file must raise UserError.")


def files_have_the_conditions_of_examples(subject: Subject) -> None:
    """``conditions_of`` gives tensors like those that the discriminator is given in training."""
    batch = subject.batch()
    wanted = {name: (value.shape, value.dtype) for name, value in batch.cond.items()}
    labels: list[str | None] = [*subject.domain.labels()[:3]]
    for label in labels or [None]:
        cond = subject.domain.conditions_of(batch.x, label)
        found = {name: (value.shape, value.dtype) for name, value in cond.items()}
        require(
            found == wanted,
            f"conditions_of() of {len(batch)} examples with the label {label!r} gives {found}; "
            f"examples have {wanted}.",
        )


RESULT_CHECKS: tuple[Check, ...] = (
    rendering_writes_files,
    looks_are_files,
    files_of_its_own_are_bytes,
    objects_are_as_many_as_examples,
    metrics_are_numbers,
    description_is_json,
    embedding_is_one_row_an_example,
    health_is_sentences,
    controls_are_numbers,
    generator_terms_are_scalars,
    loading_a_missing_file_is_a_mistake,
    files_have_the_conditions_of_examples,
)
