"""The text metrics as the engine sees them. Definitions: docs/metrics.md."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from omnigan.domain import Batch, Density, Metric
from omnigan.evaluation.thinning import evenly
from omnigan_text.metrics import diversity, equations, likelihood, originality
from omnigan_text.metrics.bleu import ORDERS, bleu, self_bleu
from omnigan_text.metrics.divergences import Divergences, Estimate, divergences
from omnigan_text.metrics.kept import Kept, KeptDensity
from omnigan_text.metrics.kneser_ney import surprise
from omnigan_text.metrics.reader import Reader
from omnigan_text.metrics.words import Ints, Tokens
from omnigan_text.oracle import Oracle
from omnigan_text.tokens import END, Codec

__all__ = ["suite"]

_Values = float | Mapping[str, float]
_Better = Literal["match", "lower", "higher"]
_Reference = Literal["held-out", "train"]
_WHOLE = ("",)  # a metric of one value, which is a mean over the texts
_OfTokens = Callable[[Tokens, Tokens], _Values]
_OfTexts = Callable[[Sequence[str], Sequence[str]], _Values]


def suite(
    codec: Codec, *, oracle: Oracle | None = None, grammar: bool = False
) -> dict[str, Metric]:
    """Return every metric that applies to texts as ids ``[N, T]``, by name.

    Keep it as long as the same data are evaluated against: it remembers what it has read.

    Args:
        codec: Turns ids into texts.
        oracle: What drew the data, where that is known.
        grammar: Whether the data are equations of :mod:`omnigan_text.grammar`.
    """
    reader, densities = Reader(codec), KeptDensity()
    metrics = _of_words(reader) | _of_symbols(codec) | _of_texts(reader, grammar)
    metrics |= _of_density(densities, codec.ends)
    return metrics if oracle is None else metrics | _of_oracle(densities, oracle)


def _of_words(reader: Reader) -> dict[str, Metric]:
    def metric(
        measure: _OfTokens,
        against: _Reference,
        better: _Better,
        digits: int = 3,
        means: Collection[str] = (),
    ) -> Metric:
        def compute(x: Tensor, real: Tensor) -> _Values:
            return measure(*reader.pair(x, real)) if min(len(x), len(real)) else math.nan

        return Metric(compute, against, better, digits, means)

    return {
        "BLEU": metric(_bleu, "held-out", "match", means=tuple(map(str, ORDERS))),
        "self-BLEU": metric(_self_bleu, "held-out", "match"),
        "backward BLEU": metric(lambda x, real: _bleu(real, x), "held-out", "higher"),
        "distinct n-grams": metric(_distinct, "held-out", "match"),
        "vocabulary coverage": metric(_covered, "held-out", "higher"),
        "language-model score": metric(surprise, "train", "match", means=_WHOLE),
        "reverse language-model score": metric(
            lambda x, real: surprise(real, x), "held-out", "lower"
        ),
        "longest copied run": metric(
            lambda x, train: float(originality.copied_runs(x, train).mean()),
            *("train", "match", 2),
            means=_WHOLE,
        ),
    }


def _of_symbols(codec: Codec) -> dict[str, Metric]:
    def covered(x: Tensor, real: Tensor) -> float:
        wanted = _symbols(real[evenly(len(real), min(len(x), len(real)))], codec)
        parts = [_symbols(x[part], codec) for part in _parts(len(x), len(real))]
        return _mean([diversity.coverage(part, wanted) for part in parts])

    return {"symbol coverage": Metric(covered, "held-out", "higher")}


def _of_texts(reader: Reader, grammar: bool) -> dict[str, Metric]:
    def metric(
        measure: _OfTexts,
        against: _Reference,
        better: _Better,
        digits: int = 3,
        means: Collection[str] = (),
    ) -> Metric:
        def compute(x: Tensor, real: Tensor) -> _Values:
            return measure(reader.texts(x), reader.texts(real))

        return Metric(compute, against, better, digits, means)

    metrics = {
        "unique texts": metric(_unique, "held-out", "match"),
        "copied texts": metric(originality.copied_texts, "train", "match", 4, _WHOLE),
    }
    if grammar:
        metrics |= {
            "equations": Metric(lambda x: equations.parse_rate(reader.texts(x)), better="higher"),
            "forms covered": metric(equations.forms_covered, "held-out", "higher"),
            "rule chi-square": metric(equations.rule_difference, "held-out", "lower", 2),
        }
    return metrics


def _symbols(x: Tensor, codec: Codec) -> Ints:
    """Return the symbols of all texts, without their ends."""
    ids = x.long().flatten()
    return (ids[ids != END] if codec.ends else ids).numpy()


def _bleu(texts: Tokens, references: Tokens) -> Mapping[str, float]:
    return _means(bleu(texts, references))


def _self_bleu(texts: Tokens, real: Tokens) -> Mapping[str, float]:
    some = _as_many(texts, real)
    return _means(self_bleu(some)) if len(some) > 1 else dict.fromkeys(map(str, ORDERS), math.nan)


def _distinct(texts: Tokens, real: Tokens) -> Mapping[str, float]:
    shares = diversity.distinct_ngrams(_as_many(texts, real))
    return {str(order): share for order, share in shares.items()}


def _covered(texts: Tokens, real: Tokens) -> float:
    wanted = _as_many(real, texts).ids
    parts = [texts.take(part.numpy()).ids for part in _parts(len(texts), len(real))]
    return _mean([diversity.coverage(part, wanted) for part in parts])


def _unique(texts: Sequence[str], real: Sequence[str]) -> float:
    some = evenly(len(texts), min(len(texts), len(real)))
    return diversity.unique_share([texts[place] for place in some.tolist()])


def _as_many(texts: Tokens, real: Tokens) -> Tokens:
    """Return no more texts than there are real ones, for what depends on their number."""
    if len(texts) <= len(real):
        return texts
    return texts.take(evenly(len(texts), len(real)).numpy())


def _parts(total: int, number: int) -> list[Tensor]:
    """Return places of as many disjoint sets of ``number`` texts as there are, each spread evenly.

    A single set of a few hundred texts has a rare word or has not, by chance.
    """
    count = max(1, total // number)
    places = evenly(total, min(total, count * number))
    return [places[first::count] for first in range(count)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _means(scores: Mapping[int, np.ndarray]) -> dict[str, float]:
    return {str(order): float(values.mean()) for order, values in scores.items()}


def _of_density(densities: KeptDensity, ends: bool) -> dict[str, Metric]:
    def held_out(generated: Batch, real: Batch, density: Density) -> Mapping[str, float]:
        return likelihood.held_out_likelihood(real, densities.of(density), ends)

    def entropy(generated: Batch, real: Batch, density: Density) -> float:
        return likelihood.entropy(generated, densities.of(density), ends)

    return {
        "held-out likelihood": Metric(held_out, "density", "lower"),
        "entropy (nats a token)": Metric(entropy, "density"),
    }


def _of_oracle(densities: KeptDensity, oracle: Oracle) -> dict[str, Metric]:
    known: Kept[Tensor] = Kept()

    def truth(batch: Batch) -> Tensor:
        return known.get(batch.x, lambda: oracle.log_prob(batch.x))

    def compared(
        part: Callable[[Divergences], Estimate], better: _Better, error: bool = False
    ) -> Metric:
        def compute(generated: Batch, drawn: Batch, density: Density) -> float:
            estimate = part(divergences(generated, drawn, densities.of(density), truth))
            return estimate.error if error else estimate.value

        return Metric(compute, "density", better, 4 if error else 3)

    metrics: dict[str, Metric] = {}
    parts: dict[str, Callable[[Divergences], Estimate]] = {
        "JSD / ln 2": lambda found: found.jensen_shannon,
        "KL(G||O)": lambda found: found.generator_oracle,
        "KL(O||G)": lambda found: found.oracle_generator,
    }
    for name, part in parts.items():
        metrics[name] = compared(part, "lower")
        metrics[f"{name} error"] = compared(part, "match", error=True)
    metrics["oracle likelihood"] = Metric(
        lambda x: -float(truth(Batch(x)).mean()) / x.shape[1], None, "match"
    )
    return metrics
