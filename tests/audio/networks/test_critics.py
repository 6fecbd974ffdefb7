"""What every critic can do: any length and rate, conditions, gradients of gradients, silence."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd import gradgradcheck

from omnigan.domain import Judgement
from omnigan_audio.networks import build_discriminator
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.config import Discriminator
from omnigan_audio.networks.critic import Critic
from omnigan_audio.networks.critics import Critics
from omnigan_audio.networks.periods import PeriodCritic
from omnigan_audio.networks.spectrum_critics import LevelCritic, windows_for

Make = Callable[..., Critics]
CRITICS = ["log-spectrogram", "log-mel", "multi-resolution", "multi-period", "wavegan"]


@pytest.mark.parametrize("critic", CRITICS)
@given(
    st.sampled_from([8000, 22_050, 44_100]),
    st.floats(0.01, 0.4),
    st.sampled_from([0, 3]),
    st.booleans(),
)
@settings(max_examples=8)
def test_sounds_of_any_length_and_rate(
    critic: str, rate: int, seconds: float, labels: int, pitched: bool
) -> None:
    length = int(rate * seconds)
    options = Discriminator.model_validate({"critics": [critic], "widths": {critic: 4}})
    network = build_discriminator((1, length), rate, options, labels, pitched)
    given = {"label": torch.tensor([0, 2])} if labels else {}
    given |= {"pitch": torch.tensor([0, 127])} if pitched else {}
    for logits in network(torch.randn(2, 1, length), **given):
        assert logits.shape[0] == 2
        assert logits.dim() <= 2
        assert logits.dtype == torch.float32
        assert logits.isfinite().all()


def test_critics_are_listed_one_after_the_other_and_hand_over_their_features() -> None:
    options = Discriminator(critics=("wavegan", "multi-period", "multi-resolution"))
    network = build_discriminator((1, 4096), 8000, options, 0, False).eval()
    x = torch.randn(2, 1, 4096)
    judged = network.judge(x)
    assert isinstance(judged, Judgement)
    assert len(judged.logits) == 1 + 5 + 3
    assert len(judged.features) == 4 + 5 * 5 + 3 * 5
    for mine, listed in zip(judged.logits, network(x), strict=True):
        assert torch.equal(mine, listed)
    assert all(feature.shape[0] == 2 for feature in judged.features)


@pytest.mark.parametrize("critic", CRITICS)
@pytest.mark.parametrize(("labels", "pitched"), [(0, False), (3, True)])
def test_gradient_reaches_every_weight(
    critics: Make, critic: str, labels: int, pitched: bool
) -> None:
    network = critics(critic, 600, labels, pitched, shaken=True)
    given = {"label": torch.tensor([0, 1, 2])} if labels else {}
    given |= {"pitch": torch.tensor([40, 50, 60])} if pitched else {}
    for logits in network(0.3 * torch.randn(3, 1, 600), **given):
        (logits * torch.randn_like(logits)).sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any(), name


@pytest.mark.parametrize("critic", CRITICS)
def test_conditions_matter_in_every_logit(critics: Make, critic: str) -> None:
    network = critics(critic, labels=3, pitched=True).eval()
    x = torch.randn(1, 1, 512).expand(3, -1, -1)
    same, label, pitch = torch.zeros(3, dtype=torch.int64), torch.arange(3), torch.arange(58, 61)
    by_label = torch.cat([c.view(3, -1) for c in network(x, label=label, pitch=same + 60)], 1)
    by_pitch = torch.cat([c.view(3, -1) for c in network(x, label=same, pitch=pitch)], 1)
    for logits in (by_label, by_pitch):
        for a, b in ((0, 1), (0, 2), (1, 2)):
            assert (logits[a] != logits[b]).all()


@pytest.mark.parametrize("critic", CRITICS)
def test_examples_do_not_mix(critics: Make, critic: str) -> None:
    network = critics(critic, shaken=True).eval()
    x = torch.randn(3, 1, 512)
    for together, alone in zip(network(x), network(x[1:]), strict=True):
        torch.testing.assert_close(together[1:], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("critic", CRITICS)
def test_mixed_precision_gives_logits_near_the_full_ones(critics: Make, critic: str) -> None:
    network = critics(critic).eval()
    x = torch.randn(4, 1, 512)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = network(x)
    for rough, exact in zip(mixed, network(x), strict=True):
        assert (rough - exact).abs().mean() < 0.1 * exact.abs().mean()


@pytest.mark.parametrize("critic", CRITICS)
def test_the_second_derivative_is_that_of_finite_differences(critics: Make, critic: str) -> None:
    network = critics(critic, 80, shaken=True).double().eval()
    x = 0.3 * torch.randn(1, 1, 80, dtype=torch.float64, requires_grad=True)
    x = x.detach().requires_grad_()

    def score(x: Tensor) -> Tensor:
        return torch.stack([logits.square().mean() for logits in network(x)]).sum()

    # One direction for both is as sharp as all, and takes a thousandth of the time.
    assert gradgradcheck(score, x, fast_mode=True)


@pytest.mark.parametrize("critic", CRITICS)
@pytest.mark.parametrize("level", [0.0, 1e-12, 1e-6])
def test_r1_is_finite_at_digital_silence(critics: Make, critic: str, level: float) -> None:
    network = critics(critic, 600, shaken=True)
    x = (level * torch.randn(2, 1, 600)).requires_grad_()
    total = torch.stack([logits.sum() for logits in network(x)]).sum()
    (slope,) = torch.autograd.grad(total, x, create_graph=True)
    slope.square().sum().backward()
    assert slope.isfinite().all()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    for name, weight in network.named_parameters():
        assert weight.grad is None or weight.grad.isfinite().all(), name


@pytest.mark.parametrize(
    "critic", ["log-spectrogram", "log-mel", "multi-resolution", "multi-period"]
)
def test_fresh_critics_keep_the_scale_of_what_they_look_at(critics: Make, critic: str) -> None:
    network = critics(critic, 4096, widths={critic: 32})
    for each in network.critics:
        assert isinstance(each, Critic)
        features, _ = each.features_and_logits(torch.randn(4, 1, 4096))
        seen = each.look(torch.randn(4, 1, 4096))
        share = float(features[-1].detach().square().mean() / seen.square().mean())
        assert 0.2 < share < 5


# ---- levels ------------------------------------------------------------------------------------


def _levels(floor: float, bands: int = 0) -> LevelCritic:
    return LevelCritic(4096, 8000, width=4, floor=floor, bands=bands, given=Given())


@given(st.integers(8, 120), st.sampled_from([-40.0, -60.0, -80.0]), st.floats(0.0, 30.0))
@settings(max_examples=20)
def test_levels_are_decibels_between_the_floor_and_a_loud_sine(
    frequency: int, floor: float, quieter: float
) -> None:
    wave = torch.sin(2 * torch.pi * frequency / 256 * torch.arange(4096)).view(1, 1, -1)
    seen = _levels(floor).look(wave * 10 ** (-quieter / 20))[0, 0, frequency, 10:-10]
    above = 10 * math.log10(1 + 10 ** ((-quieter - floor) / 10))  # the floor adds its own power
    expected = 2 * above / -floor - 1
    torch.testing.assert_close(seen, torch.full_like(seen, expected), atol=1e-3, rtol=0)


@pytest.mark.parametrize("bands", [0, 32])
def test_silence_is_minus_one(bands: int) -> None:
    seen = _levels(-60.0, bands).look(torch.zeros(1, 1, 4096))
    assert torch.equal(seen, torch.full_like(seen, -1))


def test_twice_as_loud_is_six_decibels_in_every_mel_band() -> None:
    noise = 0.1 * torch.randn(1, 1, 4096)
    critic = _levels(-80.0, 32)
    rise = critic.look(2 * noise) - critic.look(noise)
    torch.testing.assert_close(rise.mean(), torch.tensor(2 * 6.0206 / 80), rtol=0.01, atol=0)
    assert rise.shape == (1, 1, 32, 65)


# ---- periods and resolutions -------------------------------------------------------------------


def test_a_column_holds_every_third_sample() -> None:
    critic = PeriodCritic(3, 4, Given())
    rows = critic.look(torch.arange(8.0).view(1, 1, 8))
    assert rows.tolist() == [[[[0, 1, 2], [3, 4, 5], [6, 7, 6]]]]


def test_columns_do_not_mix() -> None:
    critic = PeriodCritic(3, 4, Given())
    x = torch.randn(1, 1, 300)
    other = x.clone()
    other[..., 1::3] = 0
    change = (critic.features_and_logits(x)[0][-1] - critic.features_and_logits(other)[0][-1]).abs()
    assert change[..., 1].max() > 0
    assert change[..., [0, 2]].max() == 0


def test_the_published_periods_have_the_published_number_of_weights() -> None:
    with torch.device("meta"):
        options = Discriminator(critics=("multi-period",), widths={"multi-period": 32})
        network = build_discriminator((1, 8192), 22_050, options, 0, False)
    count = sum(weight.numel() for weight in network.parameters())
    assert count == pytest.approx(41.1e6, rel=2e-3)


@pytest.mark.parametrize(
    ("rate", "length", "windows"),
    [
        (8000, 4096, [512, 256, 128]),
        (24_000, 24_000, [2048, 1024, 512]),
        (44_100, 65_536, [4096, 2048, 1024]),
        (8000, 300, [256, 128]),
        (8000, 70, [64]),
    ],
)
def test_resolutions_by_rate_and_length(rate: int, length: int, windows: list[int]) -> None:
    assert windows_for(rate, length) == [(window, window // 4) for window in windows]


def test_the_complex_critic_hears_phases_that_levels_do_not_show(critics: Make) -> None:
    wave = torch.randn(1, 1, 512)
    for critic, hears in (("log-spectrogram", False), ("multi-resolution", True)):
        network: nn.Module = critics(critic, shaken=True)
        pairs = zip(network(wave), network(-wave), strict=True)
        assert all(torch.allclose(a, b, atol=1e-5) != hears for a, b in pairs)
