"""Inputs of a generator, drawn as generator.json says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["draw"]


def draw(
    facts: Mapping[str, Any],
    count: int,
    rng: np.random.Generator,
    label: str | None = None,
    settings: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """Draw the inputs of so many examples, by name; without a label, each has any of them.

    Settings are those that somebody chose; the others are as usual.
    """
    labels = facts["labels"]
    names = [each["name"] for each in labels]
    if label is not None and label not in names:
        raise SystemExit(f"There is no label {label!r}. Labels: {', '.join(names) or 'none'}.")
    if label is not None:
        chosen = np.full(count, names.index(label))
    else:
        chosen = rng.integers(max(len(names), 1), size=count)
    drawn = {}
    for each in facts["inputs"]:
        if each["draw"]["kind"] == "setting":
            value = (settings or {}).get(each["name"], each["draw"]["usual"])
            drawn[each["name"]] = np.full(count, value, each["dtype"])
        elif each["draw"]["kind"] != "given":
            drawn[each["name"]] = _drawn(each, labels, chosen, rng).astype(each["dtype"])
    return drawn


def _drawn(
    given: Mapping[str, Any],
    labels: Sequence[Mapping[str, Any]],
    chosen: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw one input of all examples."""
    how = given["draw"]
    if how["kind"] == "label":
        return np.array([labels[number]["inputs"][given["name"]] for number in chosen])
    if how["kind"] == "choice":
        return np.array([rng.choice(how["values"][number], given["shape"]) for number in chosen])
    shape = (len(chosen), *given["shape"])
    if how["kind"] == "uniform":
        return rng.uniform(how["low"], how["high"], shape)
    if how["kind"] == "gumbel":
        return rng.gumbel(size=shape)
    return rng.standard_normal(shape)
