"""Signs that training goes wrong, in words, with the recipe key to turn."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from omnigan.domain import Domain
from omnigan.errors import OmniganError

__all__ = ["Balance", "Diverged", "about_samples", "all_finite", "as_floats", "check_finite"]

WON = 0.99
"""Accuracy from which the discriminator counts as having won."""
PATIENCE = 500
"""Steps in a row after which that is worth a warning."""
ALIKE = 0.3
"""Samples whose distances are below this share of the real examples' repeat themselves."""
ALIKE_SYMBOLS = 0.1
"""The same of the places at which two examples have different symbols."""


class Diverged(OmniganError):
    """A loss or a gradient stopped being a number."""


def check_finite(readings: Mapping[str, float], step: int) -> None:
    """Raise when a reading of a step is NaN or infinite.

    Raises:
        Diverged: The message names the readings and the step.
    """
    bad = [name for name, value in readings.items() if not math.isfinite(value)]
    if bad:
        raise Diverged(f"step {step}: {', '.join(sorted(bad))} became NaN or infinite")


def all_finite(*networks: nn.Module) -> bool:
    """Tell whether networks have no weight that is NaN or infinite."""
    return all(bool(w.isfinite().all()) for network in networks for w in network.parameters())


class Balance:
    """Watches whether the discriminator has won for long; its state belongs in a checkpoint.

    Args:
        penalties: The gradient penalties that the recipe sets: those are what can be raised.
    """

    def __init__(self, penalties: Collection[str]) -> None:
        self.penalties = sorted(penalties)
        self.winning = 0

    def watch(self, accuracy: float) -> str | None:
        """Take in one step's discriminator accuracy; return a warning when it is due."""
        self.winning = self.winning + 1 if accuracy >= WON else 0
        if self.winning == 0 or self.winning % PATIENCE:
            return None
        return (
            f"The discriminator has told every pair apart for {self.winning} steps, so the "
            f"generator learns little. {self._remedy()}, or lower train.discriminator_rate."
        )

    def _remedy(self) -> str:
        if not self.penalties:
            return "The recipe has no gradient penalty: add one with train.penalties.r1.weight"
        return f"Raise {' and '.join(f'train.penalties.{name}.weight' for name in self.penalties)}"

    def state(self) -> dict[str, Any]:
        """Return JSON values for :meth:`restore`."""
        return {"winning": self.winning}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken."""
        self.winning = int(state["winning"])


def about_samples(domain: Domain, samples: Tensor, real: Tensor) -> list[str]:
    """Return what is wrong with generated samples, in sentences.

    Args:
        domain: Asked for its own signs.
        samples: Generated examples ``[N, *shape]``.
        real: As many real examples.
    """
    warnings = []
    discrete = domain.space.symbols is not None
    # A sample of one symbol may be right: only the domain knows what it stands for.
    blank = 0 if discrete else sum(map(_is_blank, samples))
    if blank:
        warnings.append(
            f"{blank} of {len(samples)} samples are blank (silent). If it lasts, lower "
            "train.rate or raise train.penalties.r1.weight."
        )
    if len(samples) > 1 and blank < len(samples):
        spread, least = (_differing, ALIKE_SYMBOLS) if discrete else (_distance, ALIKE)
        ratio = spread(samples) / max(spread(real), 1e-12)
        if ratio < least:
            warnings.append(
                f"The samples repeat each other: they differ {ratio:.0%} as much as real examples "
                "do. If it lasts, raise train.penalties.r2.weight or use train.loss=relativistic."
            )
    return warnings + domain.health(samples)


def _is_blank(sample: Tensor) -> bool:
    return bool((sample == sample.flatten()[0]).all())


def _differing(x: Tensor) -> float:
    """Return the mean share of places at which two examples have different symbols."""
    flat = x.flatten(1)
    return sum(float((flat != one).double().mean()) for one in flat) / len(flat)


def _distance(x: Tensor) -> float:
    """Return the root mean square of the distances between examples."""
    flat = x.flatten(1).double()
    return math.sqrt(2 * float(flat.var(0, unbiased=True).sum())) if len(x) > 1 else 0.0


def as_floats(readings: Mapping[str, Tensor]) -> dict[str, float]:
    """Bring a step's readings to the CPU with one synchronisation."""
    values = torch.stack([value.float() for value in readings.values()]).tolist()
    return dict(zip(readings, values, strict=True))
