"""The penalties against closed forms of critics whose slopes are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from omnigan.engine.losses import Judgement
from omnigan.engine.penalties import PENALTIES, Ingredients, penalty
from omnigan.recipe import schema
from omnigan.recipe.schema import Penalty

Critic = Callable[[Tensor], Judgement]
W = torch.tensor([0.5, -1.0, 2.0])
A = torch.tensor([[2.0, 0.3, 0.0], [0.3, 1.0, -0.5], [0.0, -0.5, 0.7]])


def _points(n: int, seed: int) -> Tensor:
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(seed))


def _of(name: str, critic: Critic, seed: int = 0, n: int = 16, sigma: float = 0.01) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    given = Ingredients(critic, _points(n, 1), _points(n, 2), rng)
    return penalty(name, given, Penalty(sigma=sigma))


def _value(name: str, critic: Critic, **options: float) -> float:
    return _of(name, critic, **options).item()


def _linear(x: Tensor) -> Tensor:
    return x @ W + 3


def _quadratic(x: Tensor) -> Tensor:
    """x' A x, whose slope is 2 A x."""
    return ((x @ A) * x).sum(1)


def test_every_penalty_of_a_recipe_is_here() -> None:
    assert set(PENALTIES) == set(schema.PENALTIES)


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_r1_and_r2_of_a_linear_critic_are_half_its_squared_slope(name: str) -> None:
    assert _value(name, _linear) == pytest.approx(float(W @ W) / 2)


def test_gradient_penalty_of_a_linear_critic_is_its_slopes_distance_from_one() -> None:
    expected = (float(W.norm()) - 1) ** 2
    assert _value("gradient-penalty", _linear) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("name", "seed"), [("r1", 1), ("r2", 2)])
def test_r1_looks_at_real_and_r2_at_generated_examples(name: str, seed: int) -> None:
    slopes = 2 * _points(16, seed) @ A
    expected = slopes.square().sum(1).mean() / 2
    assert _value(name, _quadratic) == pytest.approx(float(expected), rel=1e-6)


def test_gradient_penalty_looks_at_points_between() -> None:
    share = torch.rand((16, 1), generator=torch.Generator().manual_seed(5))
    between = share * _points(16, 1) + (1 - share) * _points(16, 2)
    expected = ((2 * between @ A).norm(dim=1) - 1).square().mean()
    found = _value("gradient-penalty", _quadratic, seed=5)
    assert found == pytest.approx(float(expected), rel=1e-5)


def test_gradient_penalty_of_a_flat_critic_has_a_finite_gradient() -> None:
    weight = torch.zeros(3, requires_grad=True)
    value = _of("gradient-penalty", lambda x: x @ weight)
    value.backward()
    assert float(value.detach()) == pytest.approx(1, abs=1e-5)
    assert weight.grad is not None
    assert weight.grad.isfinite().all()


def test_finite_difference_r1_comes_to_r1_on_average() -> None:
    errors = {}
    for n in (200, 20_000):
        r1 = _value("r1", _quadratic, n=n)
        errors[n] = _value("finite-difference-r1", _quadratic, n=n, sigma=1e-2) / r1 - 1
    assert abs(errors[20_000]) < 0.03  # its standard deviation is near 0.013
    linear = _value("finite-difference-r1", _linear, n=20_000)
    assert linear == pytest.approx(float(W @ W) / 2, rel=0.05)
    assert abs(errors[200]) < 0.6


def test_the_size_of_an_image_does_not_matter_to_one_slope() -> None:
    images = torch.randn(4, 2, 3, 3)
    given = Ingredients(lambda x: 2 * x[:, 0, 1, 1], images, images, torch.Generator())
    assert penalty("r1", given, Penalty()).item() == pytest.approx(2.0)


def test_logits_of_several_critics_and_places_are_added() -> None:
    # scores add up to 3 w.x + w.x = 4 w.x
    def critics(x: Tensor) -> list[Tensor]:
        return [(x @ W)[:, None].expand(-1, 3), x @ W]

    assert _value("r1", critics) == pytest.approx(16 * float(W @ W) / 2)


def _network(dtype: torch.dtype) -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 5), nn.Softplus(), nn.Linear(5, 1)).to(dtype)


@pytest.mark.parametrize("name", sorted(PENALTIES))
def test_weights_get_the_gradient_that_finite_differences_show(name: str) -> None:
    network = _network(torch.float32)
    _of(name, lambda x: network(x).squeeze(1), sigma=0.1).backward()
    exact = _network(torch.float64)
    for weight, twin in zip(network.parameters(), exact.parameters(), strict=True):
        slope = torch.zeros_like(weight) if weight.grad is None else weight.grad
        for place in range(min(weight.numel(), 4)):
            ends = []
            for step in (1e-5, -1e-5):
                twin.data.view(-1)[place] += step
                ends.append(_exactly(name, exact))
                twin.data.view(-1)[place] -= step
            expected = (ends[0] - ends[1]) / 2e-5
            assert float(slope.view(-1)[place]) == pytest.approx(expected, rel=2e-3, abs=2e-4)


def _exactly(name: str, network: nn.Module) -> float:
    """Return the penalty in float64, written out anew."""
    real, fake = _points(16, 1).double(), _points(16, 2).double()
    rng = torch.Generator().manual_seed(0)
    if name == "finite-difference-r1":
        noise = torch.randn(16, 3, generator=rng).double()
        rise = (network(real + 0.1 * noise) - network(real)).squeeze(1) / 0.1
        return (rise.square().mean() / 2).item()
    share = torch.rand((16, 1), generator=rng).double()
    at = {"r1": real, "r2": fake, "gradient-penalty": share * real + (1 - share) * fake}[name]
    slopes = torch.func.vmap(torch.func.jacrev(network))(at).squeeze(1)
    if name == "gradient-penalty":
        return (slopes.norm(dim=1) - 1).square().mean().item()
    return (slopes.square().sum(1).mean() / 2).item()


@pytest.mark.parametrize("name", sorted(PENALTIES))
def test_autocast_changes_nothing(name: str) -> None:
    network = _network(torch.float32)
    seen = []

    def critic(x: Tensor) -> Tensor:
        logits = network(x)
        seen.append(logits.dtype)
        return logits.squeeze(1)

    plain = _of(name, critic)
    with torch.autocast("cpu", torch.bfloat16):
        inside = _of(name, critic)
    assert torch.equal(plain, inside)
    assert set(seen) == {torch.float32}


def test_attention_can_be_penalised() -> None:
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    x = torch.randn(2, 3, 4)
    given = Ingredients(
        lambda x: attention(x, x, x, need_weights=False)[0].sum((1, 2)), x, x, torch.Generator()
    )
    penalty("r1", given, Penalty()).backward()
    assert attention.in_proj_weight.grad is not None
    assert attention.in_proj_weight.grad.any()
