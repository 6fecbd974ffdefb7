"""``omnigan export``, from the words to what the other commands make of the folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


def test_an_export_is_used_as_a_run_is(omnigan: Run, trained: str) -> None:
    status, output, errors = omnigan("export", trained, "model", "--licence", "mit")
    assert (status, errors) == (0, "")
    assert output == "The export is in model; model/README.md tells about it.\n"
    assert "license: mit\n" in Path("model/README.md").read_text()

    for name in ("run", "model"):
        words = ["--count", "5", "--seed", "3", "--label", "left", "--out", f"of-{name}"]
        assert omnigan("sample", name, *words)[0] == 0
        assert omnigan("interpolate", name, "--frames", "3", "--out", f"walk-{name}")[0] == 0
    for folder in ("of", "walk"):
        first, second = (Path(f"{folder}-{name}/points.txt") for name in ("run", "model"))
        assert first.read_bytes() == second.read_bytes()

    tables = [omnigan("evaluate", name, "--samples", "9") for name in ("run", "model")]
    assert tables[0] == tables[1]
    assert tables[0][0] == 0


def test_an_export_without_a_licence_says_so(omnigan: Run, trained: str) -> None:
    status, output, errors = omnigan("export", trained, "model")
    assert (status, errors) == (0, "")
    assert output.splitlines()[1:] == [
        "Its card names no licence, so nobody may use it: --licence cc-by-4.0, say."
    ]


def test_a_run_of_a_newer_omnigan_is_exported_with_a_word(omnigan: Run, trained: str) -> None:
    config = Path(trained, "config.json")
    values = json.loads(config.read_text())
    config.write_text(json.dumps({**values, "omnigan": "99.1"}))
    status, _, errors = omnigan("export", trained, "model")
    assert (status, len(errors.splitlines())) == (0, 1)
    assert errors.startswith(f"warning: {trained} was written by omnigan 99.1, and this is ")


def test_machines_are_told_the_files(omnigan: Run, trained: str) -> None:
    status, output, _ = omnigan("export", trained, "model", "--dtype", "bf16", "--json")
    assert status == 0
    told = json.loads(output)
    assert told["out"] == "model"
    assert sorted(told["files"]) == sorted(
        str(path) for path in Path("model").rglob("*") if path.is_file()
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["export", "walk", "model"], "There is no run folder 'walk'"),
        (["export", "run", "run"], "run is not empty"),
        (["export", "run", "model", "--dtype", "fp16"], "dtype must be 'fp32' or 'bf16'"),
        (["export", "run", "model", "--best"], "has no best weights"),
        (["export", "run"], "DIR"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    omnigan: Run, trained: str, words: list[str], says: str
) -> None:
    status, output, errors = omnigan(*words)
    assert (status, output) == (2, "")
    assert errors.startswith("error: ")
    assert says in errors
    assert not Path("model").exists()


def test_commands_leave_an_export_as_it_is(omnigan: Run, trained: str) -> None:
    assert omnigan("export", trained, "model")[0] == 0
    before = sorted(Path("model").rglob("*"))
    status, output, _ = omnigan("sample", "model", "--count", "2")
    assert status == 0
    assert output.startswith("generated/model/seed-0/")
    assert sorted(Path("model").rglob("*")) == before
