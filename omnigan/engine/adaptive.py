"""Augmentation whose strength follows how far the discriminator overfits (Karras et al. 2020a).

With little data the discriminator ends up knowing the training examples: its logits on real and on
generated ones part, and it stops teaching. Stronger augmentation makes that harder, but more of it
than needed costs quality, so a controller holds the distance of the two at a target.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from omnigan.engine.losses import Judged, as_list
from omnigan.engine.schedules import at
from omnigan.recipe.schema import Adaptive, Train

__all__ = ["Strength", "overfitting"]

AUTO_SHARE = 0.25
"""Share of the run in which the strength could go from 0 to 1, where the recipe leaves it open."""


class Strength:
    """How strongly examples are augmented: always alike, by a schedule, or as the game needs it.

    Args:
        train: The recipe's section.

    Attributes:
        adapted: The strength of the next step where it adapts; it belongs in a checkpoint.
    """

    def __init__(self, train: Train) -> None:
        self.settings = train.augment
        self.adapted = self.settings.start if isinstance(self.settings, Adaptive) else 0.0
        steps = AUTO_SHARE * train.total_steps()
        if isinstance(self.settings, Adaptive) and self.settings.speed is not None:
            steps = self.settings.speed.steps(train.batch_size)
        self.pace = 1 / steps

    def at(self, progress: float) -> float:
        """Return the present strength, 0 to 1.

        Args:
            progress: Share of the run that is done, 0 to 1.
        """
        if isinstance(self.settings, Adaptive):
            return self.adapted
        return at(self.settings, progress)

    def measure(self, real: Judged, fake: Judged) -> dict[str, Tensor]:
        """Return the reading that an adaptive strength follows; otherwise there is none."""
        if not isinstance(self.settings, Adaptive):
            return {}
        return {"overfitting": overfitting(real, fake)}

    def follow(self, readings: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Go a little up if a step's readings are above the target, a little down if below.

        Returns:
            The strength of that step, as a reading; nothing where it does not adapt.
        """
        if not isinstance(self.settings, Adaptive):
            return {}
        measured = readings["overfitting"]
        used = torch.full_like(measured, self.adapted)
        above = float(torch.sign(measured - self.settings.target).nan_to_num())
        self.adapted = min(max(self.adapted + above * self.pace, 0.0), self.settings.most)
        return {"augment": used}


@torch.no_grad()
def overfitting(real: Judged, fake: Judged) -> Tensor:
    """Return how far real logits are from the generated ones: 0 not at all, 1 with no overlap.

    The published measure is the mean sign of the logits on training examples. It takes logits above
    0 for a verdict of "real", which they are not when a loss looks at differences alone: with the
    relativistic one any number can be added to all logits. So they are counted from the point half
    way between the mean real and the mean generated logit. For a game that is balanced around 0
    that is the published measure, and the published target keeps its meaning; with every loss,
    adding a number to all logits changes nothing.

    Args:
        real: The discriminator's logits on (augmented) real examples.
        fake: The same on generated ones.
    """
    signs = [
        torch.sign(r - (r.mean() + f.mean()) / 2).mean()
        for r, f in zip(as_list(real), as_list(fake), strict=True)
    ]
    return torch.stack(signs).mean()
