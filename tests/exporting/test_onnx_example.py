"""An example.py of an ONNX export: its options, what it writes, and what it says of mistakes."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException
from torch import Tensor, nn

from omnigan.digest import sha256_of
from omnigan.domain import Draw, Standalone
from omnigan.errors import OmniganError
from omnigan.exporting.onnx.write import write_onnx
from omnigan.sampling import Trained

CPU = torch.device("cpu")
Failing = Callable[[Exception], str]


def example(folder: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", folder / "example.py", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_example_writes_numbers_of_a_label_and_a_seed(folder: Path, tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        wish = ("--count", "3", "--seed", seed, "--label", "mode-5", "--out", tmp_path / name)
        done = example(folder, *wish)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 3
    files = [[path.read_text() for path in sorted((tmp_path / name).iterdir())] for name in "abc"]
    assert files[0] == files[1] != files[2]
    assert all(len(row) == 2 for text in files[0] for row in csv.reader(text.splitlines()))
    wrong = example(folder, "--label", "mode-9")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("There is no label 'mode-9'. Labels: mode-0, mode-1")


@pytest.mark.parametrize("option", ["--seed", "--count"])
def test_numbers_below_the_least_are_told(
    option: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["example.py", option, "-1"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(folder / "example.py"), run_name="__main__")
    said = capsys.readouterr().err
    assert re.search(rf"example\.py: error: {option} must be [01] or more", said)


def run_in_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str | Path
) -> str | int | None:
    """Run an example in this process; return what it says when it gives up, or None."""
    monkeypatch.setattr(sys, "argv", ["example.py", *map(str, options)])
    try:
        runpy.run_path(str(folder / "example.py"), run_name="__main__")
    except SystemExit as ended:
        return ended.code
    return None


def test_the_first_of_many_are_those_of_few(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in ("2", "35"):
        assert (
            run_in_process(folder, monkeypatch, "--count", count, "--out", tmp_path / count) is None
        )
    few, many = (sorted((tmp_path / count).iterdir()) for count in ("2", "35"))
    assert [len(few), len(many)] == [2, 35]
    assert [path.read_text() for path in few] == [path.read_text() for path in many[:2]]
    assert len({path.read_text() for path in many}) == 35


def test_a_folder_that_cannot_be_made_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        said = run_in_process(folder, monkeypatch, "--out", out)
        assert str(said).startswith(f"--out {out} is no folder and cannot be made: ")


def test_an_example_alone_says_what_it_misses(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for missing in ("generator.json", "model.onnx"):
        said = run_in_process(
            Path(shutil.copy(folder / "example.py", tmp_path)).parent, monkeypatch
        )
        assert (
            said == f"{tmp_path / missing} is missing: example.py needs the folder that it came in."
        )
        shutil.copy(folder / "generator.json", tmp_path)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """Return an ONNX export that a test may damage."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_a_file_of_the_export_that_is_damaged_is_told(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = "Copy the whole folder of the export again, or export anew."
    facts, model = copy / "generator.json", copy / "model.onnx"
    content = model.read_bytes()
    for wrong in (content[:-1], content[:500] + bytes([content[500] ^ 1]) + content[501:], b""):
        model.write_bytes(wrong)
        said = run_in_process(copy, monkeypatch)
        assert str(said).startswith(f"{model} is not what was exported. If it is damaged, copy ")
    model.unlink()
    model.mkdir()
    assert run_in_process(copy, monkeypatch) == f"{model} cannot be read: Is a directory."
    for text in ("{", "", "\udcff"):
        facts.write_bytes(text.encode(errors="surrogateescape"))
        assert run_in_process(copy, monkeypatch) == f"{facts} is damaged: it is no JSON. {again}"


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"inputs": None},
        {"inputs": [{"name": "z"}]},
        {"labels": 3},
        {"model": {"file": "model.onnx"}},
        {"output": {}},
        {"output": {"name": "y"}},
    ],
    ids=str,
)
def test_facts_that_are_not_what_they_should_be_are_told(
    wrong: Any, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = copy / "generator.json"
    whole = json.loads(facts.read_text(encoding="utf-8"))
    facts.write_text(json.dumps(whole | wrong if wrong else wrong), encoding="utf-8")
    said = str(run_in_process(copy, monkeypatch, "--out", copy / "made"))
    assert said.startswith(f"{facts} is damaged, or example.py was changed (line ")
    line = int(said.split("(line ")[1].partition(",")[0])
    assert line <= len((copy / "example.py").read_text(encoding="utf-8").splitlines())


def test_a_model_that_onnxruntime_does_not_know_is_told(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, facts = copy / "model.onnx", copy / "generator.json"
    text = facts.read_text(encoding="utf-8").replace(sha256_of(model), sha256(b"new").hexdigest())
    model.write_bytes(b"new")
    facts.write_text(text, encoding="utf-8")
    said = str(run_in_process(copy, monkeypatch))
    assert said.startswith(f"This onnxruntime cannot open {model}: ")
    assert said.endswith("pip install --upgrade onnxruntime")


def test_packages_that_are_not_installed_are_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("numpy", "onnxruntime"):
        with monkeypatch.context() as without:
            without.setitem(sys.modules, name, None)
            said = str(run_in_process(folder, without))
        assert name in said.partition(". ")[0]
        assert said.endswith(". This program needs packages: pip install numpy onnxruntime")


def test_files_that_cannot_be_written_are_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "000.csv"
    taken.mkdir()
    said = run_in_process(folder, monkeypatch, "--out", tmp_path)
    assert said == (f"{taken} cannot be written: Is a directory. Name another folder with --out.")


@pytest.fixture
def failing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Return a function that tells how an example ends where running the model fails."""

    def end(error: Exception) -> str:
        def run(*given: object) -> None:
            raise error

        monkeypatch.setattr("onnxruntime.InferenceSession.run", run)
        return str(run_in_process(folder, monkeypatch, "--out", tmp_path))

    return end


def test_a_model_that_was_changed_on_purpose_can_be_used(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = onnx.load(copy / "model.onnx")
    changed.producer_name = "a person who quantises"
    onnx.save(changed, copy / "model.onnx")
    options = ("--count", "1", "--out", copy / "made")
    assert str(run_in_process(copy, monkeypatch, *options)).endswith(
        "If it was changed on purpose, quantised for example, write --changed."
    )
    assert run_in_process(copy, monkeypatch, *options, "--changed") is None
    assert [path.name for path in (copy / "made").iterdir()] == ["000.csv"]


def test_weights_in_a_file_of_their_own_are_looked_at(
    mixture: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnigan.exporting.onnx.trace.MOST_IN_ONE_FILE", 0)
    domain = mixture.MixtureDomain(mixture.Config())
    write_onnx(Trained(domain, Wide(), 0, CPU), "mixture", tmp_path)
    weights, out = tmp_path / "model.onnx.data", tmp_path / "made"
    assert run_in_process(tmp_path, monkeypatch, "--out", out) is None
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    said = str(run_in_process(tmp_path, monkeypatch, "--out", out))
    assert said.startswith(f"{weights} is not what was exported. ")
    weights.unlink()
    said = str(run_in_process(tmp_path, monkeypatch, "--out", out))
    assert said == f"{weights} is missing: example.py needs the folder that it came in."


def test_memory_that_is_too_short_is_told(failing: Failing) -> None:
    less = "Close other programs, or ask for less at a time."
    assert failing(MemoryError()) == f"There is not enough memory. {less}"
    refused = "Failed to allocate memory for requested buffer of size 8"
    for error in (MemoryError(refused), RuntimeException(f"{refused}\nor so")):
        assert failing(error) == f"There is not enough memory ({refused}). {less}"


def test_a_model_that_onnxruntime_cannot_run_is_told(failing: Failing, folder: Path) -> None:
    assert failing(RuntimeException("no kernel for Gelu.")) == (
        f"This onnxruntime cannot run {folder / 'model.onnx'}: no kernel for Gelu. "
        "A newer one may: pip install --upgrade onnxruntime"
    )


@pytest.mark.parametrize(
    ("error", "why"),
    [(OSError("the tape is full"), "the tape is full"), (OSError(), "OSError")],
    ids=str,
)
def test_a_reason_is_given_where_the_system_has_none(
    failing: Failing, error: OSError, why: str
) -> None:
    told = f"A file cannot be written: {why}. Name another folder with --out."
    assert failing(error) == told


class Deaf(io.StringIO):
    """Text that is printed to somebody who stops reading: told at once, or only in the end."""

    def __init__(self, deaf: str) -> None:
        super().__init__()
        setattr(self, deaf, self.refuse)

    def refuse(self, *given: object) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("when", ["write", "flush"])
def test_nobody_who_reads_is_told(
    when: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Deaf(when))
    said = run_in_process(folder, monkeypatch, "--out", tmp_path)
    assert said == "Nobody reads what is printed any more, so nothing more is made."


@pytest.fixture
def given(made: Callable[..., Trained], tmp_path: Path) -> Path:
    """Return an ONNX export that works on a file with four numbers."""
    four = Standalone({"z": Draw("given", example=torch.ones(2, 4))})
    methods = {"standalone": lambda self: four, "latent": lambda self, n, rng: {}}
    trained = made(lambda z: z[:, :2], complete=lambda self, cond, rng: dict(cond), **methods)
    write_onnx(trained, "mixture", tmp_path)
    return tmp_path


def test_what_is_made_of_a_file_is_not_put_among_the_samples(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "mine.npy", np.float64([1, 2, 3, 4]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["example.py", "mine.npy"])
    runpy.run_path("example.py", run_name="__main__")
    assert (tmp_path / "made" / "mine-made.csv").read_text() == "1,2\n"
    (tmp_path / "text.npy").write_text("no array")
    (tmp_path / "empty.npy").touch()
    np.savez(tmp_path / "several.npz", np.zeros(2))
    for name, reason in (
        ("text.npy", "text.npy must be an array that numpy.save wrote."),
        ("empty.npy", "empty.npy must be an array that numpy.save wrote."),
        ("several.npz", "several.npz must be an array that numpy.save wrote."),
        ("none.npy", "none.npy cannot be read: No such file or directory"),
        ("made", "made cannot be read: Is a directory"),
    ):
        assert run_in_process(tmp_path, monkeypatch, name) == reason


def test_arrays_that_do_not_fit_are_told(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for array, found in (
        (np.zeros(3), "numbers of shape [4], not float64 of shape [3]."),
        (np.zeros((1, 4)), "numbers of shape [4], not float64 of shape [1, 4]."),
        (np.array(["a"] * 4), "numbers of shape [4], not <U1 of shape [4]."),
        (np.full(4, np.nan), "finite numbers, and has others."),
    ):
        np.save(tmp_path / "mine.npy", array)
        said = run_in_process(given, monkeypatch, tmp_path / "mine.npy", "--out", tmp_path / "made")
        assert said == f"{tmp_path / 'mine.npy'} must hold {found}"


class Wide(nn.Module):
    """A generator with more weights than are kept in the model's own file at such times."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 200), nn.ReLU(), nn.Linear(200, 2))

    def forward(self, z: Tensor, **others: Tensor) -> Tensor:
        made: Tensor = self.layers(z)
        return made


class Scaled(nn.Module):
    """A generator whose numbers are larger at a higher temperature."""

    def forward(self, z: Tensor, temperature: Tensor, **others: Tensor) -> Tensor:
        return z[:, :2] * temperature.view(-1, 1)


def test_a_setting_is_an_option_with_bounds(
    mixture: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    setting = Draw("setting", low=0.5, high=2.0, usual=1.0)
    methods = {"standalone": lambda self: Standalone({"temperature": setting})}
    domain = type("Set", (mixture.MixtureDomain,), methods)(mixture.Config())
    write_onnx(Trained(domain, Scaled(), 0, CPU), "mixture", tmp_path)
    monkeypatch.chdir(tmp_path)

    def made(*options: str) -> np.ndarray:
        monkeypatch.setattr(sys, "argv", ["example.py", "--count", "1", *options])
        runpy.run_path("example.py", run_name="__main__")
        return np.loadtxt("made/000.csv", delimiter=",")

    np.testing.assert_allclose(made("--temperature", "1.5"), 1.5 * made(), rtol=1e-6)
    capsys.readouterr()
    for value in ("0.4", "nan"):
        with pytest.raises(SystemExit):
            made("--temperature", value)
        assert "--temperature must be from 0.5 to 2.0" in capsys.readouterr().err


def test_a_setting_is_not_called_as_another_option(mixture: ModuleType, tmp_path: Path) -> None:
    setting = Draw("setting", low=0.5, high=2.0, usual=1.0)
    methods = {"standalone": lambda self: Standalone({"seed": setting})}
    domain = type("Set", (mixture.MixtureDomain,), methods)(mixture.Config())
    with pytest.raises(OmniganError, match=r"Set .* a setting 'seed', which is another option"):
        write_onnx(Trained(domain, Scaled(), 0, CPU), "mixture", tmp_path)


def test_the_example_imports_numpy_onnxruntime_and_nothing_else(folder: Path) -> None:
    tree = ast.parse((folder / "example.py").read_text(encoding="utf-8"))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    roots = {name.partition(".")[0] for name in names}
    assert roots - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}
