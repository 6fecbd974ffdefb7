"""Journals are read on as they grow, whatever happened to them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from omnigan.report.readings import Readings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def add(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def values(readings: Readings) -> dict[str, list[tuple[float, float]]]:
    return {
        name: list(zip(x.tolist(), y.tolist(), strict=True))
        for name, (x, y) in readings.series.items()
    }


def test_reading_on_gives_what_reading_at_once_gives(path: Path) -> None:
    grown = Readings(path)
    grown.update()  # there is nothing yet
    assert grown.series == {}
    for step in range(1, 40):
        evaluation = {"step": step, "evaluation": {"rows": []}}
        line = {"step": step, "examples": 8 * step, "d_loss": step / 7, "augment": 0}
        add(path, json.dumps(line), json.dumps({"step": step, "warning": f"w{step}"}))
        add(path, json.dumps(evaluation))
        if step % 3:
            grown.update()
    grown.update()
    fresh = Readings(path)
    fresh.update()
    assert values(grown) == values(fresh)
    assert values(fresh).keys() == {"d_loss", "augment"}
    assert values(fresh)["d_loss"] == [(n, n / 7) for n in range(1, 40)]
    assert grown.warnings == fresh.warnings == [(n, f"w{n}") for n in range(1, 40)]
    assert len(grown.evaluations) == 39
    assert grown.step == 39


def test_a_journal_that_was_cut_and_grew_again_is_read_anew(path: Path) -> None:
    readings = Readings(path)
    for step in range(1, 5):
        add(path, json.dumps({"step": step, "d_loss": 1.0}))
    readings.update()
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join(whole[:2]))  # a run that goes back to its checkpoint
    for step in (3, 4, 5, 6):
        add(path, json.dumps({"step": step, "d_loss": 2.0}))
    readings.update()
    assert values(readings) == {"d_loss": [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (6, 2)]}
    path.unlink()
    readings.update()
    assert readings.series == {}
    assert readings.step == 0


def test_damage_costs_a_line(path: Path) -> None:
    add(path, '{"step": 1, "d_loss": 1.0}', '{"step": 2, "d_lo', "[1]", "[" * 10**5, "null")
    add(path, '{"step": "3", "d_loss": 1}', '{"d_loss": 1}', f'{{"step": 1{"0" * 400}}}')
    with path.open("ab") as file:
        file.write(b'\xff\xfe{"step": 4}\n')
    add(path, '{"step": 5, "d_loss": 3.0}')
    readings = Readings(path)
    readings.update()
    assert values(readings) == {"d_loss": [(1, 1.0), (5, 3.0)]}
    assert readings.damaged == 8
    readings.update()
    assert readings.damaged == 8


def test_a_line_that_is_being_written_waits(path: Path) -> None:
    add(path, '{"step": 1, "d_loss": 1.0}')
    with path.open("a") as file:
        file.write('{"step": 2, "d_')
    readings = Readings(path)
    readings.update()
    assert (values(readings), readings.damaged) == ({"d_loss": [(1, 1.0)]}, 0)
    add(path, 'loss": 4.0}')
    readings.update()
    assert (values(readings), readings.damaged) == ({"d_loss": [(1, 1.0), (2, 4.0)]}, 0)


def test_only_numbers_that_can_be_drawn_are_kept(path: Path) -> None:
    add(path, '{"step": 1, "a": NaN, "b": 1, "c": true, "d": "x", "e": null}')
    add(path, f'{{"step": 2, "a": 2.5, "b": Infinity, "f": 1{"0" * 400}, "g": NaN}}')
    readings = Readings(path)
    readings.update()
    assert values(readings) == {"a": [(2, 2.5)], "b": [(1, 1)]}
    assert all(np.isfinite(y).all() for _, y in readings.series.values())
