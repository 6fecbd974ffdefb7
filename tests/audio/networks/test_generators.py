"""What every generator can do: any length and rate, conditions, gradients, purity, learning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from omnigan.errors import UserError
from omnigan_audio.networks import build_generator, latent_shapes, start_from
from omnigan_audio.networks.blocks import soft_limit
from omnigan_audio.networks.config import Generator
from omnigan_audio.spectra import log_mel, stft

Make = Callable[..., tuple[nn.Module, Callable[..., dict[str, Tensor]]]]
BODIES = ["spectral", "istft", "snake", "wavegan"]


@pytest.mark.parametrize("body", BODIES)
@given(
    st.sampled_from([8000, 16_000, 22_050, 44_100]),
    st.floats(0.1, 0.5),
    st.sampled_from([0, 3]),
    st.booleans(),
)
@settings(max_examples=8)
def test_sounds_of_any_length_and_rate(
    body: str, rate: int, seconds: float, labels: int, pitched: bool
) -> None:
    length = int(rate * seconds)
    options = Generator.model_validate({"body": body, "width": 4, "z": 5})
    network = build_generator((1, length), rate, options, labels, pitched)
    inputs = {k: torch.randn(2, *s) for k, s in latent_shapes(options, rate, length).items()}
    if labels:
        inputs["label"] = torch.tensor([0, 2])
    if pitched:
        inputs["pitch"] = torch.tensor([0, 127])
    for mode in (network.train(), network.eval()):
        made = mode(**inputs)
        assert (tuple(made.shape), made.dtype) == ((2, 1, length), torch.float32)
        assert made.isfinite().all()
        assert made.abs().max() <= 1


@pytest.mark.parametrize("body", ["istft", "snake"])
@given(st.integers(300, 3000), st.integers(300, 3000))
@settings(max_examples=8)
def test_more_noise_is_more_sound(body: str, trained: int, asked: int) -> None:
    options = Generator.model_validate({"body": body, "width": 4, "z": 5})
    network = build_generator((1, trained), 8000, options, 0, False)
    inputs = {k: torch.randn(1, *s) for k, s in latent_shapes(options, 8000, asked).items()}
    frame = {"istft": 64, "snake": 256}[body]
    # The end is cut off by as much as it was in training, so that it may be most of a frame short.
    assert asked - frame < network(**inputs).shape[2] < asked + frame
    assert network.surplus == -trained % frame


@pytest.mark.parametrize("body", ["istft", "snake"])
def test_a_longer_sound_begins_like_the_shorter_one(generator: Make, body: str) -> None:
    network, inputs = generator(body, length=4096)
    longer = inputs(samples=8192)
    shorter = dict(longer)
    kept = inputs()["noise"].shape[-1]
    shorter["noise"] = longer["noise"][..., :kept]
    near, far = network(**shorter), network(**longer)
    torch.testing.assert_close(far[..., :1024], near[..., :1024], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("body", BODIES)
def test_conditions_matter(generator: Make, body: str) -> None:
    network, inputs = generator(body, labels=3, pitched=True, shaken=True)
    network.eval()
    given = {name: value.expand(3, *value.shape[1:]) for name, value in inputs(1).items()}
    base = network(**given)
    torch.testing.assert_close(base[0], base[1], rtol=1e-4, atol=1e-5)
    by_label = network(**given | {"label": torch.arange(3)})
    by_pitch = network(**given | {"pitch": torch.tensor([48, 49, 60])})
    for made in (by_label, by_pitch):
        for a, b in ((0, 1), (0, 2), (1, 2)):
            assert not torch.allclose(made[a], made[b], atol=1e-4)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("labels", "pitched"), [(0, False), (3, True)])
def test_gradient_reaches_every_weight(
    generator: Make, body: str, labels: int, pitched: bool
) -> None:
    network, inputs = generator(body, 500, labels, pitched, shaken=True)
    (network(**inputs(4)) * torch.randn(4, 1, 500)).sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any(), name


@pytest.mark.parametrize("body", BODIES)
def test_the_same_inputs_give_the_same_sound_whatever_else_is_drawn(
    generator: Make, body: str
) -> None:
    network, inputs = generator(body, labels=3, pitched=True)
    network.eval()
    given = inputs()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    before = torch.get_rng_state()
    first = network(**given)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(99)
    assert torch.equal(first, network(**given))
    assert all(torch.equal(state[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize("body", BODIES)
def test_mixed_precision_gives_whole_floats_near_the_full_ones(generator: Make, body: str) -> None:
    network, inputs = generator(body, labels=3, pitched=True)
    given = inputs()
    with torch.autocast("cpu", torch.bfloat16):
        made = network.eval()(**given)
    assert made.dtype == torch.float32
    error = (made - network(**given)).square().mean().sqrt()
    assert error < 0.2 * made.square().mean().sqrt()


@pytest.mark.parametrize("body", BODIES)
def test_each_input_matters_to_its_own_sound_alone(generator: Make, body: str) -> None:
    network, inputs = generator(body, shaken=True)
    network.eval()
    given = inputs(3)
    before = network(**given)
    for name, value in given.items():
        other = value.clone()
        other[1] = torch.randn_like(other[1])
        after = network(**given | {name: other})
        assert not torch.allclose(before[1], after[1], atol=1e-3)
        torch.testing.assert_close(before[[0, 2]], after[[0, 2]], rtol=1e-4, atol=1e-5)


def _target(length: int) -> Tensor:
    """A decaying sine of 700 Hz at 8 kHz, with its attack at the first sample."""
    times = torch.arange(length) / 8000
    return (0.8 * torch.sin(2 * torch.pi * 700 * times) * torch.exp(-times * 30)).view(1, 1, -1)


def _unlike(made: Tensor, target: Tensor) -> Tensor:
    mels = [log_mel(x, 8000, 128, 32, 16).clamp(min=-6) for x in (made, target)]
    return (mels[0] - mels[1]).abs().mean()


@pytest.mark.parametrize(
    ("body", "options", "share"),
    [
        ("spectral", {"window": 128, "hop": 32}, 0.35),
        ("istft", {"window": 128, "hop": 32}, 0.35),
        ("snake", {"width": 16}, 0.5),
        ("wavegan", {}, 0.5),
    ],
)
def test_a_few_steps_fit_a_sound(
    generator: Make, body: str, options: dict[str, Any], share: float
) -> None:
    network, inputs = generator(body, 1024, **options)
    given, target = inputs(4), _target(1024).expand(4, 1, -1)
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    errors = []
    for _ in range(50):
        loss = _unlike(network(**given), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(float(loss.detach()))
    assert sum(errors[-5:]) / 5 < share * errors[0]


@pytest.mark.parametrize("body", ["spectral", "istft"])
def test_a_fresh_network_starts_with_the_levels_of_the_data(generator: Make, body: str) -> None:
    network, inputs = generator(body, 1024, window=128, hop=32)
    colour = torch.linspace(1, 0, 513)  # more low frequencies than high ones
    noise = torch.fft.irfft(torch.fft.rfft(0.2 * torch.randn(64, 1, 1024)) * colour)
    start_from(network, noise)
    levels = [
        stft(x, 128, 32).abs().clamp(min=1e-4).log().mean((0, 2))[1:-8]
        for x in (network(**inputs(64)).detach(), noise)
    ]
    assert (levels[0] - levels[1]).abs().mean() < 0.5
    assert torch.corrcoef(torch.stack(levels))[0, 1] > 0.98


@pytest.mark.parametrize("body", BODIES)
def test_starting_from_silence_keeps_the_network_finite(generator: Make, body: str) -> None:
    network, inputs = generator(body)
    start_from(network, torch.zeros(3, 1, 512))
    made = network(**inputs())
    made.square().sum().backward()
    assert made.isfinite().all()
    assert all(w.grad is not None and w.grad.isfinite().all() for w in network.parameters())


@pytest.mark.parametrize("body", ["spectral", "istft"])
def test_a_sound_shorter_than_a_window_is_a_mistake(body: str) -> None:
    options = Generator.model_validate({"body": body})
    with pytest.raises(UserError, match=r"200 samples .* window of 256.*data\.length"):
        build_generator((1, 200), 8000, options, 0, False)


@given(st.floats(-1e6, 1e6, width=32))
def test_the_limiter_keeps_what_is_quiet_and_bends_what_is_loud(value: float) -> None:
    x = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    limited = soft_limit(x)
    (slope,) = torch.autograd.grad(limited, x)
    y = limited.detach()
    assert abs(y) <= 1
    assert 0 <= slope <= 1
    if abs(value) <= 0.75:
        assert (float(y), float(slope)) == (value, 1)
    else:
        assert 0.75 <= abs(y) <= abs(value)
        assert torch.sign(y) == torch.sign(x)


def test_the_limiter_has_no_corner() -> None:
    x = torch.tensor([0.75 - 1e-7, 0.75 + 1e-7], dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(soft_limit(x).sum(), x)
    torch.testing.assert_close(slopes, torch.ones_like(slopes))
