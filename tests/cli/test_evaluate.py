"""``omnigan evaluate`` with one run and with several, and ``--best``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from torch import Tensor

from omnigan.domain import Artifact
from omnigan.errors import UserError

Run = Callable[..., tuple[int, str, str]]
RECIPE = """
domain: mixture
data: {examples: 64}
generator: {width: 8, depth: 2}
discriminator: {width: 8, depth: 2}
train: {steps: 6, batch_size: 8, device: cpu, threads: 1}
log: {every: 2, evaluate_every: 3, evaluate_samples: 20}
"""


@pytest.fixture
def runs(omnigan: Run, mixture: ModuleType) -> list[str]:
    """Return two runs that differ in their steps, and one on other data."""
    Path("mine.yaml").write_text(RECIPE)
    changes = {"short": [], "long": ["train.steps=9"], "other": ["data.source=grid"]}
    for name, change in changes.items():
        assert omnigan("train", "mine.yaml", *change, "--out", name)[0] == 0
    return list(changes)


def test_one_run(omnigan: Run, runs: list[str]) -> None:
    status, output, _ = omnigan("evaluate", "short", "--samples", "30", "--features", "random")
    assert status == 0
    assert "30 generated, 30 held-out and 64 training examples, seed 0" in output
    assert "features: random " in output
    assert "\nFrechet distance " in output
    status, output, errors = omnigan("evaluate", "short", "--features", "inceptoin")
    assert (status, output) == (2, "")
    assert "Did you mean 'inception'?" in errors


def test_the_closest_pairs_are_shown(
    omnigan: Run, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(self: Any, x: Tensor, y: Tensor, folder: Path) -> list[Artifact]:
        path = folder / "pairs.txt"
        path.write_text(f"{x.tolist()} {y.tolist()}")
        return [Artifact(path, "text", "All pairs")]

    Path("mine.yaml").write_text(RECIPE)
    monkeypatch.setattr(mixture.MixtureDomain, "compare", compare)
    assert omnigan("train", "mine.yaml", "--out", "short")[0] == 0
    assert Path("short/samples/closest/pairs.txt").is_file()
    arguments = ("evaluate", "short", "--samples", "30", "--features", "random")
    status, output, _ = omnigan(*arguments)
    assert status == 0
    picture = Path(output.splitlines()[-1])
    assert picture.parent == Path("short/generated/closest-seed-0")
    first = picture.read_text()
    status, output, _ = omnigan(*arguments, "--json")
    told = json.loads(output)
    (again,) = told["pictures"]
    assert Path(again).parent == Path("short/generated/closest-seed-0-2")
    assert Path(again).read_text() == first
    assert told["closest"]

    def broken(self: Any, x: Tensor, y: Tensor, folder: Path) -> list[Artifact]:
        raise ValueError("no picture today")

    monkeypatch.setattr(mixture.MixtureDomain, "compare", broken)
    status, output, errors = omnigan(*arguments)
    assert status == 0
    assert "Frechet distance" in output
    assert "A picture of the closest pairs cannot" in errors
    assert "no picture today" in errors

    def refused(self: Any, x: Tensor, y: Tensor, folder: Path) -> list[Artifact]:
        raise UserError("these cannot be compared")

    monkeypatch.setattr(mixture.MixtureDomain, "compare", refused)
    status, output, errors = omnigan(*arguments, "--json")
    assert (status, json.loads(output)["pictures"]) == (0, [])
    assert "The closest pairs cannot be shown: these cannot be compared" in errors
    status, _, errors = omnigan("train", "mine.yaml", "--out", "goes-on")
    assert status == 0, "training does not end for want of a picture"
    assert "The closest pairs cannot be shown: these cannot be compared" in errors

    def interrupted(self: Any, x: Tensor, y: Tensor, folder: Path) -> list[Artifact]:
        raise KeyboardInterrupt

    monkeypatch.setattr(mixture.MixtureDomain, "compare", interrupted)
    status, output, _ = omnigan(*arguments)
    assert status != 0
    assert "Frechet distance" in output, "scores are told before anything is drawn"


def test_several_runs_are_compared_where_they_can_be(omnigan: Run, runs: list[str]) -> None:
    status, output, _ = omnigan("evaluate", *runs, "--samples", "30", "--json")
    assert status == 0
    told = json.loads(output)
    frechet = [each for each in told["columns"] if each["title"].startswith("Frechet")]
    assert [sorted(each["values"]) for each in frechet] == [["long", "short"], ["other"]]
    assert "content of the reference" in frechet[0]["title"]
    for column in frechet:
        for run, value in column["values"].items():
            (row,) = (
                row
                for row in told["evaluations"][run]["rows"]
                if row["metric"] == "Frechet distance"
            )
            assert (row["value"], row["provenance"]) == (value, column["provenance"])
    status, output, _ = omnigan("evaluate", "short", "long", "--samples", "30")
    assert status == 0
    assert output.splitlines()[0].split() == ["metric", "short", "long", "floor", "better"]


def test_other_data_than_the_run_was_trained_on(
    omnigan: Run, runs: list[str], mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("evaluate", "short", "--samples", "16", "--json")
    status, before, errors = omnigan(*words)
    assert (status, "are others than" in errors) == (0, False)
    begin = mixture.Points.__init__

    def moved(self: Any, *given: Any) -> None:
        begin(self, *given)
        self.x = self.x + 0.5

    monkeypatch.setattr(mixture.Points, "__init__", moved)
    status, after, errors = omnigan(*words)
    assert status == 0
    assert "warning: The training and held-out examples are others than when short was" in errors
    assert json.loads(after)["rows"] != json.loads(before)["rows"]
    Path("short/examples.sha256").unlink()
    assert "are others than" not in omnigan(*words)[2], "an older run, of which it is not known"


def test_the_best_weights(omnigan: Run, runs: list[str]) -> None:
    (kept,) = sorted(Path("long/best").iterdir(), reverse=True)[:1]
    status, output, _ = omnigan("sample", "long", "--best", "--json")
    assert status == 0
    assert json.loads(output)["step"] == int(kept.name.removeprefix("step-"))
    assert Path("long/generated/best-seed-0/points.txt").is_file()
    status, _, _ = omnigan("evaluate", "long", "--best", "--samples", "30")
    assert status == 0
    omnigan("train", "mine.yaml", "log.evaluate_every=null", "--out", "never")
    status, _, errors = omnigan("sample", "never", "--best")
    assert status == 2
    assert errors.startswith("error: never has no best weights")
