"""Names of General MIDI: families of instruments, and classes of drum hits."""

from __future__ import annotations

__all__ = ["DRUMS", "FAMILIES", "KITS", "UNPITCHED", "drum_class", "family"]

FAMILIES = (
    *("piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass"),
    *("reed", "pipe", "synth lead", "synth pad", "synth effects", "ethnic", "percussive"),
    "sound effects",
)
"""The 16 families, of eight programs each, in their order."""

UNPITCHED = ("percussive", "sound effects")
"""Families whose notes have no pitch to speak of."""

DRUMS: dict[str, tuple[int, ...]] = {
    "kick": (35, 36),
    "snare": (38, 40),
    "clap": (39,),
    "hi-hat": (42, 44, 46),
    "tom": (41, 43, 45, 47, 48, 50),
    "cymbal": (49, 51, 52, 53, 55, 57, 59),
    "wood": (37, 75, 76, 77),
    "bell": (56, 67, 68, 80, 81),
    "shaker": (54, 69, 70),
    "hand drum": (60, 61, 62, 63, 64, 65, 66),
    "other percussion": (58, 71, 72, 73, 74, 78, 79),
}
"""Keys of the percussion map, 35 to 81, by what is hit."""

KITS = (0, 8, 16, 24, 25, 32, 40, 48)
"""Programs of the drum kits: standard, room, power, electronic, TR-808, jazz, brush, orchestra."""

_CLASSES = {key: name for name, keys in DRUMS.items() for key in keys}


def family(program: int) -> str:
    """Return the family of a program, 0 to 127."""
    return FAMILIES[program // 8]


def drum_class(key: int) -> str:
    """Return what a key of the percussion map hits.

    Raises:
        KeyError: General MIDI does not say.
    """
    return _CLASSES[key]
