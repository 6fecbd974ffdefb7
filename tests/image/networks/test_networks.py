"""What every body can do: any size, labels, gradients of gradients, and starting from the data."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor, nn
from torch.autograd import gradgradcheck

from omnigan.errors import UserError
from omnigan_image.networks import build_discriminator, build_generator, start_from
from omnigan_image.networks.blocks import Output
from omnigan_image.networks.config import Discriminator, Generator
from omnigan_image.networks.dcgan import DcganDiscriminator, DcganGenerator
from omnigan_image.networks.sizes import steps_up

Pair = Callable[..., tuple[nn.Module, nn.Module]]
BODIES = ["dcgan", "resnet-sn", "r3gan"]


@pytest.mark.parametrize("body", BODIES)
@given(st.integers(1, 4), st.integers(4, 40), st.integers(4, 40), st.sampled_from([0, 3]))
@settings(max_examples=12)
def test_images_of_any_size(body: str, channels: int, height: int, width: int, labels: int) -> None:
    shape = (channels, height, width)
    options = {"body": body, "width": 8}
    generator = build_generator(shape, Generator.model_validate({**options, "z": 5}), labels)
    critic = build_discriminator(shape, Discriminator.model_validate(options), labels)
    label = {"label": torch.tensor([0, 2])} if labels else {}
    for network in (generator, generator.eval()):
        x = network(z=torch.randn(2, 5), **label)
        assert (tuple(x.shape), x.dtype) == ((2, *shape), torch.float32)
        assert x.isfinite().all()
    assert x.abs().max() <= 1
    assert critic(x, **label).shape == (2,)


@pytest.mark.parametrize("body", BODIES)
def test_a_wide_image_of_17_by_96(pair: Pair, body: str) -> None:
    generator, critic = pair(body, (3, 17, 96))
    x = generator(torch.randn(2, 6))
    assert x.shape == (2, 3, 17, 96)
    assert critic(x).shape == (2,)


@pytest.mark.parametrize("body", BODIES)
def test_labels_matter(pair: Pair, body: str) -> None:
    generator, critic = (network.eval() for network in pair(body, labels=3, shaken=True))
    z = torch.randn(1, 6).expand(3, 6)
    made = generator(z, label=torch.arange(3))
    assert not torch.equal(made[0], made[1])
    judged = critic(made[:1].expand(3, -1, -1, -1), label=torch.arange(3))
    assert len(set(judged.tolist())) == 3


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("labels", [0, 3])
def test_gradient_reaches_every_weight(pair: Pair, body: str, labels: int) -> None:
    generator, critic = pair(body, (3, 9, 16), labels, shaken=True)
    label = {"label": torch.tensor([0, 1, 2, 1])} if labels else {}
    (critic(generator(torch.randn(4, 6), **label), **label) * torch.rand(4)).sum().backward()
    for network in (generator, critic):
        for name, weight in network.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.any(), name


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 5, 9)])
def test_the_critic_can_be_differentiated_twice(
    pair: Pair, body: str, shape: tuple[int, ...]
) -> None:
    critic = pair(body, shape, shaken=True)[1].double().eval()
    x = torch.randn(1, *shape, dtype=torch.float64, requires_grad=True)
    # The network is linear but for kinks: weight it, so that its second derivative is not zero.
    assert gradgradcheck(lambda x: critic(x).square(), x)


@pytest.mark.parametrize("body", BODIES)
def test_the_gradient_of_r1_is_that_of_finite_differences(pair: Pair, body: str) -> None:
    critic = pair(body, (2, 7, 8), labels=2, shaken=True)[1].double().eval()
    x, label = torch.randn(3, 2, 7, 8, dtype=torch.float64), torch.tensor([0, 1, 1])

    def r1() -> Tensor:
        at = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(critic(at, label).sum(), at, create_graph=True)
        return slope.square().sum()

    weights = list(critic.parameters())
    slopes = torch.autograd.grad(r1(), weights, allow_unused=True)
    directions = [torch.randn_like(weight) for weight in weights]
    expected = sum(
        float((s * d).sum()) for s, d in zip(slopes, directions, strict=True) if s is not None
    )
    values = []
    for step in (1e-6, -2e-6):
        for weight, direction in zip(weights, directions, strict=True):
            weight.data += step * direction
        values.append(float(r1().detach()))
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("body", BODIES)
def test_the_critic_does_not_mix_examples(pair: Pair, body: str) -> None:
    critic = pair(body, shaken=True)[1].eval()
    x = torch.randn(4, 1, 8, 8)
    torch.testing.assert_close(critic(x)[1:], critic(x[1:]), rtol=1e-4, atol=1e-5)


def test_batch_norm_in_the_critic_does_as_its_docstring_warns() -> None:
    critic = build_discriminator((1, 16, 16), Discriminator(width=8, norm="batch"), 0)
    x = torch.randn(4, 1, 16, 16)
    assert not torch.allclose(critic(x)[1:], critic(x[1:]), rtol=1e-2)
    assert "mixes" in (Discriminator.__doc__ or "")
    assert "baseline" in (DcganDiscriminator.__doc__ or "")


def test_fresh_plain_convolutions_have_the_published_scale_or_keep_that_of_the_image() -> None:
    torch.manual_seed(0)
    shape = (3, 64, 64)
    generator = build_generator(shape, Generator(width=32), 0)
    baseline = build_discriminator(shape, Discriminator(width=32, norm="batch"), 0)
    for network in (generator, baseline):
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.08)
    critic = build_discriminator(shape, Discriminator(width=32), 0)
    assert isinstance(critic, DcganDiscriminator)
    features = critic.downs(torch.randn(16, *shape)).detach()
    assert 0.5 < float(features.square().mean()) < 2


def test_fresh_transposed_convolutions_draw_no_checkerboard() -> None:
    """Flat maps become flat maps, as under any interpolation, for even and odd sides alike."""
    for size in ((32, 32), (17, 24)):
        generator = build_generator((3, *size), Generator(width=8), 0)
        assert isinstance(generator, DcganGenerator)
        maps = torch.randn(2, generator.coarsest[0], 1, 1)
        for up, step in zip(generator.ups, steps_up(*size), strict=True):
            made = up(maps.expand(-1, -1, *step.coarse)).detach()
            assert made.shape[2:] == step.fine
            inner = made[..., 2:-2, 2:-2]
            assert float(inner.std((2, 3)).max()) < 1e-5 * float(inner.std())
            maps = made[..., 2:3, 2:3] / made.std()


# ---- starting from the data --------------------------------------------------------------------


@pytest.mark.parametrize("body", BODIES)
def test_a_fresh_network_starts_with_the_mean_colour(pair: Pair, body: str) -> None:
    generator = pair(body, (3, 8, 8))[0]
    images = torch.rand(32, 3, 8, 8) * 0.2 + torch.tensor([-0.8, 0.0, 0.5]).view(3, 1, 1)
    start_from(generator, images)
    output = generator.output
    assert isinstance(output, Output)
    grey = output(torch.zeros(1, 3, 8, 8)).detach()
    expected = images.mean((0, 2, 3)).view(1, 3, 1, 1).expand_as(grey)
    torch.testing.assert_close(grey, expected)


def test_a_black_channel_keeps_a_slope() -> None:
    output = Output(1)
    output.start_from(-torch.ones(2, 1, 4, 4))
    x = torch.zeros(1, 1, 4, 4, requires_grad=True)
    (slope,) = torch.autograd.grad(output(x).sum(), x)
    assert slope.min() > 0.03


# ---- options -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"body": "dcgan", "group_size": 8},
        {"body": "resnet-sn", "multipliers": [1, 1]},
        {"body": "r3gan", "norm": "batch"},
        {"body": "resnet-sn", "norm": "batch"},
    ],
)
def test_options_of_another_body_are_a_mistake(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="only for body"):
        Discriminator.model_validate(options)


@pytest.mark.parametrize("body", BODIES)
def test_a_resolved_section_is_a_valid_section(body: str) -> None:
    for kind in (Generator, Discriminator):
        section = kind.model_validate({"body": body})
        assert kind.model_validate(section.model_dump(mode="json")) == section


def test_multipliers_that_do_not_fit_the_stages_are_a_mistake() -> None:
    options = Generator(body="r3gan", multipliers=(1, 1, 1))
    with pytest.raises(UserError, match=r"there are 3, .* 4 stages \(4 x 4, 8 x 8, 16 x 16, 32"):
        build_generator((3, 32, 32), options, 0)
