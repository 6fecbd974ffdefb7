"""Directions in the latent space that change the output most: what the page's sliders move along.

A normal latent vector has no directions of its own: it is the same in all of them. The generator
prefers some: the right singular vectors of its Jacobian, or, averaged over latent vectors, the
eigenvectors of the metric that Wang and Ponce describe (2021, "The geometry of deep generative
image models"), who found them to be much the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnigan.exporting.onnx.drawing import draw

__all__ = ["find_directions"]

Floats = NDArray[np.float32]
Inputs = dict[str, NDArray[Any]]

LARGEST = 1024
"""Numbers in an input that sliders may move; more is noise, of which no single one matters."""
PROBES = 128
"""Directions that are tried: all of a small latent space, else so many random ones."""
POINTS = 4
"""Latent vectors at which they are tried."""
CHUNK = 16
SYMBOL_FEATURES = 32


def find_directions(
    session: Any, spec: Mapping[str, Any], count: int = 6
) -> list[dict[str, list[float]]]:
    """Return the directions that change a generator's output most, the strongest first.

    The change is that from a standard deviation on one side to one on the other, not a derivative:
    notes and symbols are whole numbers, whose derivative says nothing.

    Args:
        session: An ``onnxruntime.InferenceSession`` of the generator.
        spec: Its ``generator.json``.
        count: How many to return, at most.

    Returns:
        Unit vectors, in standard deviations, as a flat list for each input that they move. An input
        of one number, such as a text's length, has a direction of its own, and comes first; it does
        not count.
    """
    movable = [each for each in spec["inputs"] if _is_movable(each)]
    single = [each for each in movable if math.prod(each["shape"]) == 1]
    moved = {each["name"]: each for each in movable if each not in single}
    alone = [{each["name"]: [round(_deviation(each["draw"]), 4)]} for each in single]
    return [*alone, *_strongest(session, spec, moved, count)]


def _strongest(
    session: Any, spec: Mapping[str, Any], moved: Mapping[str, Any], count: int
) -> list[dict[str, list[float]]]:
    """Return the directions of some inputs together that change the output most."""
    if not moved:
        return []
    rng = np.random.default_rng(0)
    size = sum(math.prod(each["shape"]) for each in moved.values())
    basis = np.linalg.qr(rng.standard_normal((size, min(size, PROBES))))[0]
    features = _features(spec["output"], rng)
    change = np.zeros((basis.shape[1],) * 2)
    for _ in range(POINTS):
        change += _change(session, draw(spec, 1, rng), _steps(basis, moved), features)
    _, vectors = np.linalg.eigh(change)
    found = (basis @ vectors[:, ::-1][:, :count]).T
    found *= np.sign(found[np.arange(len(found)), np.abs(found).argmax(1)])[:, None]
    return [_told(one, moved) for one in found]


def _is_movable(each: Mapping[str, Any]) -> bool:
    return (
        each["role"] == "latent"
        and each["draw"]["kind"] in ("normal", "uniform")
        and math.prod(each["shape"]) <= LARGEST
    )


def _deviation(how: Mapping[str, Any]) -> float:
    """Return the standard deviation of an input."""
    return 1.0 if how["kind"] == "normal" else (how["high"] - how["low"]) / math.sqrt(12)


def _steps(basis: NDArray[Any], moved: Mapping[str, Any]) -> Inputs:
    """Return what is added to each input ``[2 * probes, *shape]``: all steps, and all back."""
    rows = np.concatenate([basis.T, -basis.T])
    parts = np.split(rows, np.cumsum([math.prod(each["shape"]) for each in moved.values()]), 1)
    return {
        name: (_deviation(each["draw"]) * part).reshape(-1, *each["shape"]).astype(np.float32)
        for (name, each), part in zip(moved.items(), parts, strict=False)
    }


def _features(output: Mapping[str, Any], rng: np.random.Generator) -> Floats | None:
    """Return a vector for each symbol ``[symbols, F]``; None for continuous outputs.

    Random vectors make any two symbols about equally unlike, which their numbers do not.
    """
    if output["symbols"] is None:
        return None
    return rng.standard_normal((output["symbols"], SYMBOL_FEATURES)).astype(np.float32)


def _change(session: Any, start: Inputs, steps: Inputs, features: Floats | None) -> NDArray[Any]:
    """Return the inner products ``[probes, probes]`` of what the steps change in the output."""
    made = []
    count = len(next(iter(steps.values())))
    for first in range(0, count, CHUNK):
        rows = slice(first, min(first + CHUNK, count))
        length = rows.stop - rows.start
        given = {name: np.repeat(value, length, 0) for name, value in start.items()}
        given |= {name: start[name] + step[rows] for name, step in steps.items()}
        x = session.run(None, given)[0]
        made.append(x if features is None else features[x.astype(np.int64)])
    there, back = np.concatenate(made).reshape(2, count // 2, -1)
    changes = there - back
    return np.asarray(changes @ changes.T)


def _told(direction: NDArray[Any], moved: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return a direction in the units of the inputs it moves, in few digits."""
    told = {}
    first = 0
    for name, each in moved.items():
        last = first + math.prod(each["shape"])
        part: Sequence[float] = (_deviation(each["draw"]) * direction[first:last]).tolist()
        told[name] = [round(number, 4) for number in part]
        first = last
    return told
