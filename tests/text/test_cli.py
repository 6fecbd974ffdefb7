"""A tiny text run from the command line, and what can be done with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from omnigan.cli import main

Command = Callable[..., tuple[int, list[str]]]
WORDS = ("red", "green", "blue", "black", "white", "grey")
RECIPE = """
domain: text
data: {source: texts.txt, tokenizer: {least: 1}}
generator: {width: 16}
discriminator: {width: 16, size: 8}
train: {steps: 6, batch_size: 8, device: cpu, threads: 1}
log: {every: 2, samples: 4, samples_every: 6}
"""


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return a function that runs a command beside a trained run: status and lines printed."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{a} {b} sees {c}." for a in WORDS for b in WORDS for c in WORDS if a != b]
    Path("texts.txt").write_text("\n".join(lines), encoding="utf-8")
    Path("mine.yaml").write_text(RECIPE, encoding="utf-8")

    def call(*words: str) -> tuple[int, list[str]]:
        status = main(list(words))
        output, errors = capsys.readouterr()
        return status, (output if status == 0 else errors).splitlines()

    assert call("train", "mine.yaml", "--out", "run")[0] == 0
    return call


def test_a_run_is_sampled_scored_and_walked_through(command: Command) -> None:
    preview = Path("run/samples/step-00000006/samples.txt").read_text().splitlines()
    assert [line[0] for line in preview] == ["1", "2", "3", "4"]
    readings = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    assert any("relaxation" in reading for reading in readings)

    options = ["--prefix", "red blue", "--temperature", "0.5", "--count", "3"]
    status, _ = command("sample", "run", *options, "--out", "samples")
    assert status == 0
    paths = sorted(Path("samples").iterdir())
    assert [path.name for path in paths] == ["000.txt", "001.txt", "002.txt", "samples.txt"]
    assert all(path.read_text().startswith("red blue") for path in paths[:3])

    status, lines = command("evaluate", "run", "--samples", "64", "--json")
    assert status == 0
    rows = json.loads("\n".join(lines))["rows"]
    names = {f"{row['metric']} {row['part']}".rstrip() for row in rows}
    wanted = {"BLEU 5", "self-BLEU 5", "held-out likelihood nats a token", "unique texts"}
    assert wanted | {"Frechet distance"} <= names

    status, _ = command("interpolate", "run", "--seeds", "0,1", "--frames", "4", "--out", "walk")
    assert status == 0
    (path,) = Path("walk").iterdir()
    assert len(path.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--prefix", "red zebra", "--prefix red zebra: 'zebra' is not in"),
        ("--prefix", "red red red red red red", "a beginning may have at most 5"),
        ("--temperature", "0", "--temperature 0: must be a number from 0.01"),
    ],
)
def test_what_cannot_be_asked_for_is_told_by_its_option(
    command: Command, option: str, value: str, complaint: str
) -> None:
    status, lines = command("sample", "run", option, value)
    assert status == 2
    assert complaint in " ".join(lines)
