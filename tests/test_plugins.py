"""Discovery of domains, on real metadata of distributions that lie on the path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from omnigan.errors import UserError
from omnigan.plugins import available, load_domain

ROOT = Path(__file__).parents[1]


@pytest.fixture
def umbrella(acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second distribution whose domain is called toy as well."""
    folder = tmp_path / "um_brella-3.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: um_brella\nVersion: 3.0\n")
    (folder / "entry_points.txt").write_text("[omnigan.domains]\ntoy = umbrella:Toy\n")
    (tmp_path / "umbrella.py").write_text(
        "from acme_toy import ToyDomain\nclass Toy(ToyDomain): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("acme")
def test_available_tells_where_each_domain_is_from() -> None:
    ours = [entry for entry in available() if entry.distribution == "acme"]
    assert [entry.name for entry in ours] == sorted(entry.name for entry in ours)
    toy = next(entry for entry in ours if entry.name == "toy")
    assert (toy.version, toy.value, toy.full_name) == ("1.2", "acme_toy:ToyDomain", "acme:toy")


def test_listing_imports_neither_torch_nor_plug_ins(acme: Path) -> None:
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(acme)!r}]\n"
        "from omnigan.plugins import available\n"
        "assert 'toy' in [entry.name for entry in available()]\n"
        "print(sorted({'torch', 'pydantic', 'acme_toy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.usefixtures("acme")
def test_a_domain_loads_by_short_and_full_name() -> None:
    assert load_domain("toy").__name__ == "ToyDomain"
    assert load_domain("acme:toy") is load_domain("toy") is load_domain("ACME:toy")


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("absent", ["acme 1.2", "acme_absent:Domain", "No module named 'acme_absent'"]),
        ("quits", ["acme 1.2", "acme_quits:Domain", "no licence"]),
        ("path", ["acme 1.2", "pathlib:Path", "not a class derived from omnigan.Domain"]),
        ("partial", ["acme 1.2", "does not define", "'discriminator'", "'source'"]),
        ("future", ["version 99", "has version 1", "pip install --upgrade omnigan"]),
        ("past", ["version 0", "has version 1", "pip install --upgrade acme"]),
        ("toi", ["No domain 'toi'", "Did you mean 'toy'?", "Installed: ", "partial"]),
        ("acme:toi", ["Did you mean 'acme:toy'?"]),
        ("other:toy", ["No domain 'other:toy'"]),
    ],
)
def test_a_domain_that_cannot_be_used_is_explained(name: str, says: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        load_domain(name)
    assert [part for part in says if part not in str(caught.value)] == []


@pytest.mark.usefixtures("umbrella")
def test_two_domains_of_one_name_are_refused_until_the_user_chooses() -> None:
    with pytest.raises(UserError, match=r"'acme:toy' or 'um_brella:toy'") as caught:
        load_domain("toy")
    assert "acme_toy:ToyDomain" in str(caught.value)
    assert load_domain("acme:toy").__name__ == "ToyDomain"
    assert load_domain("um-brella:toy").__name__ == "Toy"
