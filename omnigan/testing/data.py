"""Rules for examples, latents, labels and settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any, NoReturn

import torch
from pydantic import ValidationError
from torch import Tensor

from omnigan.domain import API, Batch, BatchSource, Domain, Source
from omnigan.evaluation.classes import labels_of
from omnigan.recipe.schema import Log, Train
from omnigan.testing.subject import Check, Subject, chance, require, same, spread

__all__ = ["DATA_CHECKS"]

_FEW = 512  # examples that are read one by one


def class_fits_the_contract(subject: Subject) -> None:
    """The class is for this version of the contract, and its DEFAULTS are recipe values."""
    domain = subject.domain
    require(domain.API == API, f"API is {domain.API}, but this omnigan has version {API}.")
    unknown = domain.DEFAULTS.keys() - {"train", "log"}
    require(not unknown, f"DEFAULTS has keys other than 'train' and 'log': {sorted(unknown)}.")
    for name, section in (("train", Train), ("log", Log)):
        try:
            section.model_validate(domain.DEFAULTS.get(name, {}))
        except ValidationError as error:
            key, why = ".".join(map(str, error.errors()[0]["loc"])), error.errors()[0]["msg"]
            raise AssertionError(f"DEFAULTS has '{name}.{key}': {why}.") from error


def resolved_config_rebuilds_without_data(subject: Subject) -> None:
    """The resolved config survives JSON, and gives the same space and networks without data."""
    domain = subject.domain
    text = json.dumps(domain.config.stored(), allow_nan=False)
    config = type(domain).Config.model_validate_json(text)
    require(config == domain.config, "The config differs after a round trip through JSON.")
    rebuilt = type(domain)(config)
    _hide_data(rebuilt)
    require(rebuilt.space == domain.space, "A domain made of the resolved config has another space")
    require(
        list(rebuilt.labels()) == list(domain.labels()),
        "A domain made of the resolved config has other labels.",
    )
    for name in ("generator", "discriminator"):
        with chance(0):
            mine, theirs = getattr(domain, name)(), getattr(rebuilt, name)()
        shapes = [{k: v.shape for k, v in each.state_dict().items()} for each in (mine, theirs)]
        require(
            shapes[0] == shapes[1],
            f"The {name} of a domain made of the resolved config has other weights.",
        )
    rebuilt.latent(1, torch.Generator())


def _hide_data(domain: Domain) -> None:
    def refuse(*args: object, **options: object) -> NoReturn:
        raise AssertionError("Networks and latents must not need the data: resolve() is for that.")

    for name in ("source", "resolve"):
        setattr(domain, name, refuse)


def examples_fit_the_space(subject: Subject) -> None:
    """Every example has the declared shape and range, float32, without a batch axis."""
    space = subject.domain.space
    for split, source in _sources(subject):
        for place in spread(len(source), subject.size):
            example = source.read(place, torch.Generator().manual_seed(0))
            where = f"Example {place} of the {split} split"
            _is_example(example, where)
            x = example.x
            require(
                tuple(x.shape) == tuple(space.shape),
                f"{where} has shape {tuple(x.shape)}, but space.shape is {space.shape}.",
            )
            require(x.dtype == torch.float32, f"{where} is {x.dtype}, not torch.float32.")
            require(x.isfinite().all(), f"{where} holds NaN or infinite values.")
            require(
                space.symbols is None or bool((x == x.round()).all()),
                f"{where} must hold whole numbers: the space is discrete.",
            )
            require(
                space.low <= x.min() and x.max() <= space.high,
                f"{where} goes from {float(x.min())} to {float(x.max())}, beyond the space's "
                f"{space.low} to {space.high}.",
            )


def _sources(subject: Subject) -> list[tuple[str, Source]]:
    train, valid = subject.domain.source("train"), subject.domain.source("valid")
    require(len(train) > 0, "There are no training examples.")
    return [("train", train), ("valid", valid)] if len(valid) else [("train", train)]


def _is_example(example: object, where: str) -> None:
    require(isinstance(example, Batch), f"{where} is a {type(example).__name__}, not a Batch.")
    assert isinstance(example, Batch)
    for name, value in example.cond.items():
        require(isinstance(name, str), f"{where} has a condition whose name is not text: {name!r}.")
        require(isinstance(value, Tensor), f"Condition '{name}' of {where} is not a tensor.")


def reading_takes_all_chance_from_rng(subject: Subject) -> None:
    """The same seed gives the same example, whatever was read before and whatever else is drawn."""
    source = subject.domain.source("train")
    again = subject.domain.source("train")
    for place in spread(len(source), subject.size):
        first = _read(source, place, world=0)
        for other in (source, again):
            require(
                same(first, _read(other, place, world=1)),
                f"read({place}, rng) gave two results for one seed. It must draw from rng alone.",
            )


def _read(source: Source, place: int, world: int) -> dict[str, Tensor]:
    with chance(world):
        example = source.read(place, torch.Generator().manual_seed(7))
    return {"": example.x, **example.cond}


def whole_batches_are_like_examples(subject: Subject) -> None:
    """A source that reads whole batches gives what its examples stacked would look like."""
    source = subject.domain.source("train")
    if not isinstance(source, BatchSource):
        return
    places = spread(len(source), subject.size)
    stacked = Batch.stack([source.read(place, torch.Generator()) for place in places])
    wanted = {"": stacked.x, **stacked.cond}
    for reader in (source, source.resident(torch.device("cpu"))):
        batches = []
        for world in (0, 1):
            with chance(world):
                batch = reader.read_batch(places, torch.Generator().manual_seed(7))
            batches.append({"": batch.x, **batch.cond})
        require(
            same(*batches),
            "read_batch(indices, rng) gave two results for one seed. It must draw from rng alone.",
        )
        require(
            _kinds(batches[0]) == _kinds(wanted),
            f"read_batch() gives {_kinds(batches[0])}, but examples stacked are {_kinds(wanted)}.",
        )


def source_can_be_sent_to_a_process(subject: Subject) -> None:
    """Loader processes (``train.workers``) get a copy of the source that reads the same."""
    source = subject.domain.source("train")
    try:
        sent = ForkingPickler.loads(ForkingPickler.dumps(source))
    except Exception as error:
        raise AssertionError(
            f"The source cannot be sent to a loader process: {type(error).__name__}: {error}"
        ) from error
    require(
        same(_read(source, 0, world=0), _read(sent, 0, world=0)),
        "A source that was sent to another process reads other examples.",
    )


def latent_takes_all_chance_from_rng(subject: Subject) -> None:
    """Latents are CPU tensors ``[n, ...]`` that depend on the generator's seed and nothing else."""
    for n in (1, subject.size):
        drawn = _latent(subject, n, seed=3, world=0)
        for name, value in drawn.items():
            require(
                isinstance(value, Tensor)
                and value.shape[:1] == (n,)
                and value.device.type == "cpu",
                f"latent({n}, rng)['{name}'] must be a tensor [{n}, ...] on the CPU.",
            )
        require(
            same(drawn, _latent(subject, n, seed=3, world=1)),
            "latent() gave two results for one seed. It must draw from rng alone.",
        )
    require(
        not drawn or not same(drawn, _latent(subject, n, seed=4, world=0)),
        "latent() gives the same for every seed. It must draw from rng.",
    )


