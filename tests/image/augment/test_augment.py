"""Augmentation as a whole: how often, on what, and that it can be differentiated twice."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.autograd import gradcheck, gradgradcheck

from omnigan_image.augment import augment_images
from omnigan_image.augment.config import KINDS, Augment

COLOURS = ["brightness", "contrast", "saturation", "hue"]


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def only(kind: str, multiplier: float = 1.0, **options: object) -> Augment:
    """Return options for one kind alone."""
    return Augment.model_validate({"preset": "none", kind: multiplier, **options})


@given(st.integers(1, 4), st.integers(4, 20), st.integers(4, 20), st.floats(0.01, 1))
@settings(max_examples=30)
def test_any_images_keep_their_shape_and_stay_finite(
    channels: int, height: int, width: int, strength: float
) -> None:
    x = torch.rand(5, channels, height, width) * 2 - 1
    seen = augment_images(x, strength, Augment(), rng())
    assert (seen.shape, seen.dtype) == (x.shape, x.dtype)
    assert seen.isfinite().all()
    assert torch.equal(seen, augment_images(x, strength, Augment(), rng()))


@pytest.mark.parametrize("strength", [0.0, 0.7])
def test_where_nothing_happens_the_images_themselves_come_back(strength: float) -> None:
    x = torch.rand(4, 3, 8, 8)
    options = Augment() if strength == 0 else Augment(preset="none")
    assert augment_images(x, strength, options, rng()) is x


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("strength", "multiplier"), [(0.4, 1.0), (0.5, 0.4), (1.0, 1.0)])
def test_each_kind_comes_as_often_as_asked(kind: str, strength: float, multiplier: float) -> None:
    x = torch.rand(2000, 3, 16, 16, generator=rng(1))
    seen = augment_images(x, strength, only(kind, multiplier), rng())
    changed = float((seen != x).flatten(1).any(1).float().mean())
    # Mirroring, turning and shifting may draw that nothing changes.
    effect = {"mirror": 1 / 2, "turn": 3 / 4, "translate": 24 / 25}.get(kind, 1.0)
    assert changed == pytest.approx(strength * multiplier * effect, abs=0.035)


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (2, 4, 4, 5), (3, 1, 6, 4), (3, 2, 4, 6)])
@pytest.mark.parametrize("padding", ["reflect", "zero"])
def test_it_can_be_differentiated_twice(shape: tuple[int, ...], padding: str) -> None:
    options = Augment.model_validate({"padding": padding})
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)

    def seen(x: torch.Tensor) -> torch.Tensor:
        return augment_images(x, 0.8, options, rng(3)).square()

    assert not (seen(x) == x.square()).flatten(1).any(1).all()
    assert gradcheck(seen, x, fast_mode=True)
    assert gradgradcheck(seen, x, fast_mode=True)


def test_it_is_affine() -> None:
    a, b = (torch.randn(6, 4, 9, 8, dtype=torch.float64) for _ in range(2))
    first, second, between = (
        augment_images(x, 0.9, Augment(), rng(5)) for x in (a, b, 0.3 * a + 0.7 * b)
    )
    torch.testing.assert_close(between, 0.3 * first + 0.7 * second)


@pytest.mark.parametrize("kind", COLOURS)
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_keeps_its_values_where_colours_change(kind: str, channels: int) -> None:
    x = torch.rand(6, channels, 5, 5)
    seen = augment_images(x, 1.0, only(kind), rng())
    assert torch.equal(seen[:, -1], x[:, -1])
    grey = channels == 2 and kind in ("saturation", "hue")
    assert torch.equal(seen[:, :-1], x[:, :-1]) == grey


def test_alpha_moves_with_the_colours() -> None:
    x = torch.rand(6, 1, 8, 8).expand(-1, 4, -1, -1)
    options = Augment.model_validate(dict.fromkeys(COLOURS, 0.0))
    seen = augment_images(x, 1.0, options, rng())
    assert torch.equal(seen[:, 3], seen[:, 0])
    assert not torch.equal(seen, x)


def test_half_precision_does_not_misplace_pixels() -> None:
    x = torch.rand(8, 3, 33, 20)
    expected = augment_images(x, 1.0, Augment(), rng())
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(augment_images(x, 1.0, Augment(), rng()), expected)


def test_chance_comes_from_the_generator_alone() -> None:
    x = torch.rand(8, 3, 8, 8)
    before = torch.get_rng_state()
    augment_images(x, 1.0, Augment(), rng())
    assert torch.equal(before, torch.get_rng_state())


# ---- options -----------------------------------------------------------------------------------


def test_a_preset_gives_way_to_what_is_named() -> None:
    options = Augment(preset="symbols", rotate=0.25, cutout=0.0)
    found = {kind: options.multiplier(kind) for kind in KINDS}
    assert found == {
        "mirror": 0, "turn": 0, "translate": 1, "scale": 1, "rotate": 0.25,
        "brightness": 0.5, "contrast": 0.5, "saturation": 0, "hue": 0, "cutout": 0,
    }  # fmt: skip
    assert all(Augment().multiplier(kind) > 0 for kind in KINDS)
    assert not any(Augment(preset="none").multiplier(kind) for kind in KINDS)


@pytest.mark.parametrize("options", [{"hue": 2}, {"preset": "digits"}, {"flip": 1}])
def test_other_options_are_a_mistake(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Augment.model_validate(options)
