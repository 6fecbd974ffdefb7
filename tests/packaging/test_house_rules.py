"""Rules about the source that no linter checks."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PACKAGES = (
    "omnigan",
    *(f"domains/{path.name}" for path in (CHECKOUT / "domains").glob("omnigan_*")),
)
SHIPPED = sorted(path for name in PACKAGES for path in (CHECKOUT / name).rglob("*.py"))
ALL = sorted({*SHIPPED, *CHECKOUT.glob("tests/**/*.py"), *CHECKOUT.glob("benchmarks/**/*.py")})

LONGEST, LONGEST_TEST, LONG = 300, 400, 60
CONTRACT = CHECKOUT / "omnigan" / "domain.py"

# modules that run code from a file which they read, or that only wrap one which does
UNSAFE_MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
UNSAFE_CALLS = {
    *("torch.load", "torch.save", "torch.jit.load", "torch.export.load"),
    *("yaml.full_load", "yaml.load", "yaml.unsafe_load", "eval", "exec"),
}


@dataclass(frozen=True)
class Facts:
    """What rules look at in a file, which is parsed once.

    Attributes:
        imports: The full name of every imported module, wherever in the file.
        unsafe: What loads code or arbitrary objects, with its line.
        functions: The lines of each function.
    """

    imports: list[str]
    unsafe: list[str]
    functions: dict[str, int]


@cache
def facts(path: Path) -> Facts:
    found = Facts([], [], {})
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.imports.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.imports.append(node.module)
        elif isinstance(node, ast.Call):
            found.unsafe.extend(f"{node.lineno}: {what}" for what in unsafe_in(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            found.functions[f"{node.name}:{node.lineno}"] = node.end_lineno - node.lineno + 1
    found.unsafe.extend(name for name in found.imports if name.split(".")[0] in UNSAFE_MODULES)
    return found


def unsafe_in(node: ast.Call) -> Iterator[str]:
    call = ast.unparse(node.func)
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    tensors_alone = call == "torch.load" and options.get("weights_only") == "True"
    if call in UNSAFE_CALLS and not tensors_alone:
        yield call
    if options.get("allow_pickle", "False") != "False":
        yield "allow_pickle"


def test_the_rules_see_the_source() -> None:
    assert CHECKOUT / "omnigan" / "domain.py" in SHIPPED
    assert Path(__file__) in ALL


def test_nothing_in_the_packages_loads_code_from_data() -> None:
    found = {str(path.relative_to(CHECKOUT)): facts(path).unsafe for path in SHIPPED}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import torch\ntorch.load('x')",
        "import torch\ntorch.load('x', weights_only=False)",
        "import yaml\nyaml.load(text)",
        "import numpy as np\nnp.load(path, allow_pickle=True)",
    ],
)
def test_the_search_for_unsafe_loading_finds_it(source: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(source)
    assert facts(path).unsafe


def test_imports_name_installed_packages_and_never_folders_of_the_checkout() -> None:
    # in an editable install these imports work, and would make second copies of the same classes
    folders = {"benchmarks", "docs", "domains", "recipes", "tests"}
    assert [
        (path.name, name)
        for path in ALL
        for name in facts(path).imports
        if name.split(".")[0] in folders
    ] == []


def test_the_engine_imports_no_domain() -> None:
    engine = (CHECKOUT / "omnigan").rglob("*.py")
    assert [
        (path.name, name)
        for path in engine
        for name in facts(path).imports
        if name.startswith("omnigan_")
    ] == []


def test_no_domain_imports_another() -> None:
    for package in (CHECKOUT / "domains").glob("omnigan_*"):
        others = {
            name.split(".")[0]
            for path in package.rglob("*.py")
            for name in facts(path).imports
            if name.startswith("omnigan_")
        }
        assert others <= {package.name}


def test_every_third_party_import_is_a_declared_dependency() -> None:
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + [
        requirement for extra in extras if extra != "dev" for requirement in extras[extra]
    ]
    declared = {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in wanted}
    declared.add("pydantic_core")  # pydantic pins it exactly and documents imports from it
    owners = packages_distributions()
    ours = {"omnigan", *(path.name for path in (CHECKOUT / "domains").glob("omnigan_*"))}
    for path in SHIPPED:
        for module in {name.split(".")[0] for name in facts(path).imports}:
            if module in ours or module in sys.stdlib_module_names:
                continue
            # a package of an extra that is not installed here has no owner but its own name
            names = {name.lower() for name in owners.get(module, [module])}
            assert names & declared, f"{path.relative_to(CHECKOUT)} imports {module}"


def test_files_and_functions_are_as_short_as_contributing_says() -> None:
    said = " ".join((CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    assert f"at most {LONGEST} lines, those of tests {LONGEST_TEST}, and functions {LONG}," in said
    for path in ALL:
        lines = path.read_bytes().count(b"\n")
        most = LONGEST_TEST if path.is_relative_to(CHECKOUT / "tests") else LONGEST
        assert lines <= most or path == CONTRACT, path.relative_to(CHECKOUT)
        long = {name: count for name, count in facts(path).functions.items() if count > LONG}
        assert not long, path.relative_to(CHECKOUT)


def test_no_file_names_a_folder_of_one_machine() -> None:
    folder = re.compile(r"(?<![\w.~}\"'`)])/(home|mnt|root|srv|Users|work)/\w")
    texts = [CHECKOUT / "README.md", *(CHECKOUT / "recipes").rglob("*.yaml")]
    texts += [*(CHECKOUT / "docs").rglob("*.md"), *SHIPPED, *CHECKOUT.glob(".ci/*")]
    for path in texts:
        hit = folder.search(path.read_text(encoding="utf-8"))
        assert hit is None, f"{path.relative_to(CHECKOUT)}: {hit.group() if hit else ''}"
