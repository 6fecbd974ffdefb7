"""Rules about the source that no linter checks."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
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

# modules that run code from a file which they read, or that only wrap one which does
UNSAFE_MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
UNSAFE_CALLS = {
    *("torch.load", "torch.save", "torch.jit.load", "torch.export.load"),
    *("yaml.full_load", "yaml.load", "yaml.unsafe_load", "eval", "exec"),
}


def imports(path: Path) -> Iterator[str]:
    """Yield the full name of every imported module, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def unsafe(path: Path) -> list[str]:
    """Return what in a file loads code or arbitrary objects, with its line."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        call, line = ast.unparse(node.func), node.lineno
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        tensors_alone = call == "torch.load" and options.get("weights_only") == "True"
        if call in UNSAFE_CALLS and not tensors_alone:
            found.append(f"{line}: {call}")
        if options.get("allow_pickle", "False") != "False":
            found.append(f"{line}: allow_pickle")
    return found + [name for name in imports(path) if name.split(".")[0] in UNSAFE_MODULES]


def test_the_rules_see_the_source() -> None:
    assert CHECKOUT / "omnigan" / "domain.py" in SHIPPED
    assert Path(__file__) in ALL


def test_nothing_in_the_packages_loads_code_from_data() -> None:
    found = {str(path.relative_to(CHECKOUT)): unsafe(path) for path in SHIPPED}
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
    assert unsafe(path)


def test_imports_name_installed_packages_and_never_folders_of_the_checkout() -> None:
    # in an editable install these imports work, and would make second copies of the same classes
    folders = {"benchmarks", "docs", "domains", "recipes", "tests"}
    assert [
        (path.name, name) for path in ALL for name in imports(path) if name.split(".")[0] in folders
    ] == []


def test_the_engine_imports_no_domain() -> None:
    engine = (CHECKOUT / "omnigan").rglob("*.py")
    assert [
        (path.name, name)
        for path in engine
        for name in imports(path)
        if name.startswith("omnigan_")
    ] == []


def test_no_domain_imports_another() -> None:
    for package in (CHECKOUT / "domains").glob("omnigan_*"):
        others = {
            name.split(".")[0]
            for path in package.rglob("*.py")
            for name in imports(path)
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
        for module in {name.split(".")[0] for name in imports(path)}:
            if module in ours or module in sys.stdlib_module_names:
                continue
            # a package of an extra that is not installed here has no owner but its own name
            names = {name.lower() for name in owners.get(module, [module])}
            assert names & declared, f"{path.relative_to(CHECKOUT)} imports {module}"


def test_no_file_names_a_folder_of_one_machine() -> None:
    folder = re.compile(r"(?<![\w.~}\"'`)])/(home|mnt|root|srv|Users|work)/\w")
    texts = [CHECKOUT / "README.md", *(CHECKOUT / "recipes").rglob("*.yaml")]
    texts += [*(CHECKOUT / "docs").rglob("*.md"), *SHIPPED, *CHECKOUT.glob(".ci/*")]
    for path in texts:
        hit = folder.search(path.read_text(encoding="utf-8"))
        assert hit is None, f"{path.relative_to(CHECKOUT)}: {hit.group() if hit else ''}"
