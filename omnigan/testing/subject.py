"""What a check looks at: a domain, and how the engine would use it."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from omnigan.domain import Batch, Density, Domain
from omnigan.engine.losses import as_list
from omnigan.errors import lacks_memory, what_failed
from omnigan.sampling import Trained

__all__ = [
    "Check",
    "Subject",
    "call_of",
    "called",
    "chance",
    "require",
    "same",
    "signature_of",
    "spread",
    "takes",
]


@dataclass(frozen=True)
class Subject:
    """A domain under test.

    Attributes:
        domain: The domain, resolved.
        folder: An empty folder to write into.
        size: Examples in a batch, at least 2.
    """

    domain: Domain
    folder: Path
    size: int = 4

    def batch(self) -> Batch:
        """Return training examples, spread over the source."""
        source = self.domain.source("train")
        places = spread(len(source), self.size)
        rng = torch.Generator().manual_seed(0)
        return Batch.stack([source.read(place, rng) for place in places])

    def inputs(self, batch: Batch, seed: int = 0) -> dict[str, Tensor | float]:
        """Return everything that the generator is called with, by keyword."""
        rng = torch.Generator().manual_seed(seed)
        latent = self.domain.latent(len(batch), rng)
        return {**latent, **batch.cond, **self.domain.controls(0.5)}

    def networks(self, *, shaken: bool = False) -> tuple[nn.Module, nn.Module]:
        """Return a fresh generator and discriminator as training begins with them.

        Args:
            shaken: Add a little noise to every weight, so that layers which start at zero do not
                hide what is behind them.
        """
        with chance(0):
            generator, discriminator = self.domain.generator(), self.domain.discriminator()
            self.domain.initialise(generator, discriminator)
            for network in (generator, discriminator) if shaken else ():
                for weight in network.parameters():
                    if weight.requires_grad:
                        weight.data += 0.01 * torch.randn_like(weight)
        return generator, discriminator

    def generated(self, batch: Batch) -> Tensor:
        """Return what a fresh generator makes for the conditions of a batch."""
        generator, inputs = self.networks()[0].eval(), self.inputs(batch)
        with torch.no_grad(), called("generator", **inputs):
            made: Tensor = generator(**inputs)
        return made

    def density(self, batch: Batch) -> Density | None:
        """Return the likelihood under a fresh generator, if it has one."""
        generator = self.networks(shaken=True)[0]
        return Trained(self.domain, generator, 0, torch.device("cpu")).density(batch)

    def anything(self, shape: tuple[int, ...]) -> Tensor:
        """Return values that the space allows, drawn from torch's global generator."""
        space = self.domain.space
        if space.symbols is not None:
            return torch.randint(space.symbols, shape).float()
        return space.low + (space.high - space.low) * torch.rand(shape)

    def judged(self, discriminator: nn.Module, x: Tensor, batch: Batch) -> list[Tensor]:
        """Return the logits of each critic, dropping out in the same way at every call."""
        with chance(1):
            return as_list(discriminator(x, **batch.cond))


Check = Callable[[Subject], None]
"""One rule: raises AssertionError, saying what is wrong, when a domain breaks it."""


def require(condition: object, sentence: str) -> None:
    """Raise AssertionError with a sentence unless a condition holds."""
    if not condition:
        raise AssertionError(sentence)


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """Return what something takes, or None where Python cannot tell.

    That is so of some that are written in C, and where names of types are not defined.
    """
    with suppress(NameError, TypeError, ValueError):
        return inspect.signature(function)
    return None


@contextmanager
def called(name: str, *places: Tensor, **inputs: Tensor | float) -> Iterator[None]:
    """Say with what a network was called, where it fails."""
    try:
        yield
    except Exception as error:
        if lacks_memory(error):
            raise
        shown = [_shown(value) for value in places]
        shown += [f"{key}={_shown(value)}" for key, value in inputs.items()]
        raise AssertionError(
            f"The {name} fails, called as net({', '.join(shown)}): {what_failed(error)}"
        ) from error


def _shown(value: object) -> str:
    if not isinstance(value, Tensor):
        return repr(value)
    return f"{str(value.dtype).removeprefix('torch.')} {[*value.shape]}"


def takes(function: Callable[..., Any], *places: object, **names: object) -> str | None:
    """Return why something cannot be called so; None if it can be, or nobody knows."""
    signature = signature_of(function)
    try:
        if signature is not None:
            signature.bind(*places, **names)
    except TypeError as error:
        return str(error)
    return None


def call_of(network: nn.Module) -> Callable[..., Any]:
    """Return the method that a network's author wrote for its call, mostly ``forward``."""
    own = type(network).__call__
    return network.forward if own is nn.Module.__call__ else own.__get__(network)


def spread(total: int, count: int) -> list[int]:
    """Return ``count`` places from 0 to ``total - 1``, evenly spread, repeated if there are few."""
    return [place * (total - 1) // max(count - 1, 1) for place in range(count)]


@contextmanager
def chance(seed: int) -> Iterator[None]:
    """Seed the global generators of torch, NumPy and Python for a block, and put them back."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpy)
            random.setstate(python)


def same(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    """Tell whether two mappings hold the same names with the same values, NaN included."""
    return first.keys() == second.keys() and all(
        value.shape == second[name].shape
        and bool(((value == second[name]) | (value.isnan() & second[name].isnan())).all())
        for name, value in first.items()
    )
