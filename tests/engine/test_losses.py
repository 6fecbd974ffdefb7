"""The losses against formulas written with logarithms and sigmoids, in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from omnigan.engine import losses
from omnigan.engine.losses import LOSSES
from omnigan.recipe import schema

Array = NDArray[np.float64]
Formula = Callable[[Array, Array], float]


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _bce(real: Array, fake: Array) -> float:
    """Return the negative of Goodfellow's value function."""
    return float(-np.log(_sigmoid(real)).mean() - np.log(1 - _sigmoid(fake)).mean())


# name: what the discriminator minimises, what the generator minimises
FORMULAS: dict[str, tuple[Formula, Formula]] = {
    "relativistic": (
        lambda r, f: float(-np.log(_sigmoid(r - f)).mean()),
        lambda r, f: float(-np.log(_sigmoid(f - r)).mean()),
    ),
    "non-saturating": (_bce, lambda r, f: float(-np.log(_sigmoid(f)).mean())),
    "minimax": (_bce, lambda r, f: float(np.log(1 - _sigmoid(f)).mean())),
    "hinge": (
        lambda r, f: float(np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + f).mean()),
        lambda r, f: float(-f.mean()),
    ),
    "least-squares": (
        lambda r, f: float(((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2),
        lambda r, f: float(((f - 1) ** 2).mean() / 2),
    ),
    "wasserstein": (
        lambda r, f: float(f.mean() - r.mean()),
        lambda r, f: float(-f.mean()),
    ),
}

logits = st.lists(st.floats(-8, 8), min_size=3, max_size=3)
names = pytest.mark.parametrize("name", sorted(FORMULAS))


def test_every_loss_of_a_recipe_is_here() -> None:
    assert set(LOSSES) == set(schema.LOSSES) == set(FORMULAS)


@names
@settings(max_examples=40)
@given(real=logits, fake=logits)
def test_both_sides_equal_the_formulas(name: str, real: list[float], fake: list[float]) -> None:
    arrays = np.array(real), np.array(fake)
    tensors = [torch.tensor(side, dtype=torch.float64) for side in (real, fake)]
    loss = LOSSES[name]
    for side, formula in zip((loss.discriminator, loss.generator), FORMULAS[name], strict=True):
        assert float(side(*tensors)) == pytest.approx(formula(*arrays), rel=1e-9, abs=1e-9)


@names
def test_gradients_equal_finite_differences(name: str) -> None:
    torch.manual_seed(1)
    real, fake = (torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    loss = LOSSES[name]
    assert torch.autograd.gradcheck(loss.discriminator, (real, fake))
    assert torch.autograd.gradcheck(loss.generator, (real, fake))


@names
def test_only_a_loss_that_says_so_needs_real_logits_for_the_generator(name: str) -> None:
    fake, real, other = torch.randn(3, 5)
    loss = LOSSES[name]
    differs = not torch.equal(loss.generator(real, fake), loss.generator(other, fake))
    assert differs == loss.needs_real


@names
def test_large_logits_stay_finite(name: str) -> None:
    ends = torch.tensor([-1e4, 1e4])
    for real in ends:
        for fake in ends:
            for side in (losses.discriminator, losses.generator):
                assert side(LOSSES[name], real[None], fake[None]).isfinite()


@names
def test_critics_count_alike_whatever_their_size(name: str) -> None:
    torch.manual_seed(2)
    real, fake = ([torch.randn(4), torch.randn(4, 6, 2), torch.randn(4, 1)] for _ in range(2))
    for number, side in enumerate((losses.discriminator, losses.generator)):
        each = [
            FORMULAS[name][number](r.double().numpy(), f.double().numpy())
            for r, f in zip(real, fake, strict=True)
        ]
        assert float(side(LOSSES[name], real, fake)) == pytest.approx(sum(each) / 3, rel=1e-5)


def test_half_precision_logits_are_averaged_in_float32() -> None:
    real, fake = (torch.full((1000,), value).bfloat16() for value in (0.7, 0.3))
    loss = losses.discriminator(LOSSES["wasserstein"], real, fake)
    assert loss.dtype == torch.float32
    assert float(loss) == pytest.approx(float(fake[0]) - float(real[0]), rel=1e-6)


def test_critics_must_be_as_many_for_real_as_for_generated() -> None:
    with pytest.raises(ValueError, match="zip"):
        losses.discriminator(LOSSES["hinge"], [torch.zeros(2)] * 2, [torch.zeros(2)])
