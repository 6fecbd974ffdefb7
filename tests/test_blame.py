"""What fails in the code of somebody's own domain is told with the method and the line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from omnigan.blame import fault_of, place_of, stranger_in
from omnigan.cli import main
from omnigan.domain import Domain
from omnigan.errors import UserError
from omnigan_image.data.sources import find

HEAD = "import omnigan_mixture\n\n\nclass Mine(omnigan_mixture.MixtureDomain):\n"
LINE = 6
"""Of what a method of it does first."""
Make = Callable[..., type[Domain]]


@pytest.fixture
def mine(
    mixture: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., type[Domain]]]:
    """Return a function that installs a domain with a method of its own, as 'mine'."""
    info = tmp_path / "omnigan_mine-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: omnigan-mine\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[omnigan.domains]\nmine = omnigan_mine:Mine\n")
    monkeypatch.syspath_prepend(tmp_path)

    def make(method: str, does: str) -> type[Domain]:
        code = f"{HEAD}    def {method}(self, *given):\n        {does}\n"
        (tmp_path / "omnigan_mine.py").write_text(code)
        kind: type[Domain] = __import__("omnigan_mine").Mine
        return kind

    yield make
    sys.modules.pop("omnigan_mine", None)


def failure(domain: Domain) -> BaseException:
    """Return how a method of a domain fails."""
    try:
        domain.render(domain.space, Path())  # type: ignore[arg-type]
    except BaseException as error:
        return error
    raise AssertionError("it does not fail")


def test_the_method_and_the_line_are_told(mine: Make, mixture: ModuleType, tmp_path: Path) -> None:
    error = failure(mine("render", "raise ValueError('too wide.')")(mixture.Config()))
    file = tmp_path / "omnigan_mine.py"
    place = f"he domain 'mine' fails in Mine.render() ({file}, line {LINE})"
    assert place_of(error) == f"t{place}"
    assert str(fault_of(error)) == (
        f"T{place}: ValueError: too wide. That is for its author to mend; in a test, "
        "omnigan.testing.check_domain shows the way to it."
    )
    assert isinstance(stranger_in(error), mixture.MixtureDomain)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("SystemExit(3)", True),
        ("FileNotFoundError(2, 'No such file')", True),
        ("OSError(28, 'No space left on device')", False),
        ("MemoryError()", False),
        ("RuntimeError('CUDA out of memory')", False),
    ],
)
def test_what_the_machine_refuses_is_no_fault(
    mine: Make, mixture: ModuleType, raised: str, told: bool
) -> None:
    error = failure(mine("render", f"raise {raised}")(mixture.Config()))
    assert (fault_of(error) is not None) == told


def test_domains_that_come_with_omnigan_have_no_faults() -> None:
    """What fails there is a defect, whose traceback is wanted."""
    with pytest.raises(UserError) as caught:
        find("there/is/no/such/folder")
    assert fault_of(caught.value) is None
    assert stranger_in(caught.value) is None


@pytest.mark.parametrize(
    ("method", "does", "told"),
    [
        ("resolve", "return 1 / 0", "fails in Mine.resolve() ("),
        ("generator", "raise RuntimeError('no')", "fails in Mine.generator() ("),
        ("overview", "return", "The Mine breaks a rule for domains: overview() must return"),
        ("metrics", "return [1]", "must be a dict, not a list."),
    ],
)
def test_commands_end_in_a_sentence(
    mine: Make,
    mixture_recipe: dict[str, Any],
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    method: str,
    does: str,
    told: str,
) -> None:
    mine(method, does)
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(yaml.safe_dump({**mixture_recipe, "domain": "mine"}))
    assert main(["check", "mine.yaml"]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said
