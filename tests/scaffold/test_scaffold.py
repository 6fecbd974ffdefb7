"""``omnigan new-domain``: names, files, and a package that installs, is tested and trains."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

from omnigan.cli import main
from omnigan.errors import UserError
from omnigan.scaffold import write_package

CHECKOUT = Path(__file__).parents[2]
TEMPLATE = CHECKOUT / "omnigan" / "scaffold" / "template"


def run(command: Sequence[str | Path], folder: Path) -> str:
    """Run a command as a user would who knows nothing of the checkout."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder, *_ = write_package("heart-beats", tmp_path / "mine")
    return folder


@pytest.mark.parametrize("name", ["Beats", "9lives", "a--b", "a-", "_a", "a b", "", "é", "a" * 41])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be the name of a domain: write at most 40 small"):
        write_package(name, tmp_path / "mine")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("mixture", "acme")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("class", "is a word of Python or YAML"),
        ("null", "is a word of Python or YAML"),
        ("music", "There is a domain 'music' \\(omnigan "),
        ("toy", "There is a domain 'toy' \\(acme 1.2, acme_toy:ToyDomain\\) already"),
        ("mixture-recipes", "There is a module 'omnigan_mixture_recipes' already"),
        ("mixture_recipes", "There is a module 'omnigan_mixture_recipes' already"),
    ],
)
def test_a_name_that_is_taken_is_refused(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=says):
        write_package(name, tmp_path / "mine")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(UserError, match="is not empty; name another folder with --out"):
        write_package("beats", tmp_path)
    with pytest.raises(UserError, match="cannot be written"):
        write_package("beats", tmp_path / "thesis.txt" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("name", ["heart-beats", "heart_beats"])
def test_every_file_is_about_the_new_domain(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-domain", name]) == 0
    *listed, hint = capsys.readouterr().out.splitlines()
    files = {path: path.read_text() for path in Path("omnigan-heart-beats").rglob("*.*")}
    files.pop(Path("omnigan-heart-beats/tests"), None)
    assert sorted(listed) == sorted(map(str, files))
    assert {path.name for path in files} == {
        *(".gitignore", "README.md", "pyproject.toml", "heart-beats.yaml"),
        *("omnigan_heart_beats.py", "test_heart_beats.py"),
    }
    assert not [path for path, text in files.items() if "placeholder" in text.lower()]
    assert hint.startswith("Next: cd omnigan-heart-beats && pip install -e")
    assert hint.endswith("&& omnigan train heart-beats.yaml")


def test_it_is_short(package: Path) -> None:
    code = (package / "omnigan_heart_beats.py").read_text().splitlines()
    assert len([line for line in code if line]) < 120


def test_its_style_is_clean(package: Path) -> None:
    # its types, too: mypy checks the template with everything else in the package
    tools = Path(sysconfig.get_path("scripts"))
    for words in (["check", "--no-cache"], ["format", "--no-cache", "--check"]):
        run([tools / "ruff", *words, package], package)


@pytest.mark.slow
def test_it_installs_passes_its_tests_and_trains(package: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    run([sys.executable, "-m", "venv", "--without-pip", home], tmp_path)
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(home)}))
    library = Path(sysconfig.get_path("purelib", "venv", {"base": str(home)}))
    borrowed = [sysconfig.get_path("purelib"), CHECKOUT, CHECKOUT / "domains"]
    (library / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet"]
    run([*pip, "--no-deps", "--no-build-isolation", "-e", package], tmp_path)

    python = [scripts / "python", "-m"]
    assert "2 passed" in run([*python, "pytest", "-q", "-p", "no:cacheprovider"], package)
    words = ["train.steps=4", "log.samples=2", "--out", "run", "--device", "cpu"]
    run([*python, "omnigan", "train", "heart-beats.yaml", *words], package)
    samples = package / "run" / "samples" / "step-00000004"
    assert (samples / "001.png").read_bytes().startswith(b"\x89PNG")
    rows = [line.split(",") for line in (samples / "rows.csv").read_text().splitlines()]
    assert [len(row) for row in rows] == [32, 32]
