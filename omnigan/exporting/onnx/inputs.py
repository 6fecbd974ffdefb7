"""The inputs of a generator, as a program without its domain has to make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Literal

import torch
from torch import Tensor

from omnigan.domain import Conditions, Domain, Draw
from omnigan.errors import OmniganError
from omnigan.sampling import Trained

__all__ = ["Input", "inputs_of", "labels_of", "real_inputs", "unchoosable"]

TAKEN = ("changed", "count", "file", "help", "label", "out", "seed")
"""What ``example.py`` takes, whatever the generator."""
TOGETHER = "settings"
"""What it calls all settings together."""


@dataclass(frozen=True)
class Input:
    """One input of a generator.

    Attributes:
        name: Of the keyword argument.
        example: One of them, ``[1, ...]``.
        role: What it is to the domain.
        draw: How it is drawn, choices by label; None: it follows from the label.
    """

    name: str
    example: Tensor
    role: Literal["latent", "condition"]
    draw: Draw | None

    @property
    def axes(self) -> Mapping[int, str]:
        """Names of the axes of any size; 0 is the batch."""
        return {0: "batch", **(self.draw.axes if self.draw else {})}

    def to_json(self) -> dict[str, Any]:
        """Return what ``generator.json`` says about it; its shape has no batch axis."""
        sizes = enumerate(self.example.shape)
        return {
            "name": self.name,
            "shape": [self.axes.get(axis, size) for axis, size in sizes][1:],
            "dtype": str(self.example.dtype).removeprefix("torch."),
            "role": self.role,
            "draw": _draw_to_json(self.draw),
        }


def _draw_to_json(draw: Draw | None) -> dict[str, Any]:
    if draw is None:
        return {"kind": "label"}
    if draw.kind == "uniform":
        return {"kind": draw.kind, "low": draw.low, "high": draw.high}
    if draw.kind == "setting":
        return {"kind": draw.kind, "low": draw.low, "high": draw.high, "usual": draw.usual}
    if draw.kind == "choice":
        return {"kind": draw.kind, "values": [list(each) for each in draw.values]}
    if draw.kind == "given":
        return {"kind": draw.kind, **draw.about}
    return {"kind": draw.kind}


def inputs_of(trained: Trained) -> list[Input]:
    """Return the inputs of a generator, latent ones first.

    Raises:
        OmniganError: The domain does not say how one of them is drawn, or has a setting that
            nobody could choose.
    """
    real = real_inputs(trained, 1, 0)
    latents = trained.latents(1, 0)
    normal = {name: Draw() for name, value in latents.items() if value.is_floating_point()}
    draws = normal | _draws(trained.domain)
    unsaid = [name for name in real if name not in {*draws, *_labelled(trained.domain)}]
    if unsaid:
        raise OmniganError(
            f"The {type(trained.domain).__name__} cannot be exported as ONNX: its standalone() "
            f"must say how a program draws '{unsaid[0]}'."
        )
    for name, draw in draws.items():
        if wrong := unchoosable(name, draw):
            raise OmniganError(
                f"The {type(trained.domain).__name__} cannot be exported as ONNX: its standalone() "
                f"has a setting '{name}', {wrong}"
            )
    return [
        Input(name, value, "latent" if name in latents else "condition", draws.get(name))
        for name, value in real.items()
    ]


def unchoosable(name: str, draw: Draw) -> str | None:
    """Return why nobody could choose a setting, the end of a sentence; None of all other draws."""
    if draw.kind != "setting":
        return None
    if name in TAKEN:
        return "which is another option of example.py. Rename it."
    if name == TOGETHER:
        return "which is what example.py calls all settings together. Rename it."
    if not name.isidentifier() or not name.isascii() or name.startswith("_"):
        return "which is no name for an option: it needs letters, digits and '_', a letter first."
    bounds = draw.low, draw.usual, draw.high
    if all(map(isfinite, bounds)) and draw.low <= draw.usual <= draw.high and draw.low < draw.high:
        return None
    return (
        f"with low={draw.low}, usual={draw.usual} and high={draw.high}: they must be finite, low "
        "below high, and usual from one to the other."
    )


def _draws(domain: Domain) -> dict[str, Draw]:
    """Return what a domain says, with a list of values for each label."""
    labels = max(len(domain.labels()), 1)
    said = domain.standalone().draws
    return {
        name: replace(draw, values=[*draw.values] * labels) if len(draw.values) == 1 else draw
        for name, draw in said.items()
    }


def _labelled(domain: Domain) -> Conditions:
    labels = domain.labels()
    return domain.condition(labels[0], 1) if labels else {}


def labels_of(domain: Domain) -> list[dict[str, Any]]:
    """Return each label with the values of the inputs that follow from it."""
    values = {label: domain.condition(label, 1) for label in domain.labels()}
    return [
        {"name": label, "inputs": {name: value[0].tolist() for name, value in cond.items()}}
        for label, cond in values.items()
    ]


def real_inputs(trained: Trained, n: int, seed: int) -> dict[str, Tensor]:
    """Return the inputs of examples 0 to n - 1 as :meth:`Trained.generate` makes them.

    What cannot be drawn is the domain's own example of it, and a setting is its usual value, its
    least and its largest in turn.
    """
    draws = trained.domain.standalone().draws
    examples = {name: _examples(draw) for name, draw in draws.items()}
    given = {name: _repeated(each, n) for name, each in examples.items() if each is not None}
    labels: Sequence[str | None] = trained.choose_labels(n, seed, None)
    conditions = trained.conditions(labels, seed, given)
    return {**trained.latents(n, seed), **conditions}


def _examples(draw: Draw) -> Tensor | None:
    """Return what an input is tried with that nobody draws."""
    if draw.kind == "setting":
        return torch.tensor([draw.usual, draw.low, draw.high])
    return draw.example if draw.kind == "given" else None


def _repeated(examples: Tensor, n: int) -> Tensor:
    """Return n of some examples, from the first on, again and again."""
    return examples[[place % len(examples) for place in range(n)]]
