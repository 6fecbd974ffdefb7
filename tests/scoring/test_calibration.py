"""Calibrations against other people's code, and measures of them by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss as sklearn_log_loss

from omnigan.scoring.calibration import (
    Bin,
    Isotonic,
    Logistic,
    bins_of,
    calibration_error,
    expected_error,
    fitted,
    log_loss,
)

logits = st.lists(st.floats(-50, 50).map(lambda x: round(x, 2)), min_size=1, max_size=30)


def targets(real: int, generated: int) -> Any:
    high, low = (real + 1) / (real + 2), 1 / (generated + 2)
    return np.array([high] * real + [low] * generated)


@given(real=logits, generated=logits)
def test_the_logistic_fit_is_at_the_optimum(real: list[float], generated: list[float]) -> None:
    found = Logistic.fit(np.array(real), np.array(generated))
    x, t = np.array([*real, *generated]), targets(len(real), len(generated))
    error = 1 / (1 + np.exp(-(found.slope * x + found.intercept))) - t
    assert found.slope >= 0
    assert abs(error.sum()) < 1e-6
    slope = (error * x).sum()  # 0 at an optimum inside, else it rises from the end at 0
    assert abs(slope) < 1e-4 if found.slope > 0 else slope > -1e-6


def test_the_logistic_fit_is_that_of_an_optimiser_of_another_kind() -> None:
    rng = np.random.default_rng(0)
    real, generated = rng.normal(1000.3, 0.2, 60), rng.normal(1000, 0.3, 60)
    x, t = np.concatenate([real, generated]) - 1000, targets(60, 60)

    def loss(weights: Any) -> float:
        scores = weights[0] * x + weights[1]
        return float((np.logaddexp(0, scores) - t * scores).sum())

    best = minimize(loss, [0, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    found = Logistic.fit(real, generated)
    assert found.slope == pytest.approx(best.x[0], rel=1e-5)
    assert found.intercept + 1000 * found.slope == pytest.approx(best.x[1], rel=1e-5)


def test_what_is_told_apart_completely_gets_no_probability_of_1() -> None:
    found = Logistic.fit(np.array([5.0, 6.0]), np.array([-5.0, -6.0]))
    # both targets are 3/4 and 1/4, and a straight line through the logit reaches them nearly
    assert 0.7 < float(found(np.array([5.5]))[0]) < 0.8


@pytest.mark.parametrize("others", [[1.0, 1.0], [3.0, 4.0]])
def test_a_ranking_is_never_turned_around(others: list[float]) -> None:
    found = Logistic.fit(np.ones(2), np.array(others))
    np.testing.assert_allclose(found(np.array([-9.0, 0.0, 9.0])), 0.5)


@given(real=logits, generated=logits)
def test_the_isotonic_fit_is_scikit_learn_s(real: list[float], generated: list[float]) -> None:
    n = len(real) + len(generated)
    theirs = IsotonicRegression(out_of_bounds="clip")
    theirs.fit([*real, *generated], [1.0] * len(real) + [0.0] * len(generated))
    asked = np.linspace(-60, 60, 97)
    # they are moved inside before they are connected by lines
    places = np.unique([*real, *generated])
    inside = theirs.predict(places).clip(1 / (n + 2), (n + 1) / (n + 2))
    ours = Isotonic.fit(np.array(real), np.array(generated))(asked)
    np.testing.assert_allclose(ours, np.interp(asked, places, inside), atol=1e-9)
    assert (np.diff(ours) >= 0).all()


def test_the_better_kind_is_chosen() -> None:
    rng = np.random.default_rng(0)
    straight = rng.normal(1, 1, 500), rng.normal(-1, 1, 500)  # true log odds are 2 x
    found = fitted(*straight)
    assert isinstance(found, Logistic)
    assert (found.slope, found.intercept) == pytest.approx((2, 0), abs=0.25)
    # steps: log odds of -2 below 0, 0 from there to 10, and 2 above
    places = rng.uniform(-10, 20, 4000)
    odds = np.where(places < 0, -3, np.where(places < 10, 0.0, 3))
    real = rng.random(4000) < 1 / (1 + np.exp(-odds))
    few = min(real.sum(), (~real).sum())
    assert isinstance(fitted(places[real][:few], places[~real][:few]), Isotonic)


@given(
    st.integers(1, 20).flatmap(
        lambda n: st.tuples(*[st.lists(st.floats(0.01, 0.99), min_size=n, max_size=n)] * 2)
    )
)
def test_log_loss_is_scikit_learn_s(p: tuple[list[float], list[float]]) -> None:
    truth = [1] * len(p[0]) + [0] * len(p[1])
    ours = log_loss(*map(np.array, p))
    assert ours == pytest.approx(sklearn_log_loss(truth, [*p[0], *p[1]]), rel=1e-9)


def test_the_calibration_error_by_hand() -> None:
    real, generated = np.array([0.95, 0.91, 0.32, 1.0]), np.array([0.05, 0.95, 0.38, 0.32])
    bins = bins_of(real, generated)
    assert bins == [
        Bin(0.05, 0.0, 1),
        Bin(pytest.approx((0.32 + 0.38 + 0.32) / 3), pytest.approx(1 / 3), 3),
        Bin(pytest.approx((0.95 + 0.91 + 1.0 + 0.95) / 4), 0.75, 4),
    ]
    by_hand = (0.05 + abs(0.32 + 0.38 + 0.32 - 1) + abs(0.95 + 0.91 + 1.0 + 0.95 - 3)) / 8
    assert calibration_error(bins) == pytest.approx(by_hand)


def test_the_error_that_chance_makes() -> None:
    # one bin of n examples: the mean distance of a binomial share from what it should be
    n, p = 400, 0.55
    normal = np.sqrt(2 / np.pi) * np.sqrt(p * (1 - p) / n)
    assert expected_error(np.full(n, p), 0) == pytest.approx(normal, rel=0.15)
    assert expected_error(np.array([0.5]), 0) == pytest.approx(0.5)
