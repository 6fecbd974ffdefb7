"""NaN in the data, a loss, a gradient or an output of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from omnigan.domain import Batch
from omnigan.engine.loading import BatchOrder
from omnigan.engine.step import Adversaries
from omnigan.engine.trainer import Trainer

if TYPE_CHECKING:
    from fault_kit.harms import NotANumber

__all__ = ["inject"]


def inject(fault: NotANumber) -> None:
    """Change omnigan's classes in this process so that the fault happens."""
    if fault.where == "data":
        _poison_data()
        return
    advance = Adversaries.advance

    def poisoned(self: Adversaries, data: Any) -> Any:
        if self.step != fault.step or self.attempt >= fault.attempts:
            return advance(self, data)
        undo = _KINDS[fault.where](self)
        try:
            return advance(self, data)
        finally:
            undo()

    Adversaries.advance = poisoned  # type: ignore[method-assign]


class _Poisoned:
    """A source whose second example is not a number."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        batch: Batch = self.source.read(index, rng)
        return Batch(batch.x * torch.nan, batch.cond) if index == 1 else batch


def _poison_data() -> None:
    init = Trainer.__init__

    def begin(self: Trainer, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        order = self.order
        poisoned = _Poisoned(order.source)
        self.order = BatchOrder(poisoned, order.batch_size, order.seed, order.rows)

    Trainer.__init__ = begin  # type: ignore[method-assign]


def _term(players: Adversaries) -> Callable[[], None]:
    domain, real = players.domain, players.domain.generator_terms

    def terms(generated: Any, *args: Any) -> dict[str, Any]:
        made = dict(real(generated, *args))
        return (
            {**made, "likelihood": generated.sum() * torch.nan}
            if not made
            else {name: value * torch.nan for name, value in made.items()}
        )

    domain.generator_terms = terms  # type: ignore[method-assign, assignment]

    def undo() -> None:
        del domain.generator_terms

    return undo


def _gradient(players: Adversaries) -> Callable[[], None]:
    weight = next(players.generator.parameters())
    handle = weight.register_hook(lambda gradient: gradient * torch.nan)  # type: ignore[no-untyped-call]
    remove: Callable[[], None] = handle.remove
    return remove


def _output(players: Adversaries) -> Callable[[], None]:
    if players.domain.space.symbols is not None:  # no output is NaN there, unless weights are
        players.generator.apply(_spoil)
        return lambda: None
    return players.generator.register_forward_hook(lambda *call: call[2] * torch.nan).remove


def _spoil(module: torch.nn.Module) -> None:
    for weight in module.parameters(recurse=False):
        weight.data.fill_(torch.nan)


_KINDS: dict[str, Callable[[Adversaries], Callable[[], None]]] = {
    "term": _term,
    "gradient": _gradient,
    "output": _output,
}
