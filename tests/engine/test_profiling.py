"""A profile adds up, and changes nothing."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import torch

import omnigan
from omnigan.engine.phases import Phases, phase, timing
from omnigan.engine.reporter import Quiet


class Listener(Quiet):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def warn(self, text: str) -> None:
        self.warned.append(text)


def train(out: Path, steps: int, *, profile: bool) -> Listener:
    listener = Listener()
    recipe = {"domain": "toy", "train": {"steps": steps, "device": "cpu"}}
    omnigan.train(recipe, out=out, profile=profile, reporter=listener)
    return listener


def test_seconds_belong_to_the_innermost_phase() -> None:
    phases = Phases(torch.device("cpu"))
    with phase("nobody measures"):
        pass
    with timing(phases), phase("outer"):
        time.sleep(0.02)
        for _ in range(2):
            with phase("inner"):
                time.sleep(0.03)
    with phase("nobody measures any more"):
        pass
    own = phases.own()
    assert own.keys() == {("outer", "rest"), ("outer", "inner")}
    assert own["outer", "inner"] >= 0.06
    assert 0.02 <= own["outer", "rest"] < phases.seconds["outer",]
    assert sum(own.values()) == pytest.approx(phases.seconds["outer",])


def test_a_profiled_run_is_the_same_run(acme: Path, tmp_path: Path) -> None:
    listener = train(tmp_path / "with", 20, profile=True)
    train(tmp_path / "without", 20, profile=False)
    weights = "checkpoints/step-00000020/generator.safetensors"
    plain, profiled = (tmp_path / name / weights for name in ("without", "with"))
    assert plain.read_bytes() == profiled.read_bytes()
    (told,) = (text for text in listener.said if text.startswith("Where a step's time goes"))
    shares = [float(line.split("%")[0]) for line in told.splitlines() if "%" in line]
    assert sum(shares) == pytest.approx(100, abs=0.1 * len(shares))
    for name in ("data", "discriminator: penalties", "generator: backward", "moving average"):
        assert any(line.endswith(name) for line in told.splitlines())
    assert "aten::" in (tmp_path / "with/profile.txt").read_text()
    assert json.loads((tmp_path / "with/profile.json").read_text())["traceEvents"]
    assert not (tmp_path / "without/profile.txt").exists()


@pytest.mark.parametrize("steps", [5, 13])
def test_a_run_too_short_to_be_profiled_says_so(steps: int, acme: Path, tmp_path: Path) -> None:
    warned = train(tmp_path / "run", steps, profile=True).warned
    (warning,) = (text for text in warned if text.startswith("--profile"))
    assert f"needs 14 steps, of which {steps} were taken" in warning
