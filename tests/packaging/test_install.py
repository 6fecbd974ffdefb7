"""omnigan works from a wheel, from an sdist and in place, seen from outside the checkout.

The wheel and the sdist go into environments of their own that borrow everything but omnigan from
the running one, so nothing large is installed again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Sequence
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
RECIPES = sorted(path.name for path in (CHECKOUT / "recipes").glob("*.yaml"))
DOMAINS = sorted(path.name for path in (CHECKOUT / "domains").glob("omnigan_*"))
PROBE = """
import json, sys
from importlib import import_module, metadata, resources
import omnigan
packages = ["omnigan", *sys.argv[1:]]
print(json.dumps({
    "torch": "torch" in sys.modules,
    "points": [(p.name, p.value) for p in metadata.entry_points(group="omnigan.domains")],
    "loaded": [p.load().__name__ for p in metadata.entry_points(group="omnigan.domains")],
    "files": [import_module(name).__file__ for name in packages],
    "typed": [(resources.files(name) / "py.typed").is_file() for name in packages],
    "packaged": sorted(
        file.name for file in (resources.files("omnigan") / "_recipes").iterdir()
    ) if (resources.files("omnigan") / "_recipes").is_dir() else None,
    "page": [
        (resources.files("omnigan") / "report" / name).is_file()
        for name in ("page.html", "page.css", "page.js")
    ],
    "versions": [omnigan.__version__, metadata.version("omnigan")],
}))
"""


def run(command: Sequence[str | Path], folder: Path | str = "/") -> str:
    """Run a command outside the checkout, without the paths that a developer may have set."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build both archives, the wheel from the sdist's content."""
    folder = tmp_path_factory.mktemp("archives")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, CHECKOUT])
    [wheel] = folder.glob("*.whl")
    [sdist] = folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def environment_with(archive: Path, folder: Path) -> Path:
    """Install an archive into a new environment and return the folder of its commands."""
    run([sys.executable, "-m", "venv", "--without-pip", folder])
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(folder)}))
    library = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    # after the environment's own packages on the path; .pth files in there are not followed, so
    # the checkout of an editable install stays invisible
    (library / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet"]
    run([*pip, "--no-deps", "--no-build-isolation", "--ignore-installed", archive])
    return scripts


def probe(scripts: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run([scripts / "python", "-c", PROBE, *DOMAINS]))
    return answer


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_an_archive_installs_everything(
    kind: str, archives: dict[str, Path], tmp_path: Path
) -> None:
    scripts = environment_with(archives[kind], tmp_path / "environment")
    seen = probe(scripts)
    assert not seen["torch"]  # "import omnigan" alone is cheap
    assert [value.partition(":")[0] for _, value in sorted(seen["points"])] == DOMAINS
    assert all(path.startswith(str(tmp_path)) for path in seen["files"])
    assert all(seen["typed"])
    assert all(seen["page"])
    assert seen["packaged"] == RECIPES
    assert len(set(seen["versions"])) == 1

    listed = run([scripts / "omnigan", "domains"])
    assert all(name in listed for name, _ in seen["points"])
    listed = run([scripts / "omnigan", "recipes"])
    assert all(Path(name).stem in listed for name in RECIPES)
    written = run([scripts / "omnigan", "new-domain", "beats", "--out", tmp_path / "beats"])
    assert len(written.splitlines()) == 7  # six files, and what to do next


def test_an_editable_install_finds_the_checkout_from_anywhere() -> None:
    record = json.loads(Distribution.from_name("omnigan").read_text("direct_url.json") or "{}")
    if not record.get("dir_info", {}).get("editable"):
        pytest.skip("omnigan is not installed with pip install -e")
    scripts = Path(sysconfig.get_path("scripts"))
    seen = probe(scripts)
    assert [value.partition(":")[0] for _, value in sorted(seen["points"])] == DOMAINS
    assert all(Path(path).is_relative_to(CHECKOUT) for path in seen["files"])
    listed = run([scripts / "omnigan", "recipes"])
    assert all(Path(name).stem in listed for name in RECIPES)


def test_the_wheel_puts_nothing_else_beside_its_packages(archives: dict[str, Path]) -> None:
    with zipfile.ZipFile(archives["wheel"]) as wheel:
        names = wheel.namelist()
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        fields = wheel.read(metadata).decode().splitlines()
    info = metadata.partition("/")[0]
    assert {name.partition("/")[0] for name in names} == {"omnigan", *DOMAINS, info}
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= set(names)
    assert "License-Expression: Apache-2.0" in fields


def test_the_sdist_holds_what_a_packager_needs(archives: dict[str, Path]) -> None:
    with tarfile.open(archives["sdist"]) as sdist:
        names = [name.partition("/")[2] for name in sdist.getnames()]
    needed = {"pyproject.toml", "README.md", "LICENSE", "NOTICE", "CHANGELOG.md"}
    assert needed <= set(names)
    assert {"tests/conftest.py", *(f"recipes/{name}" for name in RECIPES)} <= set(names)
    assert not [name for name in names if name.startswith("runs/") or "__pycache__" in name]
