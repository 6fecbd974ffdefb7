"""Gradients that jump, which undoes what a network has learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Jumps"]

JUMP = 30.0
"""A gradient so many times as long as usual is a jump."""
FIRST = 100
"""Steps before anything is usual: gradients fall from a multiple of what they will be."""
MEMORY = 100.0
"""Steps of the moving average that is usual."""
PATIENCE = 500
"""Steps from one warning to the next."""
ROOM = 3.0
"""Gradients up to so many times the usual one are left as they are by the clipping advised."""


class Jumps:
    """Watches the length of the discriminator's gradient; its state belongs in a checkpoint.

    Adam's steps are about as long as usual whatever the gradient, but for one that is suddenly much
    longer than those before it. A step too far makes the next gradient longer still, and within
    twenty steps the game may have to be learnt anew.

    Args:
        clip: Gradients are clipped to this length before they are used, so none jumps.
    """

    def __init__(self, clip: float | None = None) -> None:
        self.clip = clip
        self.usual = 0.0
        self.seen = 0
        self.told = -PATIENCE

    def watch(self, norm: float) -> str | None:
        """Take in one step's norm, before clipping; return a warning when it is due."""
        self.seen += 1
        usual = self.usual
        most = JUMP * usual if self.seen > FIRST else norm
        self.usual += (min(norm, most) - usual) / min(self.seen, MEMORY)
        if self.clip is not None or norm <= most or self.seen < self.told + PATIENCE:
            return None
        self.told = self.seen
        return (
            f"The gradient of the discriminator jumped to {norm:.3g}, {norm / usual:.0f} times its "
            "usual length, and took away what was learnt. "
            f"Set train.clip={ROOM * usual:.1g}, or lower train.discriminator_rate."
        )

    def state(self) -> dict[str, Any]:
        """Return JSON values for :meth:`restore`."""
        return {"usual": self.usual, "seen": self.seen, "told": self.told}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where :meth:`state` was taken; earlier versions took none."""
        self.usual = float(state.get("usual", 0.0))
        self.seen = int(state.get("seen", 0))
        self.told = int(state.get("told", -PATIENCE))
