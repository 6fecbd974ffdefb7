"""A gradient that jumps is told, with a length to clip it to."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnigan.engine import jumps
from omnigan.engine.jumps import Jumps
from omnigan.engine.step import Adversaries

Run = Callable[..., Any]


def lengths(n: int) -> list[float]:
    """Gradients as they are: falling at first, then about 2, every fourth twice as long."""
    return [(2 + 60 * math.exp(-k / 30)) * (2 if k % 4 == 0 else 1) / 1.25 for k in range(n)]


def test_a_jump_is_told_with_the_key_to_turn() -> None:
    watched = Jumps()
    assert not any(watched.watch(length) for length in lengths(1000))
    text = watched.watch(180.0)
    assert text is not None
    assert text.startswith("The gradient of the discriminator jumped to 180, ")
    assert "train.clip=6," in text
    assert not any(watched.watch(1e4) for _ in range(100)), "said once"


def test_a_jump_hardly_moves_what_is_usual() -> None:
    watched = Jumps()
    for length in lengths(1000):
        watched.watch(length)
    before = watched.usual
    assert before == pytest.approx(2.0, rel=0.05)
    watched.watch(1e9)
    assert watched.usual < 1.5 * before


def test_long_gradients_at_first_and_clipped_ones_are_none() -> None:
    assert not any(Jumps().watch(1000.0 if k == 50 else 1.0) for k in range(100))
    assert not any(Jumps(clip=8.0).watch(10.0**k) for k in range(300))


def test_watching_goes_on_where_it_was() -> None:
    one, other = Jumps(), Jumps()
    for length in lengths(250):
        one.watch(length)
    other.restore(one.state())
    assert other.watch(500.0) == one.watch(500.0) is not None
    other.restore(one.state())
    assert other.watch(5e5) is None, "that it was told goes along"
    fresh = Jumps()
    fresh.restore({})  # of an earlier version
    assert fresh.state() == Jumps().state()


def test_a_run_warns_of_a_jump(run: Run, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jumps, "FIRST", 5)
    advance = Adversaries.advance

    def jumping(self: Adversaries, *given: Any) -> Any:
        readings = advance(self, *given)
        return {**readings, "d_gradient": readings["d_gradient"] * (1e4 if self.step == 9 else 1)}

    monkeypatch.setattr(Adversaries, "advance", jumping)
    told = run().about("gradient of the discriminator jumped")
    assert [text.split(":")[0] for text in told] == ["step 9"]
