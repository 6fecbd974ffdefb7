"""Does an ONNX model give what the network gives?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from omnigan.errors import OmniganError
from omnigan.exporting.onnx.inputs import real_inputs
from omnigan.sampling import Trained

__all__ = ["TOLERANCE", "Difference", "compare", "session_of"]

BATCHES = (1, 2, 5, 16)
TOLERANCE = 1e-4
NUDGE = 1e-5
"""Standard deviation of what inputs are moved by to see how much an example depends on rounding."""
NUDGES = 16
EXAMPLES = sum(BATCHES)
MOST_UNDECIDED = EXAMPLES // 2
"""Examples; where more depend on rounding, nothing was checked."""
UNDECIDED = (
    f"The ONNX model is not exported, since nobody could tell whether it is right: of {EXAMPLES} "
    f"examples more than {MOST_UNDECIDED} differ from the network's, and the network itself makes "
    "others when the last digits of its inputs change. It may be steadier after more training. "
    "An export without --format gives the network's own numbers in any case."
)


@dataclass(frozen=True)
class Difference:
    """How far onnxruntime and torch are apart.

    Attributes:
        maximum: Largest absolute difference of two numbers.
        examples: How many were compared.
        undecided: Examples that were left out, because torch itself is as far from them for inputs
            that are all but the same.
    """

    maximum: float
    examples: int
    undecided: int

    def to_json(self) -> dict[str, Any]:
        """Return what ``generator.json`` says about it."""
        return {
            "maximum": self.maximum,
            "tolerance": TOLERANCE,
            "examples": self.examples,
            "batches": list(BATCHES),
            "undecided": self.undecided,
        }


def session_of(path: Path) -> Any:
    """Return a model, opened by onnxruntime on one thread of the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors; it warns of what it chose not to optimise
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def compare(trained: Trained, path: Path) -> Difference:
    """Run a model and the network that it was made of on inputs as sampling draws them.

    Args:
        trained: The generator.
        path: The model.

    Raises:
        OmniganError: They differ by more than the tolerance, too much depends on rounding to tell,
            or the model cannot be run.
    """
    outcomes: list[Difference] = []
    try:
        session, spare = session_of(path), MOST_UNDECIDED
        for seed, n in enumerate(BATCHES):
            outcomes.append(_compared(trained, session, n, seed, spare))
            spare -= outcomes[-1].undecided
    except OmniganError:
        raise
    except Exception as error:  # onnxruntime raises errors of many kinds
        reason = str(error).strip().partition("\n")[0]
        raise OmniganError(f"onnxruntime cannot run the exported model: {reason}") from error
    maximum = max(each.maximum for each in outcomes)
    return Difference(maximum, EXAMPLES, sum(each.undecided for each in outcomes))


def _compared(trained: Trained, session: Any, n: int, seed: int, spare: int) -> Difference:
    """Compare a batch, of which so many examples may be undecided."""
    inputs = real_inputs(trained, n, seed)
    wanted = trained.decode(inputs)
    feeds = {name: value.numpy() for name, value in inputs.items()}
    found = torch.from_numpy(session.run(None, feeds)[0])
    if found.shape != wanted.shape:
        raise OmniganError(
            f"The ONNX model gives {list(found.shape)} where the network gives "
            f"{list(wanted.shape)}; it is not exported."
        )
    gaps = (found - wanted).abs().flatten(1).amax(1)
    wrong = [place for place in range(n) if not float(gaps[place]) <= TOLERANCE]
    for number, place in enumerate(wrong, 1):
        if not float(gaps[place]) <= _unsteadiness(trained, inputs, wanted, place):
            raise OmniganError(
                f"The ONNX model is not exported: it differs from the network by "
                f"{float(gaps[place]):.3g}, more than the tolerance of {TOLERANCE:g}."
            )
        if number > spare:
            raise OmniganError(UNDECIDED)
    decided = [float(gap) for place, gap in enumerate(gaps) if place not in wrong]
    return Difference(max(decided, default=0.0), n, len(wrong))


def _unsteadiness(
    trained: Trained, inputs: Mapping[str, Tensor], wanted: Tensor, place: int
) -> float:
    """Return how far an example moves with the last digits of its inputs, without a bound if it is
    of whole numbers and not always the same.

    What is largest of some numbers, or above a threshold, is not decided by a computation in which
    two of them are the same to within its precision; and a long search for phases goes another way.
    """
    example = wanted[place]
    rng = torch.Generator().manual_seed(place)
    nudged = {name: _nudged(value[place : place + 1], rng) for name, value in inputs.items()}
    moved = float((trained.decode(nudged) - example).abs().max())
    return math.inf if moved and torch.equal(example, example.round()) else moved


def _nudged(value: Tensor, rng: torch.Generator) -> Tensor:
    """Return copies ``[16, ...]`` of an input ``[1, ...]``, each moved a little."""
    copies = value.repeat(NUDGES, *[1] * (value.dim() - 1))
    if not value.is_floating_point():
        return copies
    return copies + NUDGE * torch.randn(copies.shape, generator=rng)
