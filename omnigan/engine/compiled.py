"""How a step calls the two networks: as they are, or as ``torch.compile`` makes them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad

from omnigan.domain import EmbeddingDiscriminator
from omnigan.engine.buffers import saved_buffers
from omnigan.engine.losses import Judged, scores
from omnigan.errors import UserError
from omnigan.recipe.schema import CompileMode

__all__ = ["Calls", "calls_of"]

Slopes = Callable[..., Tensor]
"""Called with what a penalty looks at ``[B, ...]`` and conditions by name: the gradient there of
each example's score, ``[B, ...]``, with a graph to the weights."""


@dataclass(frozen=True)
class Calls:
    """The networks as a step calls them.

    Attributes:
        generate: The generator.
        judge: The discriminator.
        slopes: The discriminator's slopes; None: they are left to autograd.
    """

    generate: Callable[..., Tensor]
    judge: Callable[..., Judged]
    slopes: Slopes | None = None


REPLAYED: tuple[CompileMode, ...] = ("reduce-overhead", "max-autotune")
"""On a GPU these replay CUDA graphs: the next call writes where the last one's result is."""


def calls_of(generator: nn.Module, discriminator: nn.Module, mode: CompileMode) -> Calls:
    """Return how to call two networks; compiling begins with the first call.

    A compiled function can be differentiated once. So a gradient penalty calls one that returns
    slopes, with the differentiation inside, unless the discriminator changes buffers as it judges,
    as batch and spectral norm do: that has no functional form.

    Args:
        generator: Keeps its weights and their names.
        discriminator: The same.
        mode: The recipe's ``train.compile``.
    """
    if mode == "none":
        return Calls(generator, discriminator)
    _quiet()
    compiled = _compiled("generator", generator, mode)
    return Calls(
        _copied(compiled) if mode in REPLAYED else compiled,
        _compiled("discriminator", discriminator, mode),
        None if [*saved_buffers(discriminator)] else _slopes(discriminator, mode),
    )


def _quiet() -> None:
    """Keep from the screen what is for those who write networks; TORCH_LOGS tells them."""
    logging.getLogger("torch._dynamo").setLevel(logging.ERROR)
    # Tracing looks at every attribute of what the generator made.
    warnings.filterwarnings("ignore", r"The \.grad attribute of a Tensor that is not a leaf")


def _compiled(what: str, function: Callable[..., Any], mode: CompileMode) -> Callable[..., Any]:
    # Every batch has the same size; floats such as a temperature may change.
    fast = torch.compile(function, mode=mode, dynamic=False)

    def call(*args: Any, **named: Any) -> Any:
        with _failure_in_words(what):
            return fast(*args, **named)

    return call


def _copied(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    @wraps(function)
    def call(**named: Any) -> Tensor:
        return function(**named).clone()

    return call


@contextmanager
def _failure_in_words(what: str) -> Iterator[None]:
    from torch._dynamo.exc import TorchDynamoException

    try:
        yield
    except TorchDynamoException as error:
        reason = " ".join(str(error).split("\n")[:2]).strip()
        raise UserError(
            f"train.compile: torch cannot compile the {what} here ({reason}). It needs a C++ "
            "compiler, and for a GPU Triton. Set train.compile=none to train without."
        ) from error


def _slopes(discriminator: nn.Module, mode: CompileMode) -> Slopes:
    judging = _Judging(discriminator)

    def slopes(weights: dict[str, Tensor], x: Tensor, cond: dict[str, Tensor]) -> Tensor:
        def total(x: Tensor) -> Tensor:
            return scores(functional_call(judging, weights, (x,), cond)).sum()

        found: Tensor = grad(total)(x)
        return found

    compiled = _compiled("discriminator's penalty", slopes, mode)
    return lambda x, **cond: compiled(dict(judging.named_parameters()), x, cond)


class _Judging(nn.Module):
    """A discriminator from where penalties look at it: its embeddings, if it has such."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, x: Tensor, **cond: Tensor) -> Judged:
        network = self.discriminator
        judge = network.judge if isinstance(network, EmbeddingDiscriminator) else network
        judged: Judged = judge(x, **cond)
        return judged
