"""Signs that generated texts go wrong, in words, with the recipe key to turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from torch import Tensor

from omnigan_text.tokens import Codec

__all__ = ["health"]

COPIES = 0.25
"""Share of samples that repeat another one from which it is worth a warning."""
EMPTY = 0.25
"""Share of empty texts."""
ENDLESS = 0.5
"""Share of texts without an end."""
STUCK = 0.25
"""Share of texts that are stuck: half of their symbols or more are the same one."""

_SHORT = 6  # symbols; in a shorter text it means little that half of them are the same


def health(x: Tensor, codec: Codec, cut: bool = False) -> list[str]:
    """Return sentences about what is wrong with texts, if anything.

    Args:
        x: Symbols ``[B, T]``, at least one row.
        codec: What turns them into texts.
        cut: Whether texts of the data may be beginnings without an end.
    """
    texts = codec.sequences(x)
    empty = sum(not text for text in texts)
    endless = sum(len(text) == x.shape[1] for text in texts)
    said = [
        _repetition(texts),
        _emptiness(empty, len(texts)),
        _endlessness(endless, len(texts)) if codec.ends and not cut else "",
        _monotony(texts, codec),
    ]
    return [sentence for sentence in said if sentence]


def _repetition(texts: Sequence[Sequence[int]]) -> str:
    # The engine speaks of samples that are all the same.
    distinct = len(set(map(tuple, texts)))
    copies = len(texts) - distinct
    if distinct == 1 or copies < COPIES * len(texts):
        return ""
    return (
        f"{copies} of {len(texts)} texts repeat another one word for word. If it lasts, raise "
        "train.penalties.r1.weight and train.penalties.r2.weight, or lower train.generator_rate."
    )


def _emptiness(empty: int, count: int) -> str:
    if empty < EMPTY * count:
        return ""
    return (
        f"{empty} of {count} texts are empty. If it lasts, lower train.rate or raise "
        "train.penalties.r1.weight."
    )


def _endlessness(endless: int, count: int) -> str:
    if endless <= ENDLESS * count:
        return ""
    return (
        f"{endless} of {count} texts never end. If it lasts, train for more steps (train.steps); "
        "if the data's texts are long, raise data.length."
    )


def _monotony(texts: Sequence[Sequence[int]], codec: Codec) -> str:
    found = [Counter(text).most_common(1)[0] for text in texts if len(text) >= _SHORT]
    lengths = [len(text) for text in texts if len(text) >= _SHORT]
    stuck = [
        symbol
        for (symbol, count), length in zip(found, lengths, strict=True)
        if 2 * count >= length
    ]
    if not stuck or len(stuck) < STUCK * len(texts):
        return ""
    return (
        f"{len(stuck)} of {len(texts)} texts say one thing over and over "
        f"('{codec.decode(stuck[:1]).strip()}'). If it lasts, lower train.generator_rate, or raise "
        "train.penalties.r1.weight and train.penalties.r2.weight."
    )
