"""Two processes give what one gives with the whole batch: every loss, penalty and interval."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from omnigan.domain import Domain
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.ranks import Ranks, joined
from omnigan.engine.step import Adversaries
from omnigan.plugins import load_domain
from omnigan.recipe.schema import LOSSES, PENALTIES, Train

STEPS = 5
"""So that a penalty of every fourth step is due twice."""
SETTINGS: dict[str, dict[str, Any]] = {
    **{
        f"{loss} {name} {interval}": {
            "loss": loss,
            "penalties": {name: {"weight": 0.5, "interval": interval}},
        }
        for loss, name, interval in product(LOSSES, PENALTIES, (1, 4))
    },
    "no penalty": {"penalties": {}},
    "two turns": {"discriminator_steps": 2, "penalties": {"r1": {"interval": 3}}},
    "clipped": {"clip": 0.01, "penalties": {"r1": {}, "r2": {}}},
    "several parts": {"accumulate": 3, "penalties": {"gradient-penalty": {}}},
}
CHAINS: dict[str, dict[str, Any]] = {
    **{f"chain {name}": {"penalties": {name: {"weight": 0.5}}} for name in PENALTIES},
    "chain likelihood": {"objective": "likelihood"},
    "chain warmup": {"warmup": {"steps": 2}, "terms": {"likelihood": 0.5}, "loss": "hinge"},
}


def domains() -> dict[str, Domain]:
    """Return both domains, small."""
    made = {}
    sizes = {
        "mixture": {
            "data": {"examples": 40, "labels": True, "jitter": 0.1},
            "generator": {"width": 8, "depth": 2},
            "discriminator": {"width": 8, "depth": 2, "critics": 2},
        },
        "chain": {"data": {"examples": 40}},
    }
    for name, sections in sizes.items():
        kind: Any = load_domain(name)
        made[name] = kind(kind.Config.model_validate(sections))
    return made


def games() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield names, domains and settings."""
    for name, settings in (SETTINGS | CHAINS).items():
        yield name, "chain" if name in CHAINS else "mixture", settings


def play(domain: Domain, settings: dict[str, Any], ranks: Ranks) -> dict[str, Tensor]:
    """Return the weights after some steps, and the readings of the last one."""
    train = Train.model_validate({"steps": STEPS, "batch_size": 7, "rate": 1e-3, **settings})
    players = Adversaries(domain, train, 1, torch.device("cpu"), ranks)
    order = BatchOrder(domain.source("train"), 7, 1, players.shares.own)
    data = batches(order, 0, workers=0)
    for _ in range(STEPS):
        readings = players.advance(data)
    found = {f"reading.{name}": value.detach() for name, value in readings.items()}
    for side in ("generator", "discriminator", "average"):
        for name, value in getattr(players, side).state_dict().items():
            found[f"{side}.{name}"] = value.detach().clone()
    return found


def play_all(folder: Path) -> None:
    """Play all games, as one of several processes; each keeps what it got."""
    torch.set_num_threads(1)
    made = domains()
    with joined() as ranks:
        for name, kind, settings in games():
            found = play(made[kind], settings, ranks)
            save_file(found, folder / f"{name} {ranks.place.rank}.safetensors")


def test_two_processes_equal_one_with_the_whole_batch(
    crew: Any, mixture: ModuleType, chain: ModuleType, tmp_path: Path
) -> None:
    crew.start(play_all, tmp_path)
    made = domains()
    whole = {name: play(made[kind], settings, Ranks()) for name, kind, settings in games()}
    assert crew.wait() == [0, 0], crew.said(0) + crew.said(1)
    assert len(whole) >= len(LOSSES) * len(PENALTIES) * 2
    for name, expected in whole.items():
        first, second = (load_file(tmp_path / f"{name} {rank}.safetensors") for rank in (0, 1))
        assert expected.keys() == first.keys() == second.keys()
        for key, value in expected.items():
            assert torch.equal(first[key], second[key]), (name, key)
            assert torch.allclose(first[key], value, rtol=1e-5, atol=1e-5), (name, key)


def test_the_comparison_would_notice(mixture: ModuleType, chain: ModuleType) -> None:
    """Weights after different games differ by far more than is allowed above."""
    made = domains()["mixture"]
    base = play(made, SETTINGS["relativistic r1 1"], Ranks())
    for name in ("relativistic r1 4", "relativistic r2 1", "hinge r1 1", "clipped"):
        other = play(made, SETTINGS[name], Ranks())
        apart = [
            float((base[key] - other[key]).abs().max())
            for key in base
            if key.startswith("discriminator")
        ]
        assert max(apart) > 1e-4, name
