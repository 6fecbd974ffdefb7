"""What the machine of one process refuses is told once, by the first one, and ends all."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from typing import Any

import pytest

from omnigan.engine.ranks import watch
from omnigan.engine.step import Adversaries

Recipe = Callable[..., str]


def _train_where(rank: str, lacks: str, words: tuple[str, ...]) -> None:
    """Train, with a full disk or without memory in one of the processes."""
    from omnigan.cli import main

    watch.GRACE = 1.0  # the others may be in the middle of a sum
    advance = Adversaries.advance

    def refused(self: Adversaries, data: Any) -> Any:
        if self.step == 12:
            raise MemoryError
        return advance(self, data)

    if os.environ["RANK"] == rank and lacks == "disk":
        # The first checkpoint has no state of optimizers; the second does not fit any more.
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
    elif os.environ["RANK"] == rank:
        Adversaries.advance = refused  # type: ignore[method-assign]
    raise SystemExit(main(["train", *words]))


@pytest.mark.parametrize(
    ("rank", "lacks", "sentence"),
    [
        ("0", "disk", "error: The disk is full (runs/mine-001). The checkpoint of step 0 is"),
        ("1", "memory", "There is not enough memory."),
    ],
)
def test_what_one_machine_refuses_ends_all_with_a_sentence(
    *, recipe: Recipe, crew: Any, rank: str, lacks: str, sentence: str
) -> None:
    crew.start(_train_where, rank, lacks, (recipe(),))
    assert crew.wait() == [1, 1]
    said = crew.said(0)
    assert sentence in said
    assert said.count("error: ") == 1
    assert ("error: process 1 of 2 (" in said) == (rank == "1")
    assert "ake room, then go on with:\n  torchrun --nproc-per-node 2 -m omnigan train runs" in said
    assert "Traceback" not in said
    assert crew.said(1) == ""
