"""Which steps and files a page holds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.report import samples as module
from omnigan.report.looks import samples_section
from omnigan.report.samples import Look, Samples, choose_steps

Make = Callable[..., Any]
STEPS = st.lists(st.integers(0, 10**6), min_size=1, max_size=300, unique=True).map(sorted)


@given(STEPS, st.integers(2, 30))
def test_chosen_steps_are_the_ends_and_evenly_spaced(steps: list[int], most: int) -> None:
    chosen = choose_steps(steps, most)
    assert len(chosen) <= most
    assert chosen[0] == steps[0]
    assert chosen[-1] == steps[-1]
    places = [steps.index(step) for step in chosen]
    gaps = [b - a for a, b in pairwise(places)]
    assert len(set(gaps[:-1])) <= 1
    assert all(0 < gap <= gaps[0] for gap in gaps)
    if len(steps) <= most:
        assert chosen == steps


@given(st.integers(2, 12))
def test_a_step_that_was_left_out_does_not_come_back(most: int) -> None:
    steps = list(range(0, 900, 3))
    gone: set[int] = set()
    for count in range(1, len(steps)):
        chosen = choose_steps(steps[:count], most)
        assert not gone & set(chosen)
        gone |= set(steps[: count - 1]) - set(chosen)


def test_there_may_be_nothing(make_run: Make) -> None:
    samples = Samples(make_run().folder / "samples")
    samples.update(10**6)
    assert (samples.looks, samples.real, samples.steps) == ([], None, [])
    assert choose_steps([], 5) == []


def test_the_closest_pairs_have_a_place_of_their_own(make_run: Make) -> None:
    made = make_run()
    made.picture(made.samples(10) / "grid.png")
    pairs = made.folder / "samples" / "closest"
    pairs.mkdir()
    made.picture(pairs / "pairs.png")
    samples = Samples(made.folder / "samples")
    samples.update(10**6)
    assert samples.steps == [10]
    assert samples.closest is not None
    assert held(samples.closest) == ["pairs.png"]
    page = samples_section(samples, Path("samples"))
    assert page.index("Samples of step 10") < page.index("Closest to training examples")
    assert "Closest pairs, overview" in page
    samples.update(100)
    assert held(samples.closest) == [], "what does not fit is linked to"


def held(look: Look) -> list[str]:
    return [item.path.name for group in look.groups for item in group.items if item.content]


def size(samples: Samples) -> int:
    looks = [*samples.looks, *([samples.real] if samples.real else [])]
    return sum(len(i.content or "") for look in looks for group in look.groups for i in group.items)


@pytest.fixture
def rich(make_run: Make) -> Samples:
    """Return nine steps of an overview (16 kB in the page) and four examples (3.6 kB each)."""
    made = make_run()
    for step in (*range(0, 90, 10), None):
        folder = made.samples(step)
        made.picture(folder / "grid.png", (64, 64), seed=step or 0)
        for number in range(4):
            made.picture(folder / f"{number:03d}.png", (30, 30), seed=number)
            (folder / f"{number:03d}.bin").write_bytes(b"\0")
    return Samples(made.folder / "samples")


@pytest.mark.parametrize("room", [10**6, 300_000, 250_000, 200_000, 120_000, 60_000, 30_000, 500])
def test_the_first_and_last_step_come_first_and_nothing_is_too_large(
    rich: Samples, room: int
) -> None:
    rich.update(room)
    assert size(rich) <= room
    shown = [look.step for look in rich.looks]
    assert shown[0] == 0
    assert shown[-1] == 80
    contents = [held(look) for look in rich.looks]
    if room >= 60_000:
        assert all(content == contents[0] for content in contents)  # the same examples throughout
        assert contents[0][0] == "grid.png"  # overviews before examples
        assert rich.real is not None
        assert held(rich.real) == contents[0]
    if room >= 200_000:
        assert len(shown) == 9
    if room == 10**6:
        assert contents[0] == ["grid.png", "000.png", "001.png", "002.png", "003.png"]
    if room == 250_000:
        assert contents[0] == ["grid.png", "000.png"]
    if room == 30_000:
        assert contents[-1] == ["grid.png"]  # the newest, where there is room for one


def test_unknown_files_are_named_and_not_held(rich: Samples) -> None:
    rich.update(10**7)
    (group,) = [group for group in rich.looks[0].groups if group.name == "1"]
    assert [(item.path.name, item.content is None) for item in group.items] == [
        ("000.bin", True),
        ("000.png", False),
    ]


def test_a_folder_behind_a_link_is_not_shown(make_run: Make) -> None:
    made = make_run()
    made.samples(0)
    private = made.folder / "private"
    private.mkdir()
    (private / "words.txt").write_text("secret")
    for name in ("real", "step-00000009"):
        (made.folder / "samples" / name).symlink_to(private)
    samples = Samples(made.folder / "samples")
    samples.update(10**6)
    assert (samples.real, samples.steps) == (None, [0])


def test_sounds_beyond_a_time_wait_for_the_next_page(make_run: Make) -> None:
    made = make_run()
    folder = made.samples(0)
    for number in range(5):
        made.tone(folder / f"{number:03d}.wav", seconds=14)
    samples = Samples(made.folder / "samples")
    samples.seconds = 30
    for most in (2, 4, 5, 5):
        samples.update(10**7)
        assert held(samples.looks[0]) == [f"{number:03d}.wav" for number in range(most)]
    at_once = Samples(made.folder / "samples")
    at_once.update(10**7)
    assert len(held(at_once.looks[0])) == 5


def test_nothing_is_encoded_twice(make_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_run()
    seen: list[str] = []
    embed = module.embed

    def count(path: Any) -> Any:
        seen.append(f"{path.parent.name}/{path.name}")
        return embed(path)

    monkeypatch.setattr(module, "embed", count)
    samples = Samples(made.folder / "samples")
    for step in range(40):
        made.picture(made.samples(step) / "grid.png", seed=step)
        samples.update(10**7)
    assert len(seen) == len(set(seen)) == 40
    made.picture(made.samples(39) / "grid.png", (9, 9))  # written again, as after a rollback
    samples.update(10**7)
    assert seen[40:] == ["step-00000039/grid.png"]
