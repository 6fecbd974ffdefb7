"""The R3GAN body against what is published about it."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import interpolate

from omnigan_image.networks import build_discriminator, build_generator
from omnigan_image.networks.config import Discriminator, Generator
from omnigan_image.networks.r3gan import R3ganDiscriminator, R3ganGenerator, stage_channels
from omnigan_image.networks.resample import Resample
from omnigan_image.networks.sizes import Step


@pytest.mark.parametrize(
    ("shape", "labels", "published"),
    [((3, 32, 32), 10, (20.78e6, 21.28e6)), ((3, 64, 64), 0, (22.43e6, 22.38e6))],
    ids=["CIFAR-10", "FFHQ-64"],
)
def test_parameters_are_as_many_as_published(
    shape: tuple[int, ...], labels: int, published: tuple[float, float]
) -> None:
    with torch.device("meta"):
        networks = (
            build_generator(shape, Generator(body="r3gan", width=768), labels),
            build_discriminator(shape, Discriminator(body="r3gan", width=768), labels),
        )
    for network, expected in zip(networks, published, strict=True):
        count = sum(weight.numel() for weight in network.parameters())
        assert count == pytest.approx(expected, rel=1e-3)


def test_groups_of_the_published_presets() -> None:
    channels = stage_channels((3, 256, 256), 768, None, 16)
    assert [2 * each // 16 for each in channels] == [96, 96, 96, 96, 48, 24, 12]
    assert stage_channels((3, 16, 16), 100, (1, 0.5, 0.01), 16) == [96, 48, 8]


class TestStart:
    @pytest.fixture
    def critic(self) -> R3ganDiscriminator:
        torch.manual_seed(0)
        return R3ganDiscriminator((3, 16, 16), [64, 64, 64], 16, 0)

    def test_blocks_begin_as_the_identity(self, critic: R3ganDiscriminator) -> None:
        x = torch.randn(2, 64, 8, 8)
        blocks = [layer for layer in critic.stages if hasattr(layer, "narrow")]
        assert len(blocks) == 6
        for block in blocks:
            assert torch.equal(block(x), x)

    def test_weights_have_the_scale_of_fixup(self, critic: R3ganDiscriminator) -> None:
        gain = (2 / 1.04) ** 0.5 * 6**-0.25  # six blocks of three layers
        block = critic.stages[1]
        for layer, expected in (
            (block.widen, gain / 64**0.5),
            (block.mix, gain / (16 * 9) ** 0.5),
            (critic.gather, 1 / 4),
        ):
            assert float(layer.weight.detach().std()) == pytest.approx(expected, rel=0.05)
            assert layer.bias is None or not layer.bias.any()

    def test_a_fresh_generator_has_the_variance_of_its_basis(self) -> None:
        torch.manual_seed(0)
        network = R3ganGenerator((3, 4, 4), [256], 16, 64, 0)
        assert float(network(torch.randn(200, 64)).detach().std()) == pytest.approx(1, rel=0.15)

    def test_only_evaluation_cuts_pixels_off(self) -> None:
        torch.manual_seed(0)
        network = R3ganGenerator((1, 8, 8), [32, 32], 16, 8, 0)
        z = torch.randn(32, 8)
        free, cut = network(z), network.eval()(z)
        assert free.abs().max() > 1
        assert torch.equal(free.clamp(-1, 1), cut)

    def test_a_label_is_appended_to_the_latent(self) -> None:
        network = R3ganGenerator((1, 8, 8), [32, 32], 16, 8, labels=4)
        assert network.scale.in_features == 16


class TestResampling:
    @staticmethod
    def pulse(step: Step, up: bool, place: int) -> list[float]:
        """Return the middle row of what becomes of a single pixel in one long row."""
        x = torch.zeros(1, 1, *(step.coarse if up else step.fine))
        x[0, 0, :, place] = 1
        row: list[float] = Resample(step, up)(x)[0, 0, 2].tolist()
        return row

    def test_weights_between_even_sides(self) -> None:
        step = Step((5, 4), (5, 8))
        assert self.pulse(step, True, 1) == [0, 0.25, 0.75, 0.75, 0.25, 0, 0, 0]
        assert self.pulse(step, False, 3) == [0, 0.375, 0.125, 0]

    def test_weights_between_odd_sides(self) -> None:
        step = Step((5, 4), (5, 7))
        assert self.pulse(step, True, 1) == [0, 0.5, 1, 0.5, 0, 0, 0]
        assert self.pulse(step, False, 3) == [0, 0.25, 0.25, 0]

    def test_inside_it_is_bilinear_interpolation(self) -> None:
        x = torch.randn(2, 3, 8, 8)
        up = Resample(Step((8, 8), (16, 16)), up=True)(x)
        expected = interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        torch.testing.assert_close(up[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1])
        odd = Resample(Step((8, 8), (15, 15)), up=True)(x)
        torch.testing.assert_close(
            odd, interpolate(x, size=(15, 15), mode="bilinear", align_corners=True)
        )

    @pytest.mark.parametrize("fine", [(8, 8), (7, 8), (7, 7), (4, 8)])
    def test_down_is_the_transpose_of_up(self, fine: tuple[int, int]) -> None:
        step = Step((4, 4), fine)
        coarse, detailed = torch.randn(1, 2, 4, 4), torch.randn(1, 2, *fine)
        gain = step.stride[0] * step.stride[1]
        up, down = (Resample(step, up) for up in (True, False))
        assert float((up(coarse) * detailed).sum()) == pytest.approx(
            gain * float((coarse * down(detailed)).sum()), rel=1e-4, abs=1e-5
        )

    def test_it_is_no_weight(self) -> None:
        assert not Resample(Step((4, 4), (8, 8)), up=True).state_dict()


def test_the_published_order_of_layers() -> None:
    generator = R3ganGenerator((3, 8, 8), [16, 8], 16, 4, 0)
    kinds = [type(layer).__name__.strip("_") for layer in generator.stages]
    assert kinds == ["Block", "Block", "Conv2d", "Resample", "Block", "Block"]
    critic = R3ganDiscriminator((3, 8, 8), [16, 8], 16, 0)
    kinds = [type(layer).__name__.strip("_") for layer in critic.stages]
    assert kinds == ["Conv2d", "Block", "Block", "Resample", "Conv2d", "Block", "Block"]
