"""What each command does, from the words to the files."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan.domain import Artifact, Domain
from omnigan.engine import signals
from omnigan.plugins import load_domain
from omnigan.recipe import shipped

Run = Callable[..., tuple[int, str, str]]


def test_train_ends_with_the_run_folder_and_its_samples(omnigan: Run, recipe: str) -> None:
    status, output, _ = omnigan("train", recipe, "train.steps=4", "seed=5")
    assert status == 0
    last = output.splitlines()[-1]
    found = re.fullmatch(r"The run is in (runs/mine-\d+), its newest samples in (.+)\.", last)
    assert found is not None
    assert output.splitlines()[-2] == f"Open {found[1]}/report.html in a browser to look at it."
    assert Path(found[1], "recipe.yaml").read_text().startswith("domain: toy\nseed: 5\n")
    assert any(path.is_file() for path in Path(found[2]).rglob("*"))


def test_train_tells_programs_how_it_ended(
    omnigan: Run,
    recipe: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("train", recipe, "--out", "run", "--json", "train.steps=4")
    status, output, errors = omnigan(*words)
    told = json.loads(output)  # and nothing else
    assert (status, told["ended"], told["reason"]) == (0, "finished", None)
    assert (told["run"], told["report"], told["step"]) == ("run", str(Path("run/report.html")), 4)
    assert told["samples"] == str(max(Path("run/samples").glob("step-*")))
    assert "step 4 of 4" in errors

    def stop(*_: object) -> int:
        return signal.SIGTERM

    monkeypatch.setattr("omnigan.engine.ranks.alone.Ranks.asked_to_stop", stop)
    status, output, errors = omnigan("train", recipe, "--out", "other", "--json")
    told = json.loads(output)
    assert (status, told["run"], told["step"], told["ended"]) == (143, "other", 0, "stopped")
    assert told["reason"].startswith("Stopped at step 0 of 6, saved.")
    assert told["reason"] in errors

    class Left(BaseException):
        """The process is gone."""

    def leave(status: int) -> None:
        raise Left(status)

    monkeypatch.setattr("os._exit", leave)
    never = "omnigan.engine.ranks.alone.Ranks.asked_to_stop"
    monkeypatch.setattr(never, lambda ranks: signals._leave(ranks.stop, 61))
    with pytest.raises(Left, match="143"):
        omnigan("train", recipe, "--out", "stuck", "--json")
    output, errors = capsys.readouterr()
    told = json.loads(output)
    assert (told["run"], told["step"], told["ended"]) == ("stuck", 0, "stopped")
    assert told["reason"].startswith("Stopped: 61 seconds after SIGTERM no step had ended")
    assert told["reason"] in errors

    status, output, errors = omnigan("train", recipe, "--json", "train.rate=much")
    assert (status, output) == (2, "")  # there is no run
    assert errors.startswith("error: ")


def test_a_run_without_its_samples_ends_as_well(omnigan: Run, trained: str, recipe: str) -> None:
    shutil.rmtree(f"{trained}/samples")
    status, output, _ = omnigan("train", recipe, "--out", trained, "--resume")
    assert status == 0
    assert output.endswith(f"The run is in {trained}.\n")


@pytest.mark.parametrize("text", ["[enforce fail] DefaultCPUAllocator: can't allocate memory", "?"])
def test_too_little_memory_is_said_in_words(
    omnigan: Run, trained: str, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr("omnigan.trained.Trained.generate", fail)
    if text == "?":  # a defect of ours, which is not to be hidden
        with pytest.raises(RuntimeError):
            omnigan("sample", trained)
        return
    assert omnigan("sample", trained) == (
        1,
        "",
        "error: The machine refuses: there is not enough memory\n",
    )


def test_a_file_is_no_folder_for_samples(omnigan: Run, trained: str, recipe: str) -> None:
    for command in (["sample", trained], ["check", recipe], ["interpolate", trained]):
        status, output, said = omnigan(*command, "--out", recipe)
        assert (status, output) == (2, "")
        assert said.endswith(f"error: --out: {recipe} is a file. Name a folder.\n")


def test_train_prints_plain_lines_where_there_is_no_terminal(omnigan: Run, recipe: str) -> None:
    _, output, _ = omnigan("train", recipe, "--out", "run")
    assert re.search(r"^step 6 of 6, D loss [-\d.e]+, G loss .+ steps/s, 0 s left$", output, re.M)
    assert "\x1b" not in output


def test_a_device_that_is_not_there_is_a_mistake(omnigan: Run, recipe: str) -> None:
    status, _, errors = omnigan("train", recipe, "--device", "abacus")
    assert status == 2
    assert errors.startswith("error: ")
    assert "abacus" in errors


@pytest.mark.parametrize("command", ["train", "evaluate", "score"])
@pytest.mark.parametrize("wish", ["gpu", "0", "null", "a #"])
def test_a_device_is_blamed_on_what_names_it(
    omnigan: Run, trained: str, recipe: str, command: str, wish: str
) -> None:
    named = {"train": [recipe], "evaluate": [trained], "score": [trained, recipe]}
    assert omnigan(command, *named[command], "--device", wish) == (
        2,
        "",
        f"error: device: '{wish}' cannot be used here (omnigan uses cpu, cuda, mps). Try 'auto' "
        "or 'cpu'.\n",
    )


def test_a_count_beyond_sense_is_refused_at_once(omnigan: Run, trained: str) -> None:
    for words in (
        ["sample", trained, "--count"],
        ["augment", trained, "--out", "x", "--per-class"],
    ):
        status, output, errors = omnigan(*words, str(10**10))
        assert (status, output) == (2, "")
        assert errors.startswith("error: 10,000,000,000 samples would take ")
    assert omnigan("sample", trained, "--count", "1e11")[2].startswith("error: --count must be")
    assert not Path("x").exists()


def test_sample_writes_files_that_depend_on_the_seed_alone(omnigan: Run, trained: str) -> None:
    texts = {}
    for name, words in {
        "a": ["--seed", "1"],
        "b": ["--seed", "1"],
        "c": ["--seed", "2"],
    }.items():
        status, output, errors = omnigan("sample", trained, "--count", "5", *words, "--out", name)
        assert (status, output, errors) == (0, f"{name}/points.txt\n", "")
        texts[name] = Path(name, "points.txt").read_text()
    assert len(texts["a"].splitlines()) == 5
    assert texts["a"] == texts["b"] != texts["c"]


def test_sampling_that_takes_long_says_how_far_it_is(
    omnigan: Run, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnigan.told.after_a_while", lambda notify: notify)
    monkeypatch.setattr("omnigan.console.LineReporter._due", lambda self, intervals=1: True)
    _, output, said = omnigan("sample", trained, "--count", "20")
    assert "generating" not in output
    assert said == "".join(f"generating samples: {done} of 20\n" for done in (0, 16, 20))
    said = omnigan("augment", trained, "--per-class", "2", "--out", "set")[2]
    each = "generating samples: 0 of 2\ngenerating samples: 2 of 2\n"
    assert said == f"labels: 0 of 2\n{each}labels: 1 of 2\n{each}labels: 2 of 2\n"


def test_sample_tells_machines_what_it_wrote(omnigan: Run, trained: str) -> None:
    _, output, _ = omnigan("sample", trained, "--label", "left", "--json")
    told = json.loads(output)
    path = "run/generated/seed-0-left/points.txt"
    assert told["files"] == [{"path": path, "kind": "text", "caption": "left", "label": "left"}]
    assert (told["step"], told["seed"], told["label"]) == (6, 0, "left")
    assert told["labels"] == ["left"] * 8
    assert Path(path).is_file()


@pytest.fixture
def pointed(trained: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let labels decide what points are, each in a file of its own, and all of them in another."""

    def condition(self: Domain, label: str, n: int) -> dict[str, Tensor]:
        return {"z": torch.full((n, 3), 1.0 if label == "left" else -1.0)}

    def render(self: Domain, x: Tensor, folder: Path) -> list[Artifact]:
        made = []
        for number, point in enumerate([*x, x]):
            name = f"{number:03d}.txt" if number < len(x) else "all.txt"
            (folder / name).write_text(str(point.tolist()))
            made.append(Artifact(folder / name, "text", "All" if name == "all.txt" else "Point"))
        return made

    monkeypatch.setattr(load_domain("toy"), "render", render)
    monkeypatch.setattr(load_domain("toy"), "condition", condition)


