"""Quantities of a recipe that are more than a number: durations, ramps, and what adapts."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from omnigan.section import Section

__all__ = ["Adaptive", "Beta", "Duration", "Number", "Ramp", "Steps", "Strength", "Weight"]

_EXAMPLES = re.compile(r"^\s*([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*([kM]?)\s*examples?\s*$")
_SCALE = {"": 1, "k": 1_000, "M": 1_000_000}


class Duration(Section):
    """A length of training, counted in steps or in examples seen, a batch a step."""

    count: int
    unit: Literal["steps", "examples"] = "steps"

    def steps(self, batch_size: int) -> int:
        """Return the number of steps, rounded up, for a batch size."""
        return self.count if self.unit == "steps" else -(-self.count // batch_size)

    @classmethod
    def parse(cls, value: object) -> Duration:
        """Read ``3000``, ``"96k examples"`` or another duration.

        Raises:
            ValueError: The value is neither.
        """
        if isinstance(value, Duration):
            return value
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # 1e5 in YAML
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return cls(count=value)
        match = _EXAMPLES.match(value) if isinstance(value, str) else None
        if match:
            return cls(count=round(float(match[1]) * _SCALE[match[2]]), unit="examples")
        raise ValueError(
            'must be a number of steps such as 3000, or examples such as "96k examples"'
        )

    def plain(self) -> int | str:
        """Return what a recipe would say."""
        return self.count if self.unit == "steps" else f"{self.count} examples"


def _positive(value: Duration) -> Duration:
    if value.count < 1:
        raise ValueError("must be at least 1")
    return value


_Steps = Annotated[
    Duration,
    PlainValidator(Duration.parse),
    PlainSerializer(Duration.plain),
    WithJsonSchema({"type": ["integer", "string"]}),
]
Steps = Annotated[_Steps, AfterValidator(_positive)]


class Ramp(Section):
    """A number that changes over the run.

    Attributes:
        start: Value at the first step.
        end: Value from ``until`` on.
        shape: ``cosine`` (half a cosine wave), ``linear``, or ``constant`` (stays at start).
        until: Share of the run, 0 to 1, at which ``end`` is reached.
    """

    start: float
    end: float
    shape: Literal["cosine", "linear", "constant"] = "cosine"
    until: float = Field(default=1.0, gt=0, le=1)


class Adaptive(Section):
    """A strength of augmentation that follows how far the discriminator overfits.

    Attributes:
        target: How far real logits may be from generated ones: 0 allows no difference, 1 any. The
            published value is 0.6 (Karras et al. 2020a).
        speed: Duration in which the strength could go from 0 to 1; None: a quarter of the run.
        start: Strength at the first step.
        most: The strength never exceeds this.
    """

    target: float = Field(gt=0, lt=1)
    speed: Steps | None = None
    start: float = Field(default=0.0, ge=0, le=1)
    most: float = Field(default=0.8, ge=0, le=1)

    @model_validator(mode="after")
    def _starts_within_bounds(self) -> Adaptive:
        if self.start > self.most:
            raise ValueError(f"start ({self.start:g}) must not be above most ({self.most:g})")
        return self


Number = float | Ramp
"""A constant, or a mapping with start, end, shape and until."""


def _bounds(low: float, high: float | None) -> AfterValidator:
    """Check both ends of a number that may be a ramp; what adapts has bounds of its own."""

    def check(value: Number | Adaptive) -> Number | Adaptive:
        if isinstance(value, Adaptive):
            return value
        ends = (value.start, value.end) if isinstance(value, Ramp) else (value,)
        for end in ends:
            if end < low or (high is not None and end > high):
                upper = "" if high is None else f" and at most {high:g}"
                raise ValueError(f"must be at least {low:g}{upper}")
        return value

    return AfterValidator(check)


Weight = Annotated[Number, _bounds(0.0, None)]
Beta = Annotated[Number, _bounds(0.0, 0.999999)]
Strength = Annotated[Number | Adaptive, _bounds(0.0, 1.0)]
