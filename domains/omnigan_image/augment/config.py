"""The recipe section of the augmentation."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from omnigan.domain import Section

__all__ = ["KINDS", "Augment", "Kind", "Padding"]

Preset = Literal["natural", "symbols", "none"]
Padding = Literal["reflect", "zero"]
Kind = Literal[
    "mirror",
    "turn",
    "translate",
    "scale",
    "rotate",
    "brightness",
    "contrast",
    "saturation",
    "hue",
    "cutout",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

Multiplier = Annotated[float, Field(ge=0, le=1)] | None

PRESETS: dict[Preset, dict[Kind, float]] = {
    "natural": {
        **dict.fromkeys(("mirror", "turn", "translate", "scale", "rotate", "cutout"), 1.0),
        **dict.fromkeys(("brightness", "contrast", "saturation", "hue"), 0.5),
    },
    "symbols": {"translate": 1.0, "scale": 1.0, "brightness": 0.5, "contrast": 0.5, "cutout": 1.0},
    "none": {},
}


class Augment(Section):
    """Which kinds of augmentation the discriminator's images go through, and how often.

    An image undergoes a kind with the chance ``train.augment`` times the kind's multiplier. A kind
    that is not named has the preset's.

    Attributes:
        preset: ``natural`` (photographs: all kinds), ``symbols`` (digits, letters, logos: nothing
            that would turn one into another) or ``none`` (only the kinds that are named).
        padding: What a moved image uncovers: ``reflect`` mirrors it at its border, ``zero`` is
            mid-grey.
        mirror: Left and right change places, or not.
        turn: A quarter turn, a half, three quarters or none; only none or a half if not square.
        translate: By whole pixels, up to an eighth of each side.
        scale: By a factor that is log-normal, in two of three cases between 0.87 and 1.15.
        rotate: By any angle.
        brightness: A normal shift with a standard deviation of 0.2.
        contrast: A log-normal factor, in two of three cases between 0.71 and 1.41.
        saturation: A log-normal factor, in two of three cases between 0.5 and 2.
        hue: Any rotation of the colour wheel.
        cutout: A rectangle of half the width and height becomes mid-grey.
    """

    preset: Preset = "natural"
    padding: Padding = "reflect"
    mirror: Multiplier = None
    turn: Multiplier = None
    translate: Multiplier = None
    scale: Multiplier = None
    rotate: Multiplier = None
    brightness: Multiplier = None
    contrast: Multiplier = None
    saturation: Multiplier = None
    hue: Multiplier = None
    cutout: Multiplier = None

    def multiplier(self, kind: Kind) -> float:
        """Return the multiplier of a kind."""
        own: float | None = getattr(self, kind)
        return PRESETS[self.preset].get(kind, 0.0) if own is None else own
