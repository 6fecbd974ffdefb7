"""Plug-ins that are broken, out of date or in each other's way: each has a sentence of its own, and
none of them is in the way of anything else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnigan.cli import main
from omnigan.errors import UserError
from omnigan.plugins import available, load_domain

# What the module of each bad domain holds, and what its user is told.
BAD = {
    "raises": ("1 / 0", "cannot be loaded: ZeroDivisionError: division by zero (", "line 1)"),
    "exits": ("raise SystemExit(3)", "importing it ends the process: 3", ""),
    "escapes": ("class Odd(BaseException): pass\nraise Odd('out')", "Odd: out (", "line 2)"),
    "lacks": ("import no_such_module", "No module named 'no_such_module'", "install the package"),
    "syntax": ("def f(:\n  pass", "bad_syntax.py, line 1: invalid syntax", ""),
    "recurses": ("def f(): f()\nf()", "RecursionError: maximum recursion depth", ""),
    "nameless": ("x = 1", "the module bad_nameless has no 'D'", ""),
    "function": ("def D(): pass", "is not a class derived from omnigan.Domain", ""),
    "instance": ("D = 5", "is not a class derived from omnigan.Domain", ""),
    "worded": ("{base}    API = '1'", "has the API '1'; it must be the version", ""),
    "newer": ("{base}    API = 2", "for version 2", "pip install --upgrade omnigan"),
    "older": ("{base}    API = 0", "for version 0", "pip install --upgrade bad-bundle"),
    "abstract": (
        "from omnigan import Domain\nclass D(Domain): pass",
        "does not define",
        "'generator'",
    ),
    "configless": ("{base}    Config = dict", "Config that is not an omnigan.DomainConfig", ""),
    "listed": ("{base}    DEFAULTS = ['train']", "DEFAULTS that are not values", ""),
    "flat": ("{base}    DEFAULTS = {{'train': 3}}", "DEFAULTS that are not values", ""),
}
BASE = "from acme_toy import ToyDomain\nclass D(ToyDomain):\n"


def distribution(folder: Path, name: str, entries: str, metadata: str | None = None) -> None:
    """Write the metadata of an installed distribution."""
    info = folder / f"{name.replace('-', '_')}-7.dist-info"
    info.mkdir(parents=True)
    if metadata is None:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 7\n"
    if metadata:
        (info / "METADATA").write_text(metadata)
    (info / "entry_points.txt").write_text(entries)


@pytest.fixture
def bad(acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install every kind of bad plug-in beside the good domain ``toy`` of acme."""
    folder = tmp_path / "installed"
    lines = [f"{name} = bad_{name}:D" for name in BAD]
    lines += ["gone = bad_gone:D", "spaced = not a place", "moduled = bad_nameless"]
    distribution(folder, "bad-bundle", "\n".join(["[omnigan.domains]", *lines, ""]))
    for name, (code, *_) in BAD.items():
        (folder / f"bad_{name}.py").write_text(code.format(base=BASE) if "{" in code else code)
    (folder / "bad_talks.py").write_text(f"print('hello there')\n{BASE}    pass\n")
    clash = "[omnigan.domains]\nmusic = acme_toy:ToyDomain\ntwin = acme_toy:ToyDomain\n"
    distribution(folder, "usurper", f"{clash}talks = bad_talks:D\n")
    distribution(folder, "other-twin", "[omnigan.domains]\ntwin = acme_toy:ToyDomain\n")
    distribution(folder, "unmarked", "[omnigan.domains]\nstray = acme_toy:ToyDomain\n", "")
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [name for name in sys.modules if name.startswith("bad_")]:
        del sys.modules[name]


@pytest.mark.usefixtures("bad")
@pytest.mark.parametrize("name", BAD)
def test_each_fault_has_its_own_sentence(name: str) -> None:
    with pytest.raises(UserError) as caught:
        load_domain(name)
    said = str(caught.value)
    assert said.startswith(f"The domain '{name}' (bad-bundle 7, bad_{name}:D) ")
    assert "\n" not in said
    assert all(part in said for part in BAD[name][1:])


@pytest.mark.usefixtures("bad")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gone", "parts of the package are missing. Install it again"),
        ("spaced", "must name a module and a class, as in 'my_package:MyDomain'"),
        ("moduled", "must name a module and a class, as in 'my_package:MyDomain'"),
        ("twin", "Write 'other-twin:twin' or 'usurper:twin' to choose"),
    ],
)
def test_so_has_each_bad_entry_point(name: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        load_domain(name)


@pytest.mark.usefixtures("bad")
def test_a_person_can_still_interrupt_an_import(bad: Path) -> None:
    (bad / "bad_raises.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_domain("raises")


@pytest.mark.usefixtures("bad")
def test_nobody_can_take_a_name_of_ours() -> None:
    assert load_domain("music").__name__ == "MusicDomain"
    assert load_domain("usurper:music").__name__ == "ToyDomain"
    assert load_domain("omnigan:music").__name__ == "MusicDomain"


@pytest.mark.usefixtures("bad")
def test_a_name_twice_in_one_package_cannot_be_chosen(bad: Path) -> None:
    entries = "[omnigan.domains]\npair = acme_toy:ToyDomain\npair = acme_toy:PastDomain\n"
    distribution(bad, "double", entries)
    with pytest.raises(UserError, match="twice by one package: uninstall it"):
        load_domain("pair")


@pytest.mark.usefixtures("bad")
def test_damaged_metadata_hides_nothing_else(bad: Path) -> None:
    distribution(bad, "garbled", "[omnigan.domains]\nthis line has no sign of equality\n")
    names = {entry.name for entry in available()}
    assert {"music", "toy", "stray", *BAD} <= names
    assert load_domain("stray").__name__ == "ToyDomain"


@pytest.mark.usefixtures("bad")
def test_every_command_works_beside_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(*words: str, status: int = 0) -> str:
        assert main(words) == status, capsys.readouterr().err
        return capsys.readouterr().out

    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("domain: toy\ntrain: {steps: 2}\nlog: {samples: 1}\n")
    assert "usurper 7  acme_toy:ToyDomain  (write usurper:music)" in run("domains")
    assert "omnigan_music:MusicDomain  (write" not in run("domains")
    rows = json.loads(run("domains", "--check", "--json", status=1))  # a plug-in prints: not here
    states = {f"{row['distribution']}:{row['name']}": row["state"] for row in rows}
    fine = {name for name, state in states.items() if state == "ok"}
    assert {"omnigan:music", "omnigan:text", "acme:toy", "usurper:talks", "usurper:music"} <= fine
    assert not fine & {f"bad-bundle:{name}" for name in BAD}
    for words in (
        *(["doctor"], ["recipes"], ["recipes", "copy", "music"], ["check", "mine.yaml"]),
        ["train", "mine.yaml", "--out", "run", "--device", "cpu"],
        *(["sample", "run"], ["export", "run", "export"], ["sample", "export"]),
        ["interpolate", "run", "--frames", "1"],
    ):
        run(*words)


@pytest.mark.usefixtures("bad")
def test_a_recipe_for_a_bad_domain_is_a_mistake_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in BAD:
        recipe = tmp_path / f"{name}.yaml"
        recipe.write_text(f"domain: {name}\n")
        assert main(["check", str(recipe)]) == 2
        errors = capsys.readouterr().err.splitlines()
        assert len(errors) == 1
        assert errors[0].startswith("error: ")
        assert f"The domain '{name}'" in errors[0]
