"""From logits to probabilities, by examples of which it is known whether they are real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from omnigan.scoring.ranking import Numbers

__all__ = [
    "Bin",
    "Calibration",
    "Isotonic",
    "Logistic",
    "bins_of",
    "calibration_error",
    "expected_error",
    "fitted",
    "log_loss",
]

FOLDS = 5
BINS = 10
_DRAWS = 400


class Calibration(Protocol):
    """A function that never falls."""

    @property
    def name(self) -> str: ...

    def __call__(self, logits: Numbers) -> Numbers:
        """Return probabilities of being real, inside (0, 1)."""
        ...


@dataclass(frozen=True)
class Logistic:
    """``1 / (1 + exp(-(slope * logit + intercept)))``.

    Attributes:
        slope: At least 0.
        intercept: Added to the logit.
    """

    slope: float
    intercept: float
    name: str = "logistic"

    def __call__(self, logits: Numbers) -> Numbers:
        return _sigmoid(self.slope * logits + self.intercept)

    @classmethod
    def fit(cls, real: Numbers, generated: Numbers) -> Logistic:
        """Maximise the likelihood, by Newton's method, as Platt (1999) does.

        His targets are a little inside 0 and 1, so that there is an optimum even where logits tell
        everything apart. A slope below 0 would turn the ranking around: then 0 is best.
        """
        logits = np.concatenate([real, generated])
        high, low = (len(real) + 1) / (len(real) + 2), 1 / (len(generated) + 2)
        targets = np.concatenate([np.full(len(real), high), np.full(len(generated), low)])
        centre, spread = float(logits.mean()), float(logits.std())
        mean = float(targets.mean())
        flat = cls(0.0, float(np.log(mean / (1 - mean))))
        if spread <= 1e-12 * max(1.0, abs(centre)):
            return flat
        slope, shift = _newton((logits - centre) / spread, targets)
        if slope <= 0:
            return flat
        return cls(slope / spread, shift - slope * centre / spread)


def _newton(x: Numbers, targets: Numbers) -> tuple[float, float]:
    """Return slope and intercept of the least cross-entropy of ``x``, which has variance 1."""
    design = np.stack([x, np.ones_like(x)], 1)
    weights = np.zeros(2)
    loss = _cross_entropy(design @ weights, targets)
    for _ in range(100):
        p = _sigmoid(design @ weights)
        gradient = design.T @ (p - targets)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-12 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        scale = 1.0
        while (new := _cross_entropy(design @ (weights - scale * step), targets)) > loss:
            scale /= 2
            if scale < 1e-8:  # no nearer in float64
                return float(weights[0]), float(weights[1])
        weights, done = weights - scale * step, loss - new < 1e-15 * max(1.0, loss)
        loss = new
        if done:
            break
    return float(weights[0]), float(weights[1])


def _cross_entropy(scores: Numbers, targets: Numbers) -> float:
    return float((np.logaddexp(0, scores) - targets * scores).sum())


@dataclass(frozen=True)
class Isotonic:
    """A function that never falls, linear between places.

    Attributes:
        places: Logits, rising.
        values: The probabilities there.
    """

    places: Numbers
    values: Numbers
    name: str = "isotonic"

    def __call__(self, logits: Numbers) -> Numbers:
        return np.interp(logits, self.places, self.values)

    @classmethod
    def fit(cls, real: Numbers, generated: Numbers) -> Isotonic:
        """Minimise the squared error, by pooling neighbours (Zadrozny and Elkan 2002).

        Probabilities of 0 and 1, which no number of examples can show, are moved inside.
        """
        logits = np.concatenate([real, generated])
        truth = np.concatenate([np.ones(len(real)), np.zeros(len(generated))])
        places, group = np.unique(logits, return_inverse=True)
        blocks: list[tuple[float, float, int]] = []  # real ones, all, places
        for wins, count in zip(np.bincount(group, truth), np.bincount(group), strict=True):
            block = (float(wins), float(count), 1)
            while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
                before = blocks.pop()
                block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
            blocks.append(block)
        values = np.repeat([wins / n for wins, n, _ in blocks], [size for _, _, size in blocks])
        least = 1 / (len(logits) + 2)
        return cls(places, values.clip(least, 1 - least))


def fitted(real: Numbers, generated: Numbers) -> Calibration:
    """Return the logistic calibration, or the isotonic one where that does clearly better.

    What is compared is the log loss over five parts, each predicted from the four others. Parts are
    cut in order, since neighbours may overlap. The gain must exceed twice its standard error: a
    function with two parameters says more about logits that were not seen.

    Args:
        real: Logits of real examples.
        generated: Logits of as many generated ones.
    """
    logistic, isotonic = (_unseen_losses(kind, real, generated) for kind in (Logistic, Isotonic))
    gain = logistic - isotonic
    clear = gain.mean() > 2 * gain.std() / np.sqrt(len(gain))
    return (Isotonic if clear else Logistic).fit(real, generated)


def _unseen_losses(kind: type[Logistic | Isotonic], real: Numbers, generated: Numbers) -> Numbers:
    """Return the loss of each pair, predicted from other pairs."""
    losses = []
    for part in np.array_split(np.arange(len(real)), min(FOLDS, len(real))):
        calibration = kind.fit(np.delete(real, part), np.delete(generated, part))
        losses.append(_losses(calibration(real[part]), calibration(generated[part])).mean(0))
    return np.concatenate(losses)


# ---- how good probabilities are ----------------------------------------------------------------


def log_loss(real: Numbers, generated: Numbers) -> float:
    """Return the mean of -log of the probability that was given to what an example is, in nats.

    Args:
        real: Probabilities of being real, of real examples.
        generated: The same of as many generated ones.
    """
    return float(_losses(real, generated).mean())


def _losses(real: Numbers, generated: Numbers) -> Numbers:
    """Return the losses ``[2, N]`` of as many real as generated examples."""
    losses: Numbers = -np.stack([np.log(real), np.log1p(-generated)])
    return losses


@dataclass(frozen=True)
class Bin:
    """Examples with similar probabilities.

    Attributes:
        probability: Their mean.
        share: How many of them are real.
        count: How many there are.
    """

    probability: float
    share: float
    count: int


def bins_of(real: Numbers, generated: Numbers) -> list[Bin]:
    """Sort examples by probability into ten bins of equal width, and return those with any."""
    p = np.concatenate([real, generated])
    truth = np.concatenate([np.ones(len(real)), np.zeros(len(generated))])
    number = _bin_numbers(p)
    return [
        Bin(float(p[at].mean()), float(truth[at].mean()), int(at.sum()))
        for at in (number == each for each in np.unique(number))
    ]


def _bin_numbers(p: Numbers) -> Numbers:
    return np.minimum(np.floor(p * BINS), BINS - 1)


def calibration_error(bins: list[Bin]) -> float:
    """Return the mean difference of probability and share over all examples (Guo et al. 2017)."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.probability - each.share) for each in bins) / total


def expected_error(p: Numbers, seed: int) -> float:
    """Return the error that probabilities would have by chance if they were exactly right.

    It is the mean over draws of what is real, by these probabilities.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.random((_DRAWS, len(p))) < p
    # In each bin the counts cancel: what is left is the sum of probability minus truth.
    number = _bin_numbers(p)
    gaps = [np.abs((drawn - p)[:, number == each].sum(1)) for each in np.unique(number)]
    return float(sum(gap.mean() for gap in gaps) / len(p))


def _sigmoid(x: Numbers) -> Numbers:
    """Return probabilities inside (0, 1), whatever ``x`` is."""
    return 1 / (1 + np.exp(-np.clip(x, -36.0, 36.0)))
