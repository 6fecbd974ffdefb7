"""Numbers as people type them.

Python's own ``int`` and ``float`` also read underscores, digits of other scripts, ``nan`` and
``infinity``, and ``int`` fails on very many digits; ``str.isdigit`` is true of superscripts.
"""

from __future__ import annotations

import math
import re

__all__ = ["LARGEST_SEED", "decimal_number", "whole_number"]

LARGEST_SEED = 2**63 - 1
"""Seeds have 63 bits, so that signed and unsigned numbers of 64 bits hold them alike."""

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


def whole_number(text: str, most: int) -> int | None:
    """Return a whole number from 0 to ``most`` in decimal digits; None if the text is no such."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()):
        return None
    digits = digits.lstrip("0") or "0"
    if len(digits) > len(str(most)):
        return None
    value = int(digits)
    return value if value <= most else None


def decimal_number(text: str) -> float | None:
    """Return a finite number such as ``0.8`` or ``1e-3``; None if the text is no such."""
    if _DECIMAL.fullmatch(text.strip()) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None
