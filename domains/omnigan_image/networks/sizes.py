"""Sizes of the stages between a coarse map and an image of any size.

Each side is halved, rounding up, as long as it stays at least four: 96 goes 96, 48, 24, 12, 6, and
17 goes 17, 9, 5. A step between two stages is a convolution whose kernel fits the sides exactly in
both directions, so that nothing is ever cropped or padded to size: a kernel of four where a side of
``2 n`` meets ``n``, of three where ``2 n - 1`` does, and of three without a stride where a side
stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from omnigan.errors import UserError

__all__ = ["Size", "Step", "stage_sizes", "steps_up"]

Size = tuple[int, int]
"""Height and width in pixels."""
SMALLEST = 4


@dataclass(frozen=True)
class Step:
    """From a coarse stage to the next finer one.

    Attributes:
        coarse: Size of the one.
        fine: Size of the other.
    """

    coarse: Size
    fine: Size

    @property
    def stride(self) -> Size:
        """How many fine pixels lie between two coarse ones."""
        return self._each(lambda coarse, fine: 1 if coarse == fine else 2)

    @property
    def kernel(self) -> Size:
        """Sides of a kernel that, with a padding of one, fits in both directions."""
        return self._each(lambda coarse, fine: 4 if fine == 2 * coarse else 3)

    def _each(self, rule: Callable[[int, int], int]) -> Size:
        (height, width), (fine_height, fine_width) = self.coarse, self.fine
        return rule(height, fine_height), rule(width, fine_width)


def stage_sizes(height: int, width: int) -> list[Size]:
    """Return the sizes of all stages, coarsest first; the last one is the image's.

    Raises:
        UserError: A side has fewer than four pixels.
    """
    if min(height, width) < SMALLEST:
        raise UserError(
            f"Images of {height} x {width} are too small: every side needs at least {SMALLEST} "
            "pixels. Choose a larger data.size."
        )
    sizes = [(height, width)]
    while (smaller := (_halved(sizes[0][0]), _halved(sizes[0][1]))) != sizes[0]:
        sizes.insert(0, smaller)
    return sizes


def _halved(side: int) -> int:
    half = -(-side // 2)
    return half if half >= SMALLEST else side


def steps_up(height: int, width: int) -> list[Step]:
    """Return the steps from the coarsest stage to the image; at least one, if only in place."""
    sizes = stage_sizes(height, width)
    pairs = list(pairwise(sizes)) or [(sizes[0], sizes[0])]
    return [Step(coarse, fine) for coarse, fine in pairs]
