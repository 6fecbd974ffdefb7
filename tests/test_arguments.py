"""What programs pass is taken as they mean it, or refused in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from omnigan import api
from omnigan.arguments import several, whole
from omnigan.errors import UserError
from omnigan.latent_space import interpolate


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


@pytest.mark.parametrize("given", [3, True, np.int64(3), torch.tensor(3)])
def test_whole_numbers_are_those_of_any_library(given: Any) -> None:
    assert whole("n", given, 1, 3) == int(given)


@pytest.mark.parametrize("given", [0, 4, -1, 2.0, "3", None, [3], torch.tensor([1, 2])])
def test_what_is_no_whole_number_in_range_is_a_mistake(given: Any) -> None:
    with pytest.raises(UserError, match=r"n must be a whole number, from 1 to 3, not "):
        whole("n", given, 1, 3)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"n": 0}, "n must be a whole number, at least 1, not 0"),
        ({"n": "3"}, "n must be .* not '3'"),
        ({"n": 3, "seed": None}, "seed must be .* from 0 to 9223372036854775807, not None"),
        ({"n": 3, "label": ["mode-1", "mode-2"]}, "one for all or one for each: 2 are given for 3"),
        ({"n": 1, "label": ["mode-1", "mode-2"]}, "one for each: 2 are given for 1"),
        ({"n": 1, "label": []}, "one for each: 0 are given for 1"),
        ({"n": 1, "label": 3}, "no label '3'.* Labels: 'mode-0'"),
    ],
)
def test_samples_that_cannot_be_meant_are_mistakes(
    run: Path, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(UserError, match=complaint):
        api.load(run).sample(**arguments)


def test_labels_are_given_for_all_or_for_each(run: Path) -> None:
    loaded = api.load(run)
    alike = loaded.generate(2, label="mode-5")
    assert torch.equal(loaded.generate(2, label=["mode-5"]).x, alike.x)
    assert torch.equal(loaded.generate(2, label=("mode-5", "mode-5")).x, alike.x)
    assert loaded.generate(2, label=["mode-5", "mode-2"]).cond["label"].tolist() == [5, 2]


def test_a_number_is_the_label_of_that_name(run: Path) -> None:
    loaded = api.load(run)
    loaded.domain.labels = lambda: ["7", "3"]  # type: ignore[method-assign]
    assert loaded.choose_labels(2, 0, 3) == ["3", "3"]
    assert loaded.choose_labels(2, 0, np.array([7, 3])) == ["7", "3"]


@pytest.mark.parametrize("samples", [0, 1, "many"])
def test_too_few_samples_to_score_are_a_mistake(run: Path, samples: Any) -> None:
    with pytest.raises(UserError, match="samples must be a whole number, at least 2, not "):
        api.evaluate(run, samples)
    with pytest.raises(UserError, match="samples must be a whole number, at least 16, not "):
        api.score(run, "a.csv", samples=samples)


def test_a_device_may_be_one_of_torch(run: Path) -> None:
    assert api.load(run, torch.device("cpu")).device == torch.device("cpu")
    with pytest.raises(UserError, match="'meta' cannot be used here"):
        api.load(run, torch.device("meta"))


def test_mistakes_in_python_name_no_options(
    run: Path, mixture_recipe: dict[str, Any], tmp_path: Path
) -> None:
    loaded = api.load(run)
    exported = api.export(run, tmp_path / "export")
    mistakes: list[Callable[[], Any]] = [
        lambda: api.load(run, "gpu"),
        lambda: api.load(run, best=True),
        lambda: api.load(exported, best=True),
        lambda: api.train(mixture_recipe, "train.steps=many", out=tmp_path / "other"),
        lambda: api.train(mixture_recipe, out=tmp_path / "other", device="gpu"),
        lambda: api.evaluate(run, 16, features="absent.onnx"),
        lambda: api.curves({"it": loaded}, [0.5], 16),
        lambda: loaded.sample(1, wishes="red"),
        lambda: interpolate(loaded, [1], 2),
    ]
    for mistake in mistakes:
        with pytest.raises(UserError) as caught:
            mistake()
        assert not re.search(r"--\w|command line", str(caught.value))


def test_the_labels_of_samples_can_be_known(run: Path) -> None:
    loaded = api.load(run)
    assert loaded.labels == [f"mode-{number}" for number in range(8)]
    made = loaded.generate(20, seed=4)
    names = [loaded.labels[number] for number in made.cond["label"].tolist()]
    assert loaded.choose_labels(20, seed=4) == names
    assert loaded.choose_labels(2, label="mode-3") == ["mode-3", "mode-3"]
    loaded.domain.labels = lambda: []  # type: ignore[method-assign]
    assert loaded.choose_labels(2) == [None, None]
