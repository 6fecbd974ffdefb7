"""The domain that docs/writing-a-domain.md builds, put together from the blocks of that page."""

from __future__ import annotations

import csv
import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from omnigan.cli import main
from omnigan.errors import UserError
from omnigan.scaffold import write_package
from omnigan.testing import CHECKS, Check, check_domain, domain_of
from omnigan.testing.standalone import STANDALONE_CHECKS

CHECKOUT = Path(__file__).parents[2]
MODULE = "omnigan_table"


@pytest.fixture
def table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks_of: Callable[[Path], list[Any]]
) -> Iterator[Path]:
    """Begin with ``omnigan new-domain table``, put the page's files in, and install the package."""
    folder, *_ = write_package("table", tmp_path / "omnigan-table")
    blocks = blocks_of(CHECKOUT / "docs" / "writing-a-domain.md")
    for name in {block.title for block in blocks if block.title}:
        assert (folder / name).is_file(), f"new-domain writes no {name}"
        text = "\n\n".join(block.text for block in blocks if block.title == name)
        (folder / name).write_text(text, encoding="utf-8")
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [shown] = [tomllib.loads(block.text)["project"] for block in blocks if block.language == "toml"]
    assert shown["entry-points"] == project["entry-points"]
    info = folder / f"{MODULE}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: omnigan-table\nVersion: 0.1.0\n")
    [(name, place)] = project["entry-points"]["omnigan.domains"].items()
    (info / "entry_points.txt").write_text(f"[omnigan.domains]\n{name} = {place}\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.chdir(folder)
    yield folder
    sys.modules.pop(MODULE, None)


def test_it_is_short(table: Path) -> None:
    text = (table / f"{MODULE}.py").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) <= 120  # data, docstrings and imports, too


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_keeps_the_rules(table: Path, check: Check) -> None:
    check_domain(domain_of("table.yaml"), checks=[check])


@pytest.mark.slow
def test_it_trains_samples_and_is_evaluated(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnigan.evaluation.two_sample._PATIENCE", 1)
    words = ["train.steps=150", "train.batch_size=64", "--out", "run", "--device", "cpu"]
    assert main(["train", "table.yaml", *words]) == 0
    assert main(["sample", "run", "--count", "300", "--out", "rows"]) == 0
    with Path("rows/rows.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert sorted(head) == ["district", "garden", "rent", "rooms", "size"]
    assert len(rows) == 300
    assert Path("rows/plot.png").read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert main(["evaluate", "run", "--samples", "300", "--features", "domain", "--json"]) == 0
    scores = {row["metric"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    # rows whose columns are shuffled get 0.12 for their associations
    for name, enough in (("marginals", 0.1), ("associations", 0.12)):
        assert 0 < scores[name]["floor"] < scores[name]["value"] < enough
        assert scores[name]["floor"] < 0.05


@pytest.mark.usefixtures("table")
def test_a_table_of_the_users_own_comes_back(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    rows = [[i, i**2 / 7, "yes" if i % 3 else "no, never"] for i in range(1, 41)]
    with own.open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c"], *rows])
    domain = domain_of("table.yaml", [f"data.source={own}"])
    assert domain.space.shape == (4,)
    check_domain(domain)
    source: Any = domain.source("valid")
    domain.render(source.x, tmp_path)
    with (tmp_path / "rows.csv").open(newline="") as file:
        head, *written = csv.reader(file)
    assert head == ["a", "b", "c"]
    held_out = rows[::5]
    assert [row[2] for row in written] == [row[2] for row in held_out]
    assert [float(row[0]) for row in written] == pytest.approx(
        [row[0] for row in held_out], rel=0.01
    )


def test_exports_for_other_programs_have_the_rows_that_samples_have(
    table: Path, blocks_of: Callable[[Path], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = blocks_of(CHECKOUT / "docs" / "writing-a-domain.md")
    method, writer = (b.text for b in blocks if b.language == "python" and not b.title)
    (table / "omnigan_table_rows.py").write_text(writer, encoding="utf-8")
    defined: dict[str, Any] = {}
    exec(method, defined)
    domain = domain_of("table.yaml")
    monkeypatch.setattr(type(domain), "standalone", defined["standalone"])
    check_domain(domain, checks=STANDALONE_CHECKS)

    x = domain.source("valid").x[:3]  # type: ignore[attr-defined]
    domain.render(x, table)
    head, *wanted = (table / "rows.csv").read_text(encoding="utf-8").splitlines()
    write = import_module("omnigan_table_rows").write
    monkeypatch.delitem(sys.modules, "omnigan_table_rows")
    for number, row in enumerate(wanted):
        path = write(x[number].numpy(), domain.standalone().show, table / f"{number:03d}")
        assert path.read_text(encoding="utf-8").splitlines() == [head, row]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("text", [None, b"", b"a,b\n1,2\n1\n", b"a\nna\xefve\n"])
def test_a_bad_table_is_a_mistake(text: bytes | None, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    if text is not None:
        own.write_bytes(text)
    with pytest.raises(UserError, match=r"data\.source: cannot use the table .*own\.csv"):
        domain_of("table.yaml", [f"data.source={own}"])


@pytest.mark.usefixtures("table")
def test_a_table_with_many_words_is_a_mistake(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("name\n" + "".join(f"person {i}\n" for i in range(30)))
    with pytest.raises(UserError, match="could not convert string to float: 'person 0'"):
        domain_of("table.yaml", [f"data.source={own}"])
