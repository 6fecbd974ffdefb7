"""Scripts that are written without spaces between words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

__all__ = ["is_unspaced"]

_LOOKED_AT = 2000  # texts that show it
_UNSPACED = re.compile(
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3040-\u30ff"  # Japanese kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "]"
)


def is_unspaced(texts: Iterable[str]) -> bool:
    """Tell whether more than half of the letters belong to scripts without spaces.

    What lies between spaces there is a clause, so that hardly any "word" would come twice.

    Args:
        texts: The first 2,000 are looked at.
    """
    letters = unspaced = 0
    for text in islice(texts, _LOOKED_AT):
        letters += sum(map(str.isalpha, text))
        unspaced += len(_UNSPACED.findall(text))
    return 2 * unspaced > letters
