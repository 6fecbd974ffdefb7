"""Long work says how far it has come, and short work nothing."""

from __future__ import annotations

from pathlib import Path

import torch

from omnigan.told import after_a_while, told
from omnigan_image.render import render as render_images
from omnigan_text.render import render as render_texts

Said = list[tuple[str, int, int]]


def test_things_are_counted_as_they_are_done() -> None:
    said: Said = []
    seen = [
        (thing, len(said)) for thing in told("abc", "spelling", lambda *each: said.append(each))
    ]
    assert seen == [("a", 1), ("b", 2), ("c", 3)]
    assert said == [("spelling", done, 3) for done in range(4)]


def test_nothing_is_told_of_what_ends_soon() -> None:
    said: Said = []
    now = [0.0]
    tell = after_a_while(lambda *each: said.append(each), 2.0, lambda: now[0])
    tell("short", 0, 2)
    now[0] = 1.9
    tell("long", 5, 9)
    now[0] = 2.0
    tell("short", 2, 2)
    assert not said, "whoever hears of work hears it go on"
    tell("long", 6, 9)
    now[0] = 2.1
    tell("long", 9, 9)
    assert said == [("long", 6, 9), ("long", 9, 9)]


def test_files_of_samples_are_told_one_by_one(tmp_path: Path) -> None:
    said: Said = []
    render_images(torch.zeros(3, 1, 4, 4), tmp_path, lambda *each: said.append(each))
    render_texts(["one", "two"], tmp_path, lambda *each: said.append(each))
    told_of = [(done, total) for what, done, total in said if what == "writing samples"]
    assert told_of == [(0, 3), (1, 3), (2, 3), (3, 3), (0, 2), (1, 2), (2, 2)]
