"""What methods of a domain return that write files is told where it is of the wrong kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from omnigan.domain import Artifact, Domain, silent
from omnigan.errors import OmniganError
from omnigan.exporting.assets import assets_of
from omnigan.modelfile import write_domain
from omnigan.reading import files_of, read_examples
from omnigan.returned import Breach, tensor
from omnigan.sampling import Trained

X = torch.zeros(2, 2)


@pytest.fixture
def giving(mixture: ModuleType) -> Callable[..., Domain]:
    """Return a function that makes a domain of which one method returns something else."""

    def make(method: str, made: object) -> Domain:
        own = {method: lambda self, *given: made}
        domain: Domain = type("Odd", (mixture.MixtureDomain,), own)(mixture.Config())
        return domain

    return make


@pytest.mark.parametrize(
    ("made", "phrase"),
    [
        (
            None,
            "with an Artifact for each file, not None (is a return missing?).",
        ),
        (Path("a.png"), "must return a list with an Artifact for each file, not a PosixPath."),
        ([Path("a.png")], "as in [Artifact(path, 'text')], not a PosixPath in it."),
        ([Artifact("a", "text")], "must name files by their pathlib.Path, not a str."),  # type: ignore[arg-type]
        ([Artifact(Path("a"), "text")], "names a, but there is no such file."),
    ],
    ids=str,
)
def test_what_is_no_list_of_files_is_told(
    giving: Callable[..., Domain], tmp_path: Path, made: object, phrase: str
) -> None:
    """Of the method that returned it, whichever is asked."""
    asked: list[tuple[str, Callable[[Domain], object]]] = [
        ("render", lambda domain: domain.preview(X, tmp_path)),
        ("render", lambda domain: domain.render_many(X, tmp_path, silent)),
        ("render", lambda domain: _trained(domain).render(X, tmp_path)),
        ("overview", lambda domain: _trained(domain).render(X, tmp_path)),
        ("overview", lambda domain: domain.compare(X, X, tmp_path)),
        ("preview", lambda domain: domain.animate(X, tmp_path)),
    ]
    for method, ask in asked:
        with pytest.raises(
            OmniganError, match=rf"Odd breaks a rule for domains: {method}\(\) "
        ) as told:
            ask(giving(method, made))
        assert phrase in str(told.value)


def _trained(domain: Domain) -> Any:
    return Trained(domain, domain.generator(), 0, torch.device("cpu"))


@pytest.mark.parametrize("made", [None, ["a.txt"], {"a.txt": "text"}, {1: b"text"}], ids=str)
def test_what_is_no_content_of_files_is_told(giving: Callable[..., Domain], made: object) -> None:
    wanted = re.escape("assets() must give the bytes of files by name, as in {")
    with pytest.raises(OmniganError, match=wanted):
        assets_of(giving("assets", made))
    assert assets_of(giving("assets", {"a.txt": b"text"})) == {"a.txt": b"text"}


@pytest.mark.parametrize(
    ("made", "phrase"),
    [
        (None, "return a tensor [N, 2], not None (is a return missing?)."),
        ([1.0], "return a tensor [N, 2], not a list."),
        (torch.zeros(2), "return a tensor [N, 2], not [2]."),
        (torch.zeros(2, 3), "return a tensor [N, 2], not [2, 3]."),
    ],
    ids=str,
)
def test_what_is_no_tensor_of_a_shape_is_told(
    giving: Callable[..., Domain], made: object, phrase: str
) -> None:
    with pytest.raises(Breach, match=re.escape(f"read_file() must {phrase}")):
        read_examples(giving("read_file", made), Path("a.txt"))
    assert tensor(giving("render", None), "read_file", X, ["N", 2]) is X


@pytest.mark.parametrize("made", [None, {"z": 3}, torch.zeros(1)], ids=str)
@pytest.mark.parametrize("method", ["latent", "complete", "ask"])
def test_what_are_no_inputs_by_name_is_told(
    giving: Callable[..., Domain], method: str, made: object
) -> None:
    with pytest.raises(Breach, match=re.escape(f"{method}() must give tensors by name, as in {{")):
        _trained(giving(method, made)).generate(2, wishes="anything" if method == "ask" else ())


@pytest.mark.parametrize("made", [None, ["one"]], ids=str)
def test_another_number_of_objects_is_told(giving: Callable[..., Domain], made: object) -> None:
    with pytest.raises(Breach, match=r"objects\(\) must return a list of 2, one an example, not "):
        _trained(giving("objects", made)).sample(2)


@pytest.mark.parametrize("made", [None, ".png"], ids=str)
def test_endings_are_several(giving: Callable[..., Domain], made: object, tmp_path: Path) -> None:
    with pytest.raises(Breach, match=r"file_endings\(\) must give the endings of files in a list"):
        files_of(giving("file_endings", made), tmp_path)


@pytest.mark.parametrize("made", [[1], ["many"] * 8], ids=str)
def test_counts_are_one_a_label(
    mixture: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: object
) -> None:
    monkeypatch.setattr(mixture.MixtureDomain, "label_counts", lambda self: made)
    domain = mixture.MixtureDomain(mixture.Config(data={"examples": 32, "labels": True}))
    with pytest.raises(Breach, match=r"label_counts\(\) must give a whole number for each of its"):
        write_domain(tmp_path / "config.json", "mixture", domain)
