"""The site: all pages are in its navigation, it builds, and the reference names what is public."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from omnigan.domain import Domain

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"
REFERENCE = (DOCS / "reference.md").read_text(encoding="utf-8")
PUBLIC = re.findall(r"^::: (\S+)$", REFERENCE, re.MULTILINE)
EXAMPLES = [
    *(CHECKOUT / "omnigan" / "scaffold" / "template").rglob("*.py"),
    *(CHECKOUT / "tests" / "thirdparty").glob("*.py"),
    *(CHECKOUT / "tests" / "acme").glob("*.py"),
    DOCS / "writing-a-domain.md",
]


def named(entry: Any) -> Iterator[str]:
    """Yield the pages that a part of the navigation names."""
    if isinstance(entry, str):
        yield entry
    for inner in entry.values() if isinstance(entry, dict) else entry:
        if not isinstance(entry, str):
            yield from named(inner)


def test_every_page_is_in_the_navigation_once() -> None:
    settings = yaml.safe_load((CHECKOUT / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    assert sorted(named(settings["nav"])) == sorted(pages), "mkdocs.yml, nav"


@pytest.mark.slow
def test_it_builds_without_a_warning_and_asks_no_other_server(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason='needs pip install "omnigan[docs]"')
    pytest.importorskip("mkdocstrings_handlers.python", reason='needs pip install "omnigan[docs]"')
    # with --quiet, --strict would see no warnings either
    words = ["-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(list(DOCS.rglob("*.md")))
    loaded = re.compile(r'<(?:script|img|iframe)[^>]*src="(?:https?:)?//|<link[^>]*href="https?:')
    for page in pages:
        assert not loaded.search(page.read_text(encoding="utf-8")), page
    reference = (tmp_path / "site" / "reference" / "index.html").read_text(encoding="utf-8")
    for name in ("omnigan.train", "omnigan.domain.Domain.render", "omnigan.testing.check_domain"):
        assert f'id="{name}"' in reference
    assert ":meth:" not in reference


def own_docstring(value: object) -> str:
    """Return what a class or function says of itself, not what its bases or a dataclass add."""
    text = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    made = inspect.isclass(value) and (text or "").startswith(f"{value.__name__}(")
    return "" if made else text or ""


def test_what_a_class_does_not_say_itself_is_no_docstring() -> None:
    bare = dataclass(type("Bare", (), {}))
    assert inspect.getdoc(bare) == "Bare()"
    assert not own_docstring(bare)
    assert not own_docstring(type("Heir", (Domain,), {}))
    assert own_docstring(Domain)
    assert own_docstring(own_docstring)


@pytest.mark.parametrize("module", PUBLIC)
def test_what_is_public_is_named_and_described(module: str) -> None:
    found = import_module(module)
    assert found.__doc__
    for name in found.__all__:
        value = getattr(found, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert own_docstring(value), f"{module}.{name} has no docstring of its own"
            for inner, member in public_members(value):
                assert own_docstring(member), f"{module}.{name}.{inner} has no docstring"


def public_members(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the methods and properties that a class has of its own."""
    for name, member in vars(value).items() if inspect.isclass(value) else ():
        inner = member.fget if isinstance(member, property) else member
        inner = getattr(inner, "__func__", inner)
        if inspect.isfunction(inner) and not name.startswith("_"):
            yield name, inner


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_other_peoples_domains_use_public_modules_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = "\n".join(re.findall(r"^```python.*?\n(.*?)^```$", text, re.M | re.S))
    own = {other.stem for other in EXAMPLES}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names if alias.name.startswith("omnigan")} <= {
                *PUBLIC
            }
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("omnigan"):
            assert node.module in {*PUBLIC, *own}
            if node.module in PUBLIC:
                assert {alias.name for alias in node.names} <= {*import_module(node.module).__all__}
