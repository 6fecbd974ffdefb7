"""What programs pass is taken as they mean it, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from omnigan import api
from omnigan.arguments import several
from omnigan.errors import UserError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "run"


@pytest.fixture
def run(mixture: ModuleType, mixture_recipe: dict[str, Any], folder: Path) -> Path:
    """A conditional generator, trained once."""
    words = ["data.labels=true", "train.steps=1"]
    return folder if folder.exists() else api.train(mixture_recipe, words, out=folder)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("ab", ["ab"]),
        ("", [""]),
        (Path("a"), [Path("a")]),
        (3, [3]),
        (["ab", "c"], ["ab", "c"]),
        (("ab",), ["ab"]),
        ([], []),
    ],
)
def test_one_thing_is_a_list_of_one(given: Any, wanted: list[Any]) -> None:
    assert several(given) == wanted


def test_a_text_is_one_override_one_wish_and_one_file(
    run: Path, mixture_recipe: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        api.train(mixture_recipe, "train.stepz=1", out=tmp_path / "other")
    assert len(str(caught.value).splitlines()) == 1
    assert "'train.stepz'" in str(caught.value)
    loaded = api.load(run)
    loaded.domain.ask = lambda wish, rng: {"label": torch.tensor([int(wish)])}  # type: ignore[method-assign]
    assert torch.equal(loaded.generate(2, wishes="07").x, loaded.generate(2, wishes=["7"]).x)
    with pytest.raises(UserError) as caught:
        api.score(run, "absent.csv")
    assert "absent.csv: " in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("arguments", [{"best": True}, {"device": "cpu"}])
def test_what_is_loaded_is_not_loaded_otherwise(run: Path, arguments: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"best and device .* give them to load\(\)"):
        api.evaluate(api.load(run), 20, **arguments)