@pytest.mark.usefixtures("pointed")
def test_each_sample_is_told_with_its_label(omnigan: Run, trained: str) -> None:
    def sample(*words: str) -> tuple[list[str], dict[str, Any]]:
        told = json.loads(omnigan("sample", trained, "--json", *words)[1])
        return [Path(each["path"]).read_text() for each in told["files"]], told

    points, told = sample("--count", "12")
    *files, together = told["files"]
    known = {sample("--count", "1", "--label", label)[0][0]: label for label in ("left", "right")}
    expected = [known[point] for point in points[:-1]]
    assert set(expected) == {"left", "right"}
    assert [each["label"] for each in files] == told["labels"] == expected
    assert [each["caption"] for each in files] == [f"Point: {label}" for label in expected]
    assert (together["label"], together["caption"]) == (None, "All")


@pytest.mark.usefixtures("pointed")
def test_whoever_looks_on_reads_labels_and_a_program_paths_alone(
    omnigan: Run, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("sample", trained, "--count", "2", "--label", "left", "--out", "made")
    assert omnigan(*words)[1] == "made/000.txt\nmade/001.txt\nmade/all.txt\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    said = omnigan(*words)[1].splitlines()[:3]
    assert said == ["made/000.txt (left)", "made/001.txt (left)", "made/all.txt (left)"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sample", "run", "--label", "lift"], "Did you mean 'left'?"),
        (["sample", "walk"], "walk"),
        (["evaluate", "mine.yaml"], "mine.yaml"),
    ],
)
def test_what_is_not_there_is_a_mistake(
    omnigan: Run, trained: str, words: list[str], says: str
) -> None:
    status, output, errors = omnigan(*words)
    assert (status, output) == (2, "")
    assert errors.startswith("error: ")
    assert says in errors


