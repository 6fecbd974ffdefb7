"""Features of texts for the distances between distributions, without any trained network.

Each word, pair of neighbouring words and run of three characters has a fixed direction of 64 signs,
which a hash of it gives: a random projection of all n-grams there could be (Achlioptas 2003). A
text is the mean direction of each of the three kinds, added up. Lengths are seen, too, since the
mean of many directions is short.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from omnigan_text.metrics.words import split

__all__ = ["WIDTH", "embed"]

WIDTH = 64
"""Features of a text."""
_BEGIN, _END = "\x02", "\x03"  # stand as words before and behind a text
_RUN = 3  # characters
_BLOCK = 1024  # texts whose n-grams are held at a time


def embed(texts: Sequence[str]) -> Tensor:
    """Return features ``[N, 64]``, float32, the same on every machine.

    Args:
        texts: Of any length; those with hardly any blanks have characters for words.
    """
    blocks = [_embed(texts[start : start + _BLOCK]) for start in range(0, len(texts), _BLOCK)]
    return torch.cat([torch.zeros(0, WIDTH), *blocks])


def _embed(texts: Sequence[str]) -> Tensor:
    digests: list[bytes] = []
    weights: list[float] = []
    starts: list[int] = []
    for text in texts:
        starts.append(len(digests))
        for grams in _kinds(text):
            digests += map(_digest, grams)
            weights += [1 / max(1, len(grams))] * len(grams)
    bits = np.unpackbits(np.frombuffer(b"".join(digests), np.uint8)).reshape(-1, WIDTH)
    signs = bits.astype(np.float32) * 2 - 1
    return torch.from_numpy(np.add.reduceat(signs * np.array(weights, np.float32)[:, None], starts))


def _kinds(text: str) -> Iterator[list[str]]:
    """Yield the words, pairs and runs; there is always a pair."""
    words = split(text)
    yield [f"word {word}" for word in words]
    yield [f"pair {first} {second}" for first, second in pairwise((_BEGIN, *words, _END))]
    spaced = f" {text} "
    yield [f"run {spaced[start : start + _RUN]}" for start in range(len(spaced) - _RUN + 1)]


@lru_cache(1 << 17)
def _digest(gram: str) -> bytes:
    return blake2b(gram.encode("utf-8", "surrogatepass"), digest_size=WIDTH // 8).digest()
