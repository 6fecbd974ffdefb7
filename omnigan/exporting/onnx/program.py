"""``example.py``: put together of parts for every generator, and some for what this one makes."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from omnigan.domain import Standalone
from omnigan.errors import OmniganError

__all__ = ["example_for", "put_together"]

WITHOUT_FILE = "omnigan.exporting.onnx.example"
WITH_FILE = "omnigan.exporting.onnx.example_with_file"
FOR_ALL = ("omnigan.exporting.onnx.drawing", "omnigan.exporting.onnx.running")


@dataclass(frozen=True)
class _Part:
    """A module's source, taken apart: what it says it is, its imports, and the rest."""

    doc: str
    imports: frozenset[str]
    body: str


def example_for(standalone: Standalone) -> str:
    """Return the source of the program that uses a generator.

    Raises:
        OmniganError: A module that the domain names has no source.
    """
    readers = {draw.reader for draw in standalone.draws.values() if draw.kind == "given"}
    main = WITH_FILE if readers else WITHOUT_FILE
    return put_together([standalone.writer, *sorted(readers), *FOR_ALL, main])


def put_together(modules: Sequence[str]) -> str:
    """Return the source of one program, with the docstring of the last of some modules.

    Args:
        modules: What they import of this package is among them.

    Raises:
        OmniganError: There is no such module, or it has no source.
    """
    parts = [_part(name) for name in modules]
    imports = frozenset().union(*(each.imports for each in parts))
    bodies = "\n\n\n".join(each.body for each in parts)
    gap = "\n\n\n" if bodies.startswith(("def ", "class ", "@")) else "\n\n"
    return f"{parts[-1].doc}\n\n{_sorted(imports)}{gap}{bodies}\n"


def _part(module: str) -> _Part:
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # of the package that it should be in
        spec = None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise OmniganError(f"standalone() names the module '{module}', which has no source.")
    source = Path(spec.origin).read_text(encoding="utf-8")
    lines = source.splitlines()
    tree = ast.parse(source)
    doc, *rest = tree.body
    taken, imports = {*_lines(doc)}, set()
    for node in rest:
        if isinstance(node, ast.Import | ast.ImportFrom):
            taken |= {*_lines(node)}
            imports |= {ast.unparse(node)} if not _ours(node) else set()
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            taken |= {*_lines(node)}
    body = "\n".join(line for number, line in enumerate(lines, 1) if number not in taken)
    said = "\n".join(lines[number - 1] for number in _lines(doc))
    return _Part(said, frozenset(imports), body.strip())


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _ours(node: ast.Import | ast.ImportFrom) -> bool:
    """Tell whether an import stands for a part that is put in its place."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("omnigan.")


def _sorted(imports: Iterable[str]) -> str:
    """Return import lines in the usual order: the future, the standard library, the others."""
    names: dict[str, set[str]] = {}
    for line in imports:
        module, _, what = line.partition(" import ")
        names.setdefault(module, set()).update(filter(None, what.split(", ")))
    lines = [
        f"{module} import {', '.join(sorted(what))}" if what else module
        for module, what in sorted(names.items())
    ]

    def group(line: str) -> int:
        package = line.split()[1].partition(".")[0]
        return 0 if package == "__future__" else 1 if package in sys.stdlib_module_names else 2

    groups = [[line for line in lines if group(line) == number] for number in range(3)]
    # "from" lines come behind the others, as their first letters do not say.
    ordered = [sorted(lines, key=lambda line: line.startswith("from")) for lines in groups]
    ordered[2] = _told(ordered[2])
    return "\n\n".join("\n".join(lines) for lines in ordered if lines)


def _told(imports: Sequence[str]) -> list[str]:
    """Return import lines of other packages, with a sentence where one is not installed."""
    said = 'f"{error}. This program needs packages: pip install numpy onnxruntime"'
    refuse = f"    raise SystemExit({said}) from None"
    return ["try:", *(f"    {line}" for line in imports), "except ImportError as error:", refuse]
