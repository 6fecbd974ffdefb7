"""The residual body: its spectral norm, alone and in training."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

Pair = Callable[..., tuple[nn.Module, nn.Module]]


def _layers(critic: nn.Module) -> list[nn.Module]:
    return [m for m in critic.modules() if isinstance(m, nn.Conv2d | nn.Linear | nn.Embedding)]


def test_every_layer_of_the_critic_ends_up_with_a_largest_singular_value_of_one(pair: Pair) -> None:
    critic = pair("resnet-sn", (3, 16, 16), labels=4, shaken=True)[1]
    x, label = torch.randn(2, 3, 16, 16), torch.tensor([0, 3])
    for _ in range(100):
        critic(x, label)
    critic.eval()
    for layer in _layers(critic):
        weight = layer.weight.detach().flatten(1)  # type: ignore[operator, union-attr]
        assert float(torch.linalg.matrix_norm(weight, 2)) == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_power_iterations_are_exact_in_half_precision_too(pair: Pair, dtype: torch.dtype) -> None:
    critic = pair("resnet-sn", (1, 8, 8))[1]
    x = torch.randn(2, 1, 8, 8)
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        for _ in range(60):
            critic(x)
    buffers = dict(critic.named_buffers())
    assert buffers
    for name, vector in buffers.items():
        assert vector.dtype == torch.float32, name
        assert float(vector.norm()) == pytest.approx(1, abs=1e-5), name
    for layer in _layers(critic.eval()):
        weight = layer.weight.detach().flatten(1)  # type: ignore[operator, union-attr]
        assert float(torch.linalg.matrix_norm(weight, 2)) == pytest.approx(1, rel=0.02)


def test_looking_does_not_change_an_evaluated_critic(pair: Pair) -> None:
    critic = pair("resnet-sn")[1].eval()
    before = {name: value.clone() for name, value in critic.state_dict().items()}
    critic(torch.randn(2, 1, 8, 8))
    assert all(torch.equal(value, before[name]) for name, value in critic.state_dict().items())


def test_a_shortcut_gives_the_same_before_and_after_repeating_pixels() -> None:
    x, conv = torch.randn(2, 4, 5, 4), nn.Conv2d(4, 3, 1)
    torch.testing.assert_close(conv(interpolate(x, (9, 4))), interpolate(conv(x), (9, 4)))
