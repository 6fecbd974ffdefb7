"""An auxiliary generator loss: symbols as frequent as in the training texts.

What a discriminator says of a rare word comes seldom and is mostly noise, so a generator forgets
such words one by one. How often each occurs is known, and can be asked for directly: feature
matching (Salimans et al. 2016) on features that are known.
"""

from __future__ import annotations

from torch import Tensor

from omnigan_text.networks.language import END, Language

__all__ = ["frequency_gap", "rates"]

RARE = 1e-3
"""Rates are compared relative to the real rate plus this one: once in a thousand texts."""


def rates(symbols: Tensor, language: Language) -> Tensor:
    """Return how many times each symbol stands in a text, ``[V]``; ends are left out.

    Args:
        symbols: Relaxations ``[B, T, V]``, or ids ``[B, T]``, for which it is no different.
        language: What they are made of.
    """
    if symbols.dim() == 2:
        counts = symbols.long().flatten().bincount(minlength=language.symbols) / len(symbols)
    else:
        counts = symbols.sum(1).mean(0)
    counts = counts.float()
    return counts[END + 1 :] if language.ends else counts


def frequency_gap(generated: Tensor, wanted: Tensor, language: Language) -> Tensor:
    """Return how much the rates of symbols differ from those of the training texts.

    The gap is the sum of squared differences, each over the wanted rate (a chi-squared distance). A
    square is estimated without bias as the product of the differences of two halves of the batch,
    so it can be negative.

    Args:
        generated: Relaxations ``[B, T, V]``.
        wanted: :func:`rates` of the training texts.
        language: What they are made of.
    """
    gaps = [rates(part, language) - wanted for part in generated.chunk(2)]
    return (gaps[0] * gaps[-1] / (wanted + RARE)).sum()
