"""Augmentation that follows how far the discriminator overfits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from omnigan.domain import Domain
from omnigan.engine import checkpoint
from omnigan.engine.adaptive import Strength, overfitting
from omnigan.errors import UserError
from omnigan.recipe.load import load_recipe
from omnigan.recipe.schema import Train

Points = Callable[..., Domain]
ADAPTIVE: dict[str, Any] = {"target": 0.6, "speed": 10, "start": 0.35, "most": 0.8}


class TestOverfitting:
    def test_counts_from_half_way_between_the_means(self) -> None:
        real, fake = torch.tensor([3.0, 1.0, -1.0]), torch.tensor([-3.0, -1.0, -2.0])
        # The means are 1 and -2, half way is -0.5: two of three are above.
        assert float(overfitting(real, fake)) == pytest.approx(1 / 3)

    def test_is_the_published_mean_sign_where_logits_are_balanced_around_zero(self) -> None:
        real = torch.randn(500) + 0.7
        assert float(overfitting(real, -real)) == pytest.approx(float(real.sign().mean()))

    @given(st.floats(-100, 100), st.floats(0.01, 100))
    def test_depends_on_neither_a_shift_nor_a_scale_of_all_logits(
        self, shift: float, scale: float
    ) -> None:
        real, fake = torch.tensor([[5.0], [1.0], [2.5]]), torch.tensor([[0.0], [3.0], [1.0]])
        moved = overfitting(shift + scale * real, shift + scale * fake)
        assert float(moved) == pytest.approx(float(overfitting(real, fake)))

    def test_is_one_without_overlap_and_near_zero_without_difference(self) -> None:
        torch.manual_seed(0)
        apart = torch.rand(64) + 1
        assert float(overfitting(apart, -apart)) == 1
        assert abs(float(overfitting(torch.randn(10_000), torch.randn(10_000)))) < 0.03

    def test_is_the_mean_over_critics(self) -> None:
        sure, unsure = torch.tensor([2.0, 2.0]), torch.tensor([1.0, -1.0])
        assert float(overfitting([sure, unsure], [-sure, unsure])) == pytest.approx(0.5)


class TestStrength:
    @staticmethod
    def after(measured: list[float], **options: Any) -> Strength:
        train = {"steps": 40, "batch_size": 16, **options}
        strength = Strength(Train.model_validate(train))
        for value in measured:
            strength.follow({"overfitting": torch.tensor(value)})
        return strength

    def test_goes_up_above_the_target_down_below_and_stays_on_it(self) -> None:
        assert self.after([0.7, 0.9, 0.5], augment=ADAPTIVE).at(0.5) == pytest.approx(0.45)
        on_it = {**ADAPTIVE, "target": 0.5}
        assert self.after([0.5, 0.5], augment=on_it).at(0.5) == 0.35

    def test_stays_between_nothing_and_the_most(self) -> None:
        assert self.after([1.0] * 50, augment=ADAPTIVE).at(0.5) == 0.8
        assert self.after([0.0] * 50, augment=ADAPTIVE).at(0.5) == 0

    @pytest.mark.parametrize(
        ("speed", "steps"), [({"speed": 20}, 20), ({"speed": "160 examples"}, 10), ({}, 10)]
    )
    def test_needs_its_speed_from_nothing_to_everything(
        self, speed: dict[str, Any], steps: int
    ) -> None:
        options = {"target": 0.5, "most": 1.0, **speed}
        assert self.after([1.0] * (steps - 1), augment=options).at(0) < 1
        assert self.after([1.0] * steps, augment=options).at(0) == pytest.approx(1)

    def test_is_as_ever_where_it_does_not_adapt(self) -> None:
        ramp = {"start": 0.2, "end": 0.6, "shape": "linear"}
        strength = Strength(Train.model_validate({"augment": ramp}))
        assert strength.at(0.5) == pytest.approx(0.4)
        assert strength.measure(torch.ones(2), torch.zeros(2)) == {}
        assert strength.follow({}) == {}


class _Radius(nn.Module):
    """Knows that real points lie further out than those of a fresh generator, or knows nothing."""

    def __init__(self, knows: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(float(knows)))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x.square().sum(1)


@pytest.mark.parametrize(("knows", "expected"), [(True, 0.55), (False, 0.15)])
def test_a_game_adapts_to_its_discriminator(
    game: Any, points: Points, knows: bool, expected: float
) -> None:
    domain = points()
    domain.discriminator = lambda: _Radius(knows)  # type: ignore[method-assign]
    used: list[float] = []
    domain.augment = lambda x, strength, rng: (used.append(strength), x)[1]  # type: ignore
    players = game.start(domain, augment=ADAPTIVE, rate=0.0)
    data = game.data(players)
    readings = [players.advance(data) for _ in range(2)]
    assert [float(each["overfitting"]) for each in readings] == [float(knows)] * 2
    logged = [float(each["augment"]) for each in readings]
    # Four calls a step: real and generated, for either network, all with the strength of the step.
    assert used == pytest.approx([logged[0]] * 4 + [logged[1]] * 4)
    assert players.strength.at(0) == pytest.approx(expected)


def test_a_fixed_strength_has_no_readings_of_its_own(game: Any, points: Points) -> None:
    players = game.start(points(), augment=0.5)
    assert not {"augment", "overfitting"} & players.advance(game.data(players)).keys()


# ---- resuming ----------------------------------------------------------------------------------


def _noisy(domain: Domain) -> Domain:
    """Let the weights depend on the strength."""
    domain.augment = lambda x, strength, rng: (  # type: ignore[method-assign]
        x + strength * torch.randn(x.shape, generator=rng)
    )
    return domain


def test_a_checkpoint_keeps_the_strength(game: Any, points: Points, tmp_path: Path) -> None:
    options: dict[str, Any] = {"augment": {**ADAPTIVE, "speed": 7}}
    whole = game.after(_noisy(points()), 3, **options)
    saved = checkpoint.save(tmp_path, whole, {})
    game.advance(whole, 3)
    resumed = game.start(_noisy(points()), **options)
    checkpoint.restore(saved, resumed)
    assert resumed.strength.adapted != 0.35
    game.advance(resumed, 3)
    assert game.saved(resumed) == game.saved(whole)
    assert resumed.strength.adapted == whole.strength.adapted
    forgetful = game.start(_noisy(points()), **options)
    checkpoint.restore(saved, forgetful)
    forgetful.strength.adapted = 0.35
    assert game.saved(game.advance(forgetful, 3)) != game.saved(whole)


def test_an_older_checkpoint_without_one_can_be_read(
    game: Any, points: Points, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = checkpoint.save(tmp_path, game.after(points(), 1), {})
    state = {name: v for name, v in checkpoint.read_state(saved).items() if name != "augment"}
    monkeypatch.setattr(checkpoint, "read_state", lambda choice: state)
    fresh = game.start(points(), augment=ADAPTIVE)
    checkpoint.restore(saved, fresh)
    assert (fresh.step, fresh.strength.at(0)) == (1, 0.35)


def _jittered(domain: Domain, x: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    return x + 0.1 * strength * torch.randn(x.shape, generator=rng)


def test_a_resumed_run_logs_what_an_unbroken_one_does(
    run: Callable[..., Any], mixture: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mixture.MixtureDomain, "augment", _jittered)
    adaptive = "train.augment={target: 0.3, speed: 50, start: 0.5}"
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for out in (whole, broken):
        run(adaptive, out=out)
    newest = checkpoint.find(broken / "checkpoints")[0].folder
    (newest / "state.json").write_text("torn")
    run(adaptive, out=broken, resume=True)
    log = (whole / "metrics.jsonl").read_text()
    assert (broken / "metrics.jsonl").read_text() == log
    lines = [json.loads(line) for line in log.splitlines()]
    strengths = [line["augment"] for line in lines if "warning" not in line]
    assert len(set(strengths)) == 6
    assert all(0 <= strength <= 0.8 for strength in strengths)


# ---- recipes -----------------------------------------------------------------------------------


def test_a_recipe_may_ask_for_it_and_is_written_as_it_was() -> None:
    settings = {"target": 0.6, "speed": "96k examples"}
    train = Train.model_validate({"augment": settings})
    assert Train.model_validate(train.model_dump(mode="json")) == train
    assert train.model_dump(mode="json")["augment"] == {
        "target": 0.6, "speed": "96000 examples", "start": 0.0, "most": 0.8
    }  # fmt: skip


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        ({"target": 2}, "'train.augment.target' must be less than 1, not 2."),
        ({"target": 0.6, "spede": 5}, "Did you mean 'train.augment.speed'?"),
        ({"target": 0.6, "start": 0.9}, "start (0.9) must not be above most (0.8)"),
        ("much", "must be a number or a mapping with 'start' and 'end' or a mapping with 'target'"),
        ({"start": 0.1, "end": 2.0}, "must be at least 0 and at most 1"),
    ],
)
def test_mistakes_are_told(mixture: Any, augment: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load_recipe({"domain": "mixture", "train": {"augment": augment}})
    assert message in str(caught.value)
