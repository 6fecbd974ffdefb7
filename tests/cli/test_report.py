"""``omnigan report``, from the words to the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from omnigan.engine.runfolder import RunFolder

Run = Callable[..., tuple[int, str, str]]


def test_a_report_is_built_again(omnigan: Run, trained: str) -> None:
    page = Path("run/report.html")
    assert "recipe: mine" in page.read_text()
    page.unlink()
    status, output, errors = omnigan("report", trained)
    assert (status, errors) == (0, "")
    assert output.startswith("The report is run/report.html;")
    assert "step 6 of 6" in page.read_text()


def test_a_report_goes_where_it_is_told(omnigan: Run, trained: str) -> None:
    Path("out").mkdir()
    status, output, _ = omnigan("report", trained, "--out", "out/mine.html", "--json")
    assert status == 0
    size = Path("out/mine.html").stat().st_size
    assert json.loads(output) == {"report": "out/mine.html", "bytes": size}


def test_a_report_is_built_without_torch(trained: str) -> None:
    code = (
        f"import sys; from omnigan.cli import main; status = main(['report', {trained!r}])\n"
        "print(sorted({'torch', 'acme_toy', 'safetensors'} & set(sys.modules)), file=sys.stderr)\n"
        "sys.exit(status)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert "step 6 of 6" in Path(trained, "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["walk"], "There is no run folder 'walk'.\n"),
        (["rum"], "There is no run folder 'rum'. Did you mean 'run'?\n"),
        (["mine.yaml"], "There is no run folder 'mine.yaml': it is a file."),
        (["run/checkpoints"], "run/checkpoints is not a run folder"),
        (["run", "--out", "run"], "--out: run is a folder"),
        (["run", "--out", "no/where.html"], "cannot be written to no/where.html: No such file"),
    ],
)
def test_a_mistake_is_told(omnigan: Run, trained: str, words: list[str], says: str) -> None:
    status, output, errors = omnigan("report", *words)
    assert (status, output) == (2, "")
    assert errors.startswith("error: ")
    assert says in errors


def test_a_run_that_still_reads_its_data_is_told_so(omnigan: Run) -> None:
    folder = RunFolder(Path("begun"))
    folder.create()
    with folder.locked():
        status, _, errors = omnigan("report", "begun")
    assert (status, errors[:45]) == (2, "error: Training in begun has only begun, and ")
    assert "begun is not a run folder" in omnigan("report", "begun")[2]
