"""Signs that training goes wrong are told with the recipe key to turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from omnigan.domain import Space
from omnigan.engine import health, record
from omnigan.engine.health import Balance, about_samples
from omnigan.errors import OmniganError

Run = Callable[..., Any]
Lines = Callable[[Path], list[dict[str, Any]]]


def test_a_discriminator_that_has_won_for_long_is_told_with_the_keys_to_turn() -> None:
    balance = Balance({"r2", "r1"})
    said = [balance.watch(0.995) for _ in range(1001)]
    assert [number for number, text in enumerate(said) if text] == [499, 999]
    text = str(said[499])
    for key in ("train.penalties.r1.weight", "train.penalties.r2.weight"):
        assert key in text
    assert "500 steps" in text
    assert balance.watch(0.9) is None
    other = Balance(set())
    for _ in range(499):
        balance.watch(1.0)
    other.restore(balance.state())
    assert other.watch(1.0) is not None


@pytest.mark.parametrize(
    ("penalties", "advice"),
    [
        ("{}", "no gradient penalty: add one with train.penalties.r1.weight, or lower"),
        ("{gradient-penalty: {weight: 1}}", "Raise train.penalties.gradient-penalty.weight, or"),
    ],
)
def test_a_lost_game_is_mended_with_penalties_that_the_recipe_has(
    run: Run, monkeypatch: pytest.MonkeyPatch, penalties: str, advice: str
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 8)
    monkeypatch.setattr(health, "WON", 0.0)
    (told,) = run("train.steps=10", f"train.penalties={penalties}").about("told every pair apart")
    assert advice in told
    assert told.endswith("lower train.discriminator_rate.")


def test_a_run_warns_of_a_lost_game(
    run: Run, lines: Lines, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 8)
    monkeypatch.setattr(health, "WON", 0.0)
    told = run().about("told every pair apart")
    assert [text.split(":")[0] for text in told] == ["step 8", "step 16", "step 24"]
    assert [line["step"] for line in lines(out) if "warning" in line and "pair" in line["warning"]]


class _Silent:
    """A domain without signs of its own."""

    space = Space((3, 4))

    @staticmethod
    def health(x: torch.Tensor) -> list[str]:
        return []


def _about(samples: torch.Tensor, real: torch.Tensor) -> list[str]:
    return about_samples(_Silent, samples, real)  # type: ignore[arg-type]


def test_blank_and_repeated_samples_are_told() -> None:
    torch.manual_seed(0)
    real = torch.randn(8, 3, 4)
    assert _about(real.flip(0) * 0.5, real) == []
    (repeats,) = _about(real[:1] + 0.1 * torch.randn(8, 3, 4), real)
    assert "repeat each other: they differ 8% as much as real examples do" in repeats
    assert "train.penalties.r2.weight" in repeats
    some = real.clone()
    some[2:4] = 0.5
    assert [text.split(".")[0] for text in _about(some, real)] == [
        "2 of 8 samples are blank (silent)"
    ]
    (blank,) = _about(torch.zeros(8, 3, 4), real)
    assert "8 of 8" in blank
    assert _about(real[:1], real[:1]) == []


@pytest.mark.parametrize(("share", "told"), [(0.1, "10%"), (0.25, "25%"), (0.4, "")])
def test_how_much_samples_differ_is_said_of_their_distances(share: float, told: str) -> None:
    """Distances between points that are moved towards one another shrink as they do."""
    real = torch.randn(16, 3, 4, generator=torch.Generator().manual_seed(0))
    samples = real.mean(0) + share * (real - real.mean(0))
    ratio = torch.pdist(samples.flatten(1)) / torch.pdist(real.flatten(1))
    torch.testing.assert_close(ratio, torch.full_like(ratio, share))
    warnings = _about(samples, real)
    assert [f"they differ {told} as much" in text for text in warnings] == [True] * bool(told)


@pytest.mark.parametrize(("settled", "first"), [(0, 4), (12, 13), (30, 31)])
def test_the_first_samples_of_a_run_are_not_judged(
    run: Run, monkeypatch: pytest.MonkeyPatch, settled: int, first: int
) -> None:
    monkeypatch.setattr(record, "SETTLED", settled)
    monkeypatch.setattr(record, "about_samples", lambda *args: ["They are dull."])
    told = run("log.samples_every=1").about("dull")
    assert [text.split(":")[0] for text in told] == [f"step {step}" for step in range(first, 31)]


def test_samples_that_are_no_numbers_are_told_and_not_written(
    run: Run, out: Path, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training itself does not see them: its losses are of the network in training mode."""
    forward = mixture.Writer.forward

    def broken(self: Any, **inputs: torch.Tensor) -> torch.Tensor:
        return forward(self, **inputs) * (1.0 if self.training else torch.nan)

    monkeypatch.setattr(mixture.Writer, "forward", broken)
    heard = run("train.steps=4", "log.evaluate_every=4", "log.evaluate_samples=20")
    assert [text.partition(",")[0] for text in heard.about("no weight of the generator")] == [
        "step 0: 8 of 8 samples hold NaN or infinite values",
        "step 4: 8 of 8 samples hold NaN or infinite values",
        "step 4: There is no evaluation: 20 of 20 samples hold NaN or infinite values",
    ]
    assert [path.name for path in (out / "samples").iterdir()] == ["real"]
    assert (out / "report.html").is_file()


def test_scores_without_a_picture_of_their_closest_pairs_are_kept(
    run: Run, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*anything: Any) -> None:
        raise OSError("No space left")

    monkeypatch.setattr(record, "show_closest", full)
    with pytest.raises((OSError, OmniganError), match="No space left"):
        run("train.steps=1", "log.evaluate_every=1", "log.evaluate_samples=16")
    assert '"evaluation"' in (out / "metrics.jsonl").read_text(encoding="utf-8")


def test_a_domain_may_add_signs(
    run: Run, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "SETTLED", 0)
    monkeypatch.setattr(mixture.MixtureDomain, "health", lambda self, x: [f"{len(x)} are odd."])
    assert len(run("log.samples=3").about("3 are odd.")) == 3