def test_evaluate_prints_a_table_or_json(omnigan: Run, trained: str) -> None:
    status, output, _ = omnigan("evaluate", trained, "--samples", "9")
    assert status == 0
    assert "9 generated, 9 held-out" in output
    status, output, _ = omnigan("evaluate", trained, "--samples", "9", "--seed", "3", "--json")
    assert status == 0
    assert json.loads(output)["seed"] == 3


def test_check_prints_sizes_and_trains_nothing(omnigan: Run, recipe: str) -> None:
    status, output, _ = omnigan("check", recipe, "data.count=20")
    assert status == 0
    assert "20 training, 10 held out" in output
    assert not Path("runs").exists()
    assert Path("checks/mine/points.txt").read_text() == "1.000 0.000"  # the circle's first point
    status, output, _ = omnigan("check", recipe, "--json", "--out", "elsewhere")
    assert json.loads(output)["space"]["shape"] == [2]
    assert Path("elsewhere/points.txt").is_file()


def test_check_refuses_too_few_examples(omnigan: Run, recipe: str) -> None:
    status, _, errors = omnigan("check", recipe, "data.count=5")
    assert status == 2
    assert "5" in errors
    assert "train.batch_size" in errors


def test_domains_are_listed_and_broken_ones_found(omnigan: Run) -> None:
    status, output, _ = omnigan("domains", "--json")
    assert status == 0
    rows = {row["name"]: row for row in json.loads(output) if row["distribution"] == "acme"}
    assert rows["toy"] == {
        "name": "toy",
        "distribution": "acme",
        "version": "1.2",
        "value": "acme_toy:ToyDomain",
    }
    status, output, _ = omnigan("domains", "--check")
    assert status == 1
    states = {line.split()[0]: line for line in output.splitlines() if "acme" in line}
    assert states["toy"].endswith("  ok")
    assert "broken: " in states["absent"]
    assert "acme_absent" in states["absent"]


def test_recipes_are_listed_and_copied(
    omnigan: Run, recipe: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    text = f"# Points on a circle.\n{Path(recipe).read_text()}"
    (folder / "circle.yaml").write_text(text)
    monkeypatch.setattr(shipped, "_folder", lambda: folder)
    assert omnigan("recipes") == (0, "circle  Points on a circle.\n", "")
    assert omnigan("recipes", "copy", "circle") == (0, "circle.yaml\n", "")
    assert Path("circle.yaml").read_text() == text
    status, _, errors = omnigan("recipes", "copy", "circle")
    assert (status, errors) == (2, "error: circle.yaml exists already; name another file.\n")
    assert omnigan("recipes", "copy", "circel")[2].startswith("error: No shipped recipe")


def test_doctor_names_versions_domains_and_folders(
    omnigan: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires = [
        "torch<3",
        "typer>=0.15",
        'no-such-thing>=1; extra == "magic"',
        'omnigan[magic]; extra == "dev"',
        "mido; extra == 'music'",
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: requires)
    monkeypatch.setenv("OMNIGAN_CACHE", "somewhere")
    status, output, _ = omnigan("doctor", "--json")
    assert status == 0
    told = json.loads(output)
    assert set(told["packages"]) == {"torch", "typer"}
    assert told["domains"]["acme:toy"] == "1.2"
    assert told["extras"] == {
        "magic": {
            "installed": False,
            "missing": ["no-such-thing"],
            "install": 'pip install "omnigan[magic]"',
        },
        "music": {"installed": True},
    }
    assert told["cache"] == "somewhere"
    assert told["torch"]["threads"].startswith("1 of ")
    assert isinstance(json.loads(output)["cache bytes"], int)
    status, output, _ = omnigan("doctor")
    assert '  magic: missing no-such-thing; pip install "omnigan[magic]"\n' in output


def test_what_was_written_is_told_to_programs(omnigan: Run, trained: str) -> None:
    def told(*words: str) -> Any:
        status, output, _ = omnigan(*words, "--json")
        assert status == 0
        return json.loads(output)

    path = told("interpolate", trained, "--seeds", "2,3", "--frames", "2", "--out", "way")
    assert (path["out"], path["seeds"], path["label"]) == ("way", [2, 3], None)
    assert {Path(each["path"]) for each in path["files"]} == set(Path("way").iterdir())

    made = told("augment", trained, "--per-class", "2", "--seed", "4", "--out", "set")
    assert (made["out"], made["seed"], made["per_class"]) == ("set", 4, 2)
    assert made["labels"].keys() == {"left", "right"}
    assert {Path(folder) for folder in made["labels"].values()} == set(Path("set").iterdir())

    package = told("new-domain", "heart-beats", "--out", "beats")
    assert package["out"] == "beats"
    assert package["recipe"] in package["files"]
    found = {str(file) for file in Path("beats").rglob("*") if file.is_file()}
    assert set(package["files"]) == found