def _latent(subject: Subject, n: int, seed: int, world: int) -> dict[str, Tensor]:
    with chance(world):
        return subject.domain.latent(n, torch.Generator().manual_seed(seed))


def inputs_have_names_of_their_own(subject: Subject) -> None:
    """Latents, conditions and controls are one call's keyword arguments, so no two share a name."""
    batch = subject.batch()
    names: Sequence[str] = [*_latent(subject, 1, 0, 0), *batch.cond, *subject.domain.controls(0.0)]
    twice = sorted({name for name in names if names.count(name) > 1})
    require(not twice, f"Latents, conditions and controls share the names {twice}.")


def labels_are_texts(subject: Subject) -> None:
    """``labels`` is a list of different texts."""
    labels = subject.domain.labels()
    require(
        isinstance(labels, Sequence)
        and all(isinstance(label, str) for label in labels)
        and len(set(labels)) == len(labels)
        and not isinstance(labels, str),
        f"labels() must be a list of different texts, not {labels!r}.",
    )


def labels_agree_with_the_data(subject: Subject) -> None:
    """``condition(label, n)`` gives what examples carry: same names, dtypes and shapes.

    What it leaves out, ``complete`` adds, for one example at a time.
    """
    domain = subject.domain
    labels = list(domain.labels())
    try:
        domain.condition("no such label, surely", 1)
    except KeyError:
        pass
    except Exception as error:
        raise AssertionError(
            f"condition() of an unknown label raises {type(error).__name__}, not KeyError."
        ) from error
    else:
        raise AssertionError("condition() of an unknown label must raise KeyError.")
    real = _kinds(subject.batch().cond)
    for label in labels:
        given = _kinds(domain.condition(label, subject.size))
        require(
            given.items() <= real.items(),
            f"condition('{label}', {subject.size}) gives {given}, but examples carry {real}.",
        )
    for each in labels or (None,):
        _completed(subject, each)


def _completed(subject: Subject, label: str | None) -> None:
    """Check that an example of a label, or of none, gets all of its conditions."""
    domain = subject.domain
    real = _kinds({name: value[:1] for name, value in subject.batch().cond.items()})
    given = {} if label is None else domain.condition(label, 1)
    drawn = [domain.complete(given, torch.Generator().manual_seed(7)) for _ in range(2)]
    require(
        _kinds(drawn[0]) == real,
        f"condition() and complete() give {_kinds(drawn[0])}, but examples carry {real}.",
    )
    require(same(*drawn), "complete() gave two results for one seed. It must draw from rng alone.")


def label_counts_are_those_of_the_data(subject: Subject) -> None:
    """``label_counts()`` is empty, or says how many training examples each label has."""
    domain, source = subject.domain, subject.domain.source("train")
    counts = list(domain.label_counts())
    if not counts:
        return
    require(
        len(counts) == len(domain.labels()) and sum(counts) == len(source),
        f"label_counts() gives {len(counts)} numbers whose sum is {sum(counts)}: there are "
        f"{len(domain.labels())} labels and {len(source)} training examples.",
    )
    if len(source) > _FEW:
        return
    rng = torch.Generator().manual_seed(0)
    batch = Batch.stack([source.read(place, rng) for place in range(len(source))])
    found = labels_of(domain, batch)
    real = counts if found is None else torch.bincount(found, minlength=len(counts)).tolist()
    require(real == counts, f"label_counts() gives {counts}, but training examples {real}.")


def _kinds(cond: Any) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    return {name: (tuple(value.shape), value.dtype) for name, value in cond.items()}


DATA_CHECKS: tuple[Check, ...] = (
    class_fits_the_contract,
    resolved_config_rebuilds_without_data,
    examples_fit_the_space,
    reading_takes_all_chance_from_rng,
    whole_batches_are_like_examples,
    source_can_be_sent_to_a_process,
    latent_takes_all_chance_from_rng,
    inputs_have_names_of_their_own,
    labels_are_texts,
    labels_agree_with_the_data,
    label_counts_are_those_of_the_data,
)
