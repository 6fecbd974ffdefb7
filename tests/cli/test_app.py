"""How the command line answers: quickly, with a status, and in words."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from omnigan import __version__
from omnigan.cli import main, training
from omnigan.cli.app import app
from omnigan.errors import OmniganError, UserError, UserErrors

ROOT = Path(__file__).parents[2]
Run = Callable[..., tuple[int, str, str]]


def _python(*words: str, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(path)])}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=environment, check=False
    )


@pytest.mark.parametrize("words", [["--help"], ["domains"], ["recipes"], ["train", "--help"]])
def test_listing_and_help_import_nothing_heavy(acme: Path, words: list[str]) -> None:
    code = (
        f"import sys; from omnigan.cli import main; status = main({words})\n"
        "heavy = {'torch', 'rich', 'yaml', 'numpy', 'acme_toy'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr); sys.exit(status)"
    )
    done = _python("-c", code, path=acme)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert done.stdout


def test_the_module_is_the_command(acme: Path) -> None:
    done = _python("-m", "omnigan", "domains", path=acme)
    assert done.returncode == 0
    assert re.search(r"^toy +acme 1\.2 +acme_toy:ToyDomain$", done.stdout, re.MULTILINE)


def test_without_a_command_there_is_help(omnigan: Run) -> None:
    status, output, errors = omnigan()
    assert (status, errors) == (0, "")
    assert output == CliRunner().invoke(app, ["--help"], prog_name="omnigan").output
    for command in ("train", "sample", "evaluate", "check", "domains", "recipes", "doctor"):
        assert re.search(rf"^  {command} +[A-Z].*\.$", output, re.MULTILINE)


def test_the_version(omnigan: Run) -> None:
    assert omnigan("--version") == (0, f"omnigan {__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["tran", "x"], "No such command 'tran'. Did you mean 'train'?"),
        (["train"], "Missing argument 'RECIPE'"),
        (["train", "x", "--colour", "red"], "No such option: --colour. Settings are KEY=VALUE, "),
        (["check", "x", "--steps", "5"], "No such option: --steps. Settings are KEY=VALUE, such"),
        (["train", "x", "--divice", "cpu"], "No such option: --divice (Possible options: --device"),
        (["sample", "x", "--colour", "red"], "No such option: --colour"),
        (["sample", "x", "--count", "0"], "--count must be at least 1, not 0."),
        (["sample", "x", "--count", "many"], "--count must be an integer, not many."),
        (["sample", "x", "--seed", "-1"], "--seed must be at least 0, not -1."),
        (["sample", "x", "--seed", str(2**63)], f"--seed must be at most {2**63 - 1}, not "),
        (["sample", "x", "--temperature", "hot"], "--temperature must be a number, not hot."),
        (["evaluate", "x", "--samples", "1"], "--samples must be at least 2, not 1."),
    ],
)
def test_a_wrong_command_line_is_an_error_of_two_lines(
    omnigan: Run, words: list[str], says: str
) -> None:
    status, output, errors = omnigan(*words)
    assert (status, output) == (2, "")
    first, second = errors.splitlines()
    assert first.startswith(f"error: {says}")
    assert second == f"  See 'omnigan{f' {words[0]}' if words[0] != 'tran' else ''} --help'."


def test_every_mistake_of_a_recipe_is_a_line_on_the_standard_error(omnigan: Run) -> None:
    Path("mine.yaml").write_text("domain: toy\ntrain:\n  loss: hing\n  batch_size: x\n")
    status, output, errors = omnigan("train", "mine.yaml", "sead=1")
    assert (status, output) == (2, "")
    assert [line.partition(": '")[0] for line in errors.splitlines()] == [
        "error: mine.yaml:3",
        "error: mine.yaml:4",
        "error: setting 'sead=1': unknown key 'sead'. Did you mean 'seed'?",
    ]


class _Stopped(OmniganError):
    exit_status = 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (UserError("Wrong.\n  See there."), 2, "error: Wrong.\n  See there.\n"),
        (UserErrors(["One.", "Two."]), 2, "error: One.\nerror: Two.\n"),
        (OmniganError("The disk is full."), 1, "error: The disk is full.\n"),
        (_Stopped("Resume with omnigan."), 143, "Resume with omnigan.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_failures_have_statuses_and_no_traceback(
    omnigan: Run,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    says: str,
) -> None:
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr("omnigan.recipe.shipped.shipped", fail)
    assert omnigan("recipes") == (status, "", says)


def test_ctrl_c_before_a_command_begins_is_silent(
    omnigan: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("omnigan.cli.app.app", interrupted)
    assert omnigan("recipes") == (130, "", "")


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("omnigan.recipe.shipped.shipped", fail)
    with pytest.raises(ZeroDivisionError):
        main(["recipes"])


def test_only_the_first_of_many_processes_talks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    assert not training.first_rank()
    monkeypatch.delenv("RANK")
    assert training.first_rank()


@pytest.mark.usefixtures("omnigan")
def test_a_terminal_that_lacks_a_sign_gets_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    words = ["omnigan", "new-domain", "naps", "--out", "naïve 眠"]
    monkeypatch.setattr(sys, "argv", words)
    assert main() == 0
    terminal.flush()
    assert b"Next: cd 'na\\xefve \\u7720' && pip" in terminal.buffer.getvalue()  # type: ignore


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_training_with_the_words_that_resume_it(
    acme: Path, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "mine.yaml").write_text("domain: toy\ntrain: {steps: 1000000}\nlog: {every: 1}\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(acme)])}
    words = [sys.executable, "-m", "omnigan", "train", "mine.yaml"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=tmp_path, env=environment, text=True, **pipes) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("step "):
            assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
    assert "--resume" in errors.splitlines()[-1]
