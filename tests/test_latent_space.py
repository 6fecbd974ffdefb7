"""Ways between samples, and the search for a latent vector, on a network whose inverse is known."""

from __future__ import annotations

from collections import Counter
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from omnigan.errors import UserError
from omnigan.latent_space import interpolate, invert
from omnigan.sampling import Trained


class Plane(nn.Module):
    """The first two of four latent numbers, moved by 10 for each label."""

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return z[:, :2] if label is None else z[:, :2] + 10 * label.unsqueeze(1)


@pytest.fixture(params=[False, True], ids=["plain", "conditional"])
def trained(request: pytest.FixtureRequest, mixture: ModuleType) -> Trained:
    config = mixture.Config(data={"examples": 8, "labels": request.param})
    domain = mixture.MixtureDomain(config).resolve()
    return Trained(domain, Plane(), 0, torch.device("cpu"))


def test_a_way_meets_the_sample_of_each_seed_and_has_small_steps(trained: Trained) -> None:
    label = trained.domain.labels()[1] if trained.domain.labels() else None
    path = interpolate(trained, [3, 5, 9], 40, label)
    assert path.shape == (81, 2)
    for place, seed in ((0, 3), (40, 5), (80, 9)):
        torch.testing.assert_close(path[place], trained.generate(1, seed, label).x[0])
    longest = (path[1:] - path[:-1]).norm(dim=1).max()
    straight = max((path[0] - path[40]).norm(), (path[40] - path[80]).norm())
    assert float(longest) < 4 * float(straight) / 40 + 0.2


def test_without_a_label_the_first_sample_gives_it(trained: Trained) -> None:
    path = interpolate(trained, [4, 6], 5)
    torch.testing.assert_close(path[0], trained.generate(1, 4).x[0])
    if trained.domain.labels():
        number = round(float(trained.generate(1, 4).x.mean()) / 10)
        assert abs(float(path.mean()) - 10 * number) < 3


@pytest.mark.parametrize(("stops", "frames"), [([1], 4), ([], 4), ([1, 2], 0)])
def test_a_way_needs_two_ends_and_frames(trained: Trained, stops: list[int], frames: int) -> None:
    with pytest.raises(UserError):
        interpolate(trained, stops, frames)


def test_what_has_no_latent_vectors_has_no_ways(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trained.domain, "latent", lambda n, rng: {})
    with pytest.raises(UserError, match="no latent vectors"):
        interpolate(trained, [1, 2], 3)
    with pytest.raises(UserError, match="no latent vector"):
        invert(trained, torch.zeros(1, 2))


def test_the_search_finds_points_and_their_labels(trained: Trained) -> None:
    target = torch.tensor([[0.3, -1.1], [1.7, 0.2]])
    names = trained.domain.labels()
    target = target + 20 if names else target  # the third label
    found = invert(trained, target, steps=200)
    torch.testing.assert_close(found.x, target, atol=0.05, rtol=0)
    torch.testing.assert_close(found.x, trained.decode(found.inputs))
    assert bool((found.distances < 0.1 * found.start).all())
    if names:
        assert found.inputs["label"].tolist() == [2, 2]
        with pytest.raises(UserError, match="no label"):
            invert(trained, target, label="nothing", steps=1)


def test_the_search_tries_every_label_however_many_there_are(
    mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = mixture.MixtureDomain(mixture.Config(data={"examples": 8, "labels": True})).resolve()
    names = [str(number) for number in range(300)]
    monkeypatch.setattr(domain, "labels", lambda: names)
    monkeypatch.setattr(domain, "condition", lambda name, n: {"label": torch.tensor([int(name)])})
    tried: list[int] = []
    plane = Plane()
    plane.register_forward_pre_hook(
        lambda network, args, inputs: tried.extend(inputs["label"].tolist()), with_kwargs=True
    )
    trained = Trained(domain, plane, 0, torch.device("cpu"))
    found = invert(trained, torch.tensor([[2990.3, 2989.5]]), steps=0)
    assert found.inputs["label"].tolist() == [299]
    assert min(Counter(tried)[number] for number in range(300)) >= 4


def test_the_search_depends_on_its_seed_alone(trained: Trained) -> None:
    target = torch.tensor([[0.5, 0.5]])
    once, again, other = (invert(trained, target, steps=3, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(once.inputs["z"], again.inputs["z"])
    assert not torch.equal(once.inputs["z"], other.inputs["z"])


def test_no_step_gives_the_best_random_sample(trained: Trained) -> None:
    found = invert(trained, torch.tensor([[0.0, 0.0]]), steps=0)
    torch.testing.assert_close(found.distances, found.start)


def test_a_search_that_loses_its_way_ends_where_it_began(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnigan.latent_space.RATE", 1e3)
    found = invert(trained, torch.tensor([[0.3, -1.1], [1.7, 0.2]]), steps=5)
    torch.testing.assert_close(found.distances, found.start)
    torch.testing.assert_close(found.x, trained.decode(found.inputs))


class Coded(nn.Module):
    """A plane whose points are moved by 10 for a code."""

    def forward(self, z: Tensor, code: Tensor) -> Tensor:
        return torch.stack([z + 10 * code[:, 0], z - 10 * code[:, 0]], 1)


@pytest.fixture
def coded(mixture: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Return a generator of a latent number ``[B]`` and a whole one ``[B, 1]``."""
    domain = mixture.MixtureDomain(mixture.Config(data={"examples": 8})).resolve()

    def latent(n: int, rng: torch.Generator) -> dict[str, Tensor]:
        code = torch.randint(5, (n, 1), generator=rng)
        return {"z": torch.randn(n, generator=rng), "code": code}

    monkeypatch.setattr(domain, "latent", latent)
    return Trained(domain, Coded(), 0, torch.device("cpu"))


def test_whole_numbers_on_a_way_are_those_of_the_nearest_seed(coded: Trained) -> None:
    codes = [int(coded.latents(1, seed)["code"]) for seed in (3, 5)]
    assert codes[0] != codes[1]
    path = interpolate(coded, [3, 5], 4)
    torch.testing.assert_close(path[0], coded.generate(1, 3).x[0])
    torch.testing.assert_close(path[4], coded.generate(1, 5).x[0])
    # Half the difference of a point's two numbers is ten times its code.
    found = ((path[:, 0] - path[:, 1]) / 20).round()
    assert found.tolist() == [codes[0], codes[0], codes[1], codes[1], codes[1]]


def test_the_search_finds_whole_numbers_among_random_ones(
    coded: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = invert(coded, torch.tensor([[30.3, -29.7]]), steps=200)
    assert found.inputs["code"].tolist() == [[3]]
    assert float(found.inputs["z"]) == pytest.approx(0.3, abs=0.05)
    both = coded.domain.latent
    monkeypatch.setattr(coded.domain, "latent", lambda n, rng: {"code": both(n, rng)["code"]})
    monkeypatch.setattr(coded.network, "forward", lambda code: 10.0 * code.expand(-1, 2))
    found = invert(coded, torch.tensor([[21.0, 20.0]]), steps=3)
    assert found.x.tolist() == [[20, 20]]


def test_symbols_cannot_be_searched(chain: ModuleType) -> None:
    domain = chain.ChainDomain(chain.Config())
    trained = Trained(domain, domain.generator(), 0, torch.device("cpu"))
    with pytest.raises(UserError, match="Symbols have no gradient"):
        invert(trained, chain.words(2, 0))
