"""``--prefix`` and ``--temperature`` of samples, and ``--temperatures`` of evaluations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

Run = Callable[..., tuple[int, str, str]]
RECIPE = """
domain: chain
data: {examples: 200, held_out: 100}
train: {steps: 4, batch_size: 8, device: cpu, threads: 1}
log: {every: 2}
"""


@pytest.fixture
def runs(omnigan: Run, chain: ModuleType, mixture: ModuleType) -> list[str]:
    """Return a likelihood run and an adversarial one."""
    Path("mine.yaml").write_text(RECIPE)
    assert omnigan("train", "mine.yaml", "train.objective=likelihood", "--out", "likely")[0] == 0
    assert omnigan("train", "mine.yaml", "--out", "rival")[0] == 0
    return ["likely", "rival"]


def test_samples_begin_as_asked(omnigan: Run, runs: list[str]) -> None:
    status, output, _ = omnigan("sample", "rival", "--prefix", "abc", "--count", "5")
    assert status == 0
    made = Path(output.strip()).read_text().split()
    assert len(made) == 5
    assert all(word.startswith("abc") and len(word) == 6 for word in made)
    same = omnigan("sample", "rival", "--condition", "prefix=abc", "--count", "5", "--out", "same")
    assert same[0] == 0
    assert Path("same/words.txt").read_text().split() == made


def test_a_low_temperature_gives_the_likeliest(omnigan: Run, runs: list[str]) -> None:
    words = {}
    for temperature in ("0.001", "1", "0.5"):
        status, output, _ = omnigan("sample", "rival", "--temperature", temperature, "--count", "9")
        assert status == 0
        path = Path(output.strip())
        assert path.parent.name == f"seed-0-temperature={temperature}"
        words[temperature] = path.read_text().split()
    assert len(set(words["0.001"])) == 1 < len(set(words["1"]))


def test_what_a_domain_does_not_know_is_told_by_the_option(omnigan: Run, runs: list[str]) -> None:
    status, _, errors = omnigan("sample", "rival", "--prefix", "xyz")
    assert (status, errors) == (2, "error: --prefix xyz: letters are abcd.\n")
    Path("points.yaml").write_text(
        "domain: mixture\ndata: {examples: 64}\ntrain: {steps: 2, batch_size: 8, device: cpu}\n"
    )
    assert omnigan("train", "points.yaml", "--out", "points")[0] == 0
    for option, value in (("--prefix", "Return the"), ("--temperature", "0.5")):
        status, _, errors = omnigan("sample", "points", option, value)
        expected = f"error: {option} {value}: this model has no conditions but its labels.\n"
        assert (status, errors) == (2, expected)
    status, _, errors = omnigan("evaluate", "points", "--temperatures", "0.5,1")
    assert status == 2
    assert "temperatures: MixtureDomain has no temperature" in errors


def test_nothing_is_asked_for_twice(omnigan: Run, runs: list[str]) -> None:
    words = ["sample", "rival", "--prefix", "ab", "--condition", "prefix=ba"]
    status, _, errors = omnigan(*words)
    assert status == 2
    assert errors == "error: condition prefix=ab: the 'prefix' is said twice.\n"


def test_a_prefix_makes_no_folders_elsewhere(omnigan: Run, runs: list[str]) -> None:
    before = set(Path().iterdir())
    status, output, _ = omnigan("sample", "rival", "--condition", "prefix=", "--count", "1")
    assert status == 0
    assert Path(output.strip()).parent.name == "seed-0-prefix="
    assert set(Path().iterdir()) == before


def test_temperatures_give_a_table_and_a_picture(omnigan: Run, runs: list[str]) -> None:
    words = ["evaluate", *runs, "--temperatures", "0.2,1", "--samples", "40"]
    status, output, _ = omnigan(*words)
    assert status == 0
    lines = [line.split() for line in output.splitlines()]
    assert lines[0] == ["run", "temperature", "true", "likelihood", "unique", "share"]
    assert [line[:2] for line in lines[1:5]] == [[r, t] for r in runs for t in ("0.2", "1")]
    assert lines[5][0] == "real"
    assert output.splitlines()[-1] == "likely/curves.png"
    with Image.open("likely/curves.png") as picture:
        assert picture.format == "PNG"
    status, output, _ = omnigan(*words, "--json", "--out", "pictures/mine.png")
    assert status == 0
    told = json.loads(output)
    assert told["picture"] == "pictures/mine.png"
    assert Path("pictures/mine.png").is_file()
    shares = [point["scores"]["unique share"] for point in told["points"]]
    assert shares == pytest.approx([float(line[3]) for line in lines[1:5]], abs=6e-4)


@pytest.mark.parametrize("picture", ["curves", "curves.txt", "likely/config.json/a.png"])
def test_what_is_no_picture_is_said_before_the_work(
    omnigan: Run, runs: list[str], picture: str
) -> None:
    words = ["evaluate", "likely", "--temperatures", "1", "--samples", "40", "--out", picture]
    status, output, errors = omnigan(*words)
    assert (status, output) == (2, "")
    assert errors.startswith("error: --out: ")


def test_scores_are_printed_even_if_the_picture_fails(
    omnigan: Run, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("omnigan.evaluation.curves.draw", full)
    status, output, errors = omnigan("evaluate", *runs, "--temperatures", "1", "--samples", "40")
    assert status == 2
    assert "unique share" in output
    assert errors.endswith("cannot be written: No space left on device\n")


@pytest.mark.parametrize("text", ["", "warm", "0.5;1", "0.5,,1", "nan", "1_0"])
def test_what_are_no_temperatures(omnigan: Run, runs: list[str], text: str) -> None:
    status, _, errors = omnigan("evaluate", "likely", "--temperatures", text)
    assert status == 2
    assert "--temperatures must be numbers with commas between" in errors
