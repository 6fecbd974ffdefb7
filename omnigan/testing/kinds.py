"""Rules for what methods take and what kind of thing they return: all else needs it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from omnigan.domain import Batch, Domain, Metric, Space
from omnigan.returned import in_few_words
from omnigan.testing.subject import Check, Subject, call_of, require, signature_of, takes

__all__ = ["KIND_CHECKS", "misfit"]


def methods_are_called_as_the_contract_says(subject: Subject) -> None:
    """What a class overrides takes the arguments that :class:`Domain` names, in their order."""
    found = misfit(type(subject.domain))
    require(found is None, found or "")


def misfit(kind: type[Domain]) -> str | None:
    """Return a sentence about something of a class that the engine cannot use as it will, or None.

    Args:
        kind: A domain's class.
    """
    for name, base in vars(Domain).items():
        own = inspect.getattr_static(kind, name, base)
        if own is base:
            continue
        if isinstance(base, property) and inspect.isfunction(own):
            return f"{name} must be a property: write @property above its def."
        if not inspect.isfunction(base) or not inspect.isfunction(own):
            continue
        wanted = [each.name for each in inspect.signature(base).parameters.values()]
        signature = signature_of(own)
        if signature is not None and takes(own, *wanted):
            given = f"({', '.join(signature.parameters)})"
            return f"{name}() must take ({', '.join(wanted)}), as Domain.{name} does, not {given}."
    return None


def methods_return_what_the_contract_says(subject: Subject) -> None:
    """Networks are modules, inputs mappings of tensors, examples batches, metrics metrics."""
    domain = subject.domain
    _is(domain.space, Space, "space")
    example = _example(domain)
    latent = domain.latent(1, torch.Generator().manual_seed(0))
    _holds_tensors(latent, "latent()")
    labels = domain.labels()
    if isinstance(labels, Sequence) and labels:
        _holds_tensors(_condition(domain, labels[0]), f"condition('{labels[0]}', 1)")
    for name in ("controls", "describe", "metrics"):
        made = getattr(domain, name)(*([0.5] if name == "controls" else []))
        _is(made, Mapping, f"{name}()")
    for name, metric in domain.metrics().items():
        _is(metric, Metric, f"metrics()['{name}']")
    generator, discriminator = domain.generator(), domain.discriminator()
    _takes(generator, "generator", (), {**latent, **example.cond, **domain.controls(0.5)})
    _takes(discriminator, "discriminator", ("x",), example.cond)


def _condition(domain: Domain, label: str) -> object:
    try:
        return domain.condition(label, 1)
    except KeyError as error:
        raise AssertionError(
            f"condition('{label}', 1) raises KeyError, though '{label}' is one of labels()."
        ) from error


def _is(made: object, kind: Any, what: str) -> None:
    name = "dict" if kind is Mapping else kind.__name__
    require(isinstance(made, kind), f"{what} must be a {name}, not {in_few_words(made)}.")


def _holds_tensors(made: object, what: str) -> None:
    require(
        isinstance(made, Mapping) and all(isinstance(value, Tensor) for value in made.values()),
        f"{what} must give tensors by name, as in {{'z': ...}}, not {in_few_words(made)}"
        f"{' of others' if isinstance(made, Mapping) else ''}.",
    )


def _example(domain: Domain) -> Batch:
    """Return a training example."""
    source = domain.source("train")
    require(
        not isinstance(source, type)
        and hasattr(source, "__len__")
        and callable(getattr(source, "read", None)),
        f"source('train') must have __len__() and read(index, rng), as a TensorSource has; it is "
        f"{in_few_words(source)}.",
    )
    why = takes(source.read, 0, torch.Generator())
    require(not why, f"read() of the source must take (index, rng), and does not: {why}.")
    require(len(source) > 0, "There are no training examples.")
    example = source.read(0, torch.Generator().manual_seed(0))
    _is(example, Batch, "What read() of the source returns")
    return example


def _takes(network: object, name: str, places: tuple[str, ...], names: Mapping[str, Any]) -> None:
    """Check that something is a network that can be called so."""
    require(
        isinstance(network, nn.Module),
        f"{name}() must return a network, a torch.nn.Module, not {in_few_words(network)}.",
    )
    assert isinstance(network, nn.Module)
    call, given = call_of(network), [*places, *(f"{each}=..." for each in names)]
    why = takes(call, *places, **names)
    require(
        not why,
        f"The {name} is called as net({', '.join(given)}), which its {call.__name__}() does not "
        f"take: {why}.",
    )


KIND_CHECKS: tuple[Check, ...] = (
    methods_are_called_as_the_contract_says,
    methods_return_what_the_contract_says,
)
