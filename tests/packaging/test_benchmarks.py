"""Scripts that print the documentation's figures read the command line before they print."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = [
    path
    for path in sorted(BENCHMARKS.glob("*.py"))
    if "parse_args()" in path.read_text(encoding="utf-8")
]


def calls(function: ast.FunctionDef) -> dict[str, int]:
    """Return the names that a function calls, each with the line where it first does."""
    found: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            found[name] = min(node.lineno, found.get(name, node.lineno))
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_is_all_that_help_prints(script: Path) -> None:
    functions = [
        calls(node)
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    [main] = [found for found in functions if "parse_args" in found]
    assert main["parse_args"] < main.get("print", sys.maxsize)


def test_a_script_says_how_it_is_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["exports.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(BENCHMARKS / "exports.py"), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: exports.py [-h] [RUN ...]")
