"""Scoring points of a third party's domain: conditions, several critics, and mistakes."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

import omnigan
from omnigan.cli import main
from omnigan.domain import Batch, FileExamples
from omnigan.errors import OmniganError, UserError
from omnigan.sampling import Trained, load
from omnigan.scoring.critic import Critic, critic_of


def points(paths: Sequence[Path]) -> torch.Tensor:
    """Read a point a line."""
    rows = []
    for path in paths:
        try:
            rows += [
                [float(word) for word in line.split()] for line in path.read_text().splitlines()
            ]
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: {error}") from error
    return torch.tensor(rows).reshape(-1, 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"folder": tmp_path_factory.mktemp("runs")}


@pytest.fixture
def run(
    mixture: ModuleType,
    mixture_recipe: dict[str, Any],
    made: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    monkeypatch.setattr(mixture.MixtureDomain, "read_file", lambda self, path: points([path]))
    if "run" not in made:
        words = ["discriminator.critics=2", "log.evaluate_every=4", "log.evaluate_samples=20"]
        made["run"] = omnigan.train(mixture_recipe, words, out=made["folder"] / "run")
    return made["run"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.txt"
    path.write_text("1 0\n0 1\n-1 0\n")
    return path


def test_critics_are_averaged_and_the_best_label_counts(run: Path, file: Path) -> None:
    trained = load(run)
    critic = critic_of(run, trained)
    x = points([file])
    by_label = []
    for label in trained.domain.labels():
        first, second = critic.network(x, **trained.domain.condition(label, 3))
        by_label.append((first + second) / 2)
    best = torch.stack(by_label).amax(0)
    [score] = omnigan.score(run, [file], samples=40).files
    assert score.parts == pytest.approx(best.tolist(), abs=1e-6)
    assert score.logit == pytest.approx(float(best.mean()), abs=1e-6)
    [score] = omnigan.score(run, [file], label="mode-3", samples=40).files
    assert score.parts == pytest.approx(by_label[3].tolist(), abs=1e-6)


def test_known_examples_are_calibrated_under_the_conditions_that_files_have(run: Path) -> None:
    critic = critic_of(run, load(run))
    source = critic.domain.source("valid")
    held_out = Batch.stack([source.read(place, torch.Generator()) for place in range(64)])
    scores = [omnigan.score(run, [_write(run)], label=label) for label in (None, "mode-0")]
    wanted = critic.best(held_out.x), critic.logits(held_out)
    for each, logits in zip(scores, wanted, strict=True):
        assert each.trial is not None
        found = torch.from_numpy(each.trial.logits["held_out"])
        torch.testing.assert_close(found.sort().values, logits.sort().values)


def _write(run: Path) -> Path:
    path = run.parent / "one.txt"
    path.write_text("0 0\n")
    return path


def test_the_same_call_gives_the_same_bytes(run: Path, file: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        omnigan.score(run, [file], samples=40).write(tmp_path / name)
    for name in ("scores.json", "reliability.png", "logits.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    other = omnigan.score(run, [file], samples=40, seed=1)
    assert other.to_json()["trial"] != json.loads((tmp_path / "a/scores.json").read_text())["trial"]


def test_other_data_than_the_run_was_trained_on_are_told(
    run: Path, file: Path, monkeypatch: pytest.MonkeyPatch, mixture: ModuleType
) -> None:
    begin = mixture.Points.__init__

    def moved(self: Any, *given: Any) -> None:
        begin(self, *given)
        self.x = self.x + 0.5

    monkeypatch.setattr(mixture.Points, "__init__", moved)
    with pytest.warns(UserWarning, match=r"examples are others than when .* was trained") as heard:
        omnigan.score(run, [file], samples=40)
    assert {warning.filename for warning in heard} == {__file__}


def test_without_the_data_files_are_ranked_and_have_no_probability(
    run: Path, file: Path, monkeypatch: pytest.MonkeyPatch, mixture: ModuleType, tmp_path: Path
) -> None:
    def gone(self: Any, split: str) -> None:
        raise UserError("data.source: there is no folder 'moved'.")

    expected = omnigan.score(run, [file], samples=40)
    monkeypatch.setattr(mixture.MixtureDomain, "source", gone)
    scores = omnigan.score(run, [file], samples=40)
    assert scores.files[0].logit == expected.files[0].logit
    assert scores.files[0].probability is None
    assert "There are no probabilities: data.source: there is no folder" in scores.table()
    assert [path.name for path in scores.write(tmp_path / "out")] == ["scores.json"]


def test_what_the_table_says(
    run: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    words = ["score", run, file, empty, "--samples", "40", "--label", "mode-1"]
    assert main([str(word) for word in words]) == 0
    said = capsys.readouterr().out
    assert "The critic of step 4." in said
    assert "It says nothing about other generators." in said
    assert "On 20 held-out real and 20 generated examples" in said
    assert "would be no overfitting" in said
    assert f"not read: {empty}: there is no example in it." in said
    assert (run / "generated" / "scores" / "reliability.png").is_file()


def test_texts_are_listed_with_their_scores_and_what_is_left_out_is_said(
    run: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mixture: ModuleType
) -> None:
    def read(self: Any, path: Path) -> FileExamples:
        texts = ["east", "north, far", "west"]
        return FileExamples(points([path]), texts, "left out 2 of 5 texts.")

    plain = omnigan.score(run, [file], samples=40)
    assert plain.to_json()["files"][0]["lines"] == []
    monkeypatch.setattr(mixture.MixtureDomain, "read_file", read)
    scores = omnigan.score(run, [file], samples=40)
    assert scores.table().splitlines()[-1] == f"{file}: left out 2 of 5 texts."
    (told,) = scores.to_json()["files"]
    assert told["left_out"] == "left out 2 of 5 texts."
    assert [line["logit"] for line in told["lines"]] == told["parts"] == list(plain.files[0].parts)
    path = tmp_path / "out" / "lines.csv"
    assert path in scores.write(tmp_path / "out")
    with path.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert {row["text"]: float(row["logit"]) for row in rows} == {
        line["text"]: line["logit"] for line in told["lines"]
    }
    chances = [float(row["probability"]) for row in rows]
    assert chances == sorted(chances, reverse=True)
    assert {row["file"] for row in rows} == {str(file)}


def test_mistakes_are_told(
    run: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = omnigan.export(run, tmp_path / "export")
    stripped = Path(shutil.copytree(run, tmp_path / "stripped"))
    best = next((run / "best").iterdir())
    cases = {
        (export, file): "is an export, which holds no discriminator",
        (best, file): "holds no discriminator: name the run",
        (tmp_path / "nowhere", file): "There is no run folder",
        (run, tmp_path / "missing.txt"): "missing.txt: ",
        (run, file, "--label", "mode-9"): "There is no label 'mode-9'. Did you mean 'mode-",
        (run, file, "--samples", "3"): "--samples",
        (run, file, "--out", file): "mine.txt is a file. Name a folder.",
        (run,): "FILE",
    }
    for words, says in cases.items():
        assert main(["score", *map(str, words)]) == 2, words
        said = capsys.readouterr()
        assert (said.out, says in said.err) == ("", True), said.err
    recipe = stripped / "recipe.yaml"
    text = recipe.read_text()
    assert "objective: adversarial" in text
    recipe.write_text(text.replace("objective: adversarial", "objective: likelihood"))
    assert main(["score", str(stripped), str(file)]) == 2
    assert "there is nothing to score with" in capsys.readouterr().err


def test_two_bad_files_are_two_errors(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", str(run), str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert [Path(line.split(": ")[1]).name for line in errors] == ["a.txt", "b.txt"]


def test_a_folder_means_its_files(
    run: Path, file: Path, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixture.MixtureDomain, "file_endings", lambda self: {".txt"}, raising=False)
    (file.parent / "notes.md").write_text("no points")
    (file.parent / "empty").mkdir()
    found = omnigan.score(run, [file.parent, file, file.parent / "empty"], samples=40)
    assert [each.file for each in found.files] == [str(file)]
    assert [each.reason for each in found.unread] == [
        "there is no file in it, or in any folder below it, that ends with '.txt'."
    ]


def test_no_files_are_a_mistake(run: Path) -> None:
    with pytest.raises(UserError, match="no files to score"):
        omnigan.score(run, [])


def test_too_few_held_out_examples(mixture: ModuleType, run: Path) -> None:
    domain = mixture.MixtureDomain(mixture.Config(data={"examples": 10}))
    from omnigan.scoring.trial import trial_of

    cpu = torch.device("cpu")
    trained = Trained(domain, domain.generator(), 1, cpu)
    with pytest.raises(UserError, match="needs 16 held-out examples, and there are 10"):
        trial_of(Critic(domain, domain.discriminator(), 1, cpu), trained)


def test_a_critic_that_is_not_finite_is_no_judge(mixture: ModuleType) -> None:
    domain = mixture.MixtureDomain(mixture.Config())
    network = domain.discriminator()
    with torch.no_grad():
        next(network.parameters()).fill_(math.nan)
    with pytest.raises(OmniganError, match="not finite"):
        Critic(domain, network, 1, torch.device("cpu")).best(torch.zeros(2, 2))
