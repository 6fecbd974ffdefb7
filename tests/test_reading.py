"""Files of a user's as examples."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
import torch

from omnigan.domain import FileExamples
from omnigan.errors import OmniganError, UserError
from omnigan.plugins import load_domain
from omnigan.reading import examples_in, files_of


def test_a_file_without_an_example_is_a_mistake(
    mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = mixture.MixtureDomain(mixture.Config())
    for count in (2, 0):
        monkeypatch.setattr(domain, "read_file", lambda path, n=count: torch.zeros(n, 2))
        if count:
            assert examples_in(domain, Path("mine.txt")).shape == (2, 2)
            continue
        with pytest.raises(UserError, match=r"mine\.txt: there is no example in it"):
            examples_in(domain, Path("mine.txt"))
    told = FileExamples(torch.zeros(3, 2), ["one", "two"])
    monkeypatch.setattr(domain, "read_file", lambda path: told)
    with pytest.raises(OmniganError, match=r"MixtureDomain gives 2 texts for 3 examples"):
        examples_in(domain, Path("mine.txt"))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("audio", ["a/deep.WAV", "b.flac"]),
        ("image", ["a/deep.PNG", "b.jpeg"]),
        ("music", ["a/deep.MID", "b.midi"]),
        ("text", ["a/deep.TXT", "b.jsonl.gz"]),
    ],
)
def test_a_folder_means_the_files_of_its_domain(name: str, kept: list[str], tmp_path: Path) -> None:
    for file in [*kept, "other.bin", "._b.png", "a.gz"]:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    kind = load_domain(name)
    domain = kind(kind.Config())
    assert files_of(domain, tmp_path) == [tmp_path / file for file in kept]
    assert files_of(domain, tmp_path / "other.bin") == [tmp_path / "other.bin"]
    (tmp_path / "none").mkdir()
    with pytest.raises(UserError, match=r"none: there is no file in it, .* that ends with '\."):
        files_of(domain, tmp_path / "none")


def test_a_folder_is_left_to_a_domain_that_names_no_endings(
    mixture: ModuleType, tmp_path: Path
) -> None:
    assert files_of(mixture.MixtureDomain(mixture.Config()), tmp_path) == [tmp_path]
