"""What a recipe comes to: layers, names, writing it down and comparing two."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnigan.errors import UserError, UserErrors
from omnigan.recipe import shipped
from omnigan.recipe.load import differences, dump_recipe, load_recipe
from omnigan.recipe.schema import Duration, Penalty, Ramp

Write = Callable[[str], str]


def test_each_layer_hides_the_one_below(written: Write) -> None:
    file = written("domain: toy\ntrain: {rate: 1e-4, steps: 5}\nlog: {every: 7}\n")
    recipe = load_recipe(file, ["train.steps=9", "train.steps=11"]).recipe
    assert recipe.train.steps == Duration(count=11)  # the last override over the file
    assert recipe.train.rate == 0.0001  # the file over all of the domain's ramp
    assert recipe.log.every == Duration(count=7)
    assert recipe.train.batch_size == 16  # the domain over the schema's 32
    assert recipe.train.loss == "relativistic"  # the schema


def test_an_override_of_one_part_keeps_the_rest_of_a_default(written: Write) -> None:
    texts = ["train.rate.end=1e-5", "train.penalties.r1.weight=7", "train.betas.1=0.9"]
    train = load_recipe(written("domain: toy\n"), texts).recipe.train
    assert train.rate == Ramp(start=0.01, end=1e-5)  # of the domain's ramp
    assert train.penalties == {"r1": Penalty(weight=7, interval=4), "r2": Penalty(interval=4)}
    assert train.betas == (0.0, 0.9)


def test_the_file_replaces_a_default_as_a_whole(written: Write) -> None:
    text = "domain: toy\ntrain: {penalties: {r1: {weight: 7}}}\n"
    assert load_recipe(written(text)).recipe.train.penalties == {"r1": Penalty(weight=7)}


@pytest.mark.parametrize("how", ["file", "whole", "part"])
def test_auxiliary_losses_that_are_not_named_keep_their_weights(written: Write, how: str) -> None:
    file = "domain: music\ntrain: {terms: {melody: 0.3}}\n" if how == "file" else "domain: music\n"
    text = {
        "file": "seed=1",
        "whole": "train.terms={melody: 0.3}",
        "part": "train.terms.melody=0.3",
    }
    terms = load_recipe(written(file), [text[how]]).recipe.train.terms
    assert terms == {"rhythm": 0.1, "melody": 0.3, "harmony": 0.03}


def test_the_domain_validates_its_own_sections(written: Write) -> None:
    loaded = load_recipe(written("domain: toy\ndata: {count: 20}\n"), ["generator.width=4"])
    assert loaded.domain_class.__name__ == "ToyDomain"
    assert isinstance(loaded.domain_config, loaded.domain_class.Config)
    assert loaded.domain_config.data.model_dump()["count"] == 20
    assert loaded.recipe.generator == loaded.domain_config.generator
    assert loaded.recipe.generator.width == 4
    assert loaded.recipe.discriminator.width == 8
    assert loaded.domain_class(loaded.domain_config).space.shape == (2,)


def test_the_domain_may_come_from_the_command_line(written: Write) -> None:
    assert load_recipe(written("seed: 1\n"), ["domain=acme:toy"]).recipe.domain == "acme:toy"


def test_sections_whose_keys_are_all_commented_out_are_empty(written: Write) -> None:
    recipe = load_recipe(written("domain: toy\ndata:\n  # count: 5\ntrain:\nlog:\n")).recipe
    assert recipe.data.count == 64
    assert recipe.train.batch_size == 16


@pytest.mark.usefixtures("acme")
def test_a_mapping_is_a_recipe_and_stays_as_it_is() -> None:
    given: dict[str, Any] = {"domain": "acme:toy", "train": {"betas": (0.5, 0.9)}}
    loaded = load_recipe(given, ["train.steps=3"])
    assert loaded.name == "toy"
    assert loaded.recipe.train.betas == (0.5, 0.9)
    assert given == {"domain": "acme:toy", "train": {"betas": (0.5, 0.9)}}


def test_a_data_path_is_left_as_written(written: Write) -> None:
    loaded = load_recipe(written("domain: toy\ndata: {source: ../some/where}\n"))
    assert loaded.recipe.data.source == "../some/where"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, acme: Path) -> Path:
    """Stand in for the folder of shipped recipes."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "circle.yaml").write_text("# A circle of points.\n# More.\ndomain: toy\n")
    (folder / "plain.yaml").write_text("domain: toy\n")
    (folder / "notes.txt").write_text("no recipe")
    monkeypatch.setattr(shipped, "_folder", lambda: folder)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.usefixtures("library")
def test_a_shipped_recipe_is_found_by_name_unless_a_file_has_it(tmp_path: Path) -> None:
    assert load_recipe("circle").name == "circle"
    Path("circle").mkdir()  # a folder of data may well be called like a recipe
    assert load_recipe("circle").recipe.train.batch_size == 16
    Path("plain").write_text("domain: toy\ntrain: {batch_size: 3}\n")
    assert load_recipe("plain").recipe.train.batch_size == 3
    with pytest.raises(UserError, match=r"'circel'.* Did you mean 'circle'\? .*circle, plain"):
        load_recipe("circel")


def test_shipped_recipes_are_listed_and_copied(library: Path, tmp_path: Path) -> None:
    listed = [(recipe.name, recipe.description) for recipe in shipped.shipped()]
    assert listed == [("circle", "A circle of points."), ("plain", "")]
    assert shipped.copy("circle") == Path("circle.yaml")
    assert Path("circle.yaml").read_bytes() == (library / "circle.yaml").read_bytes()
    assert shipped.copy("circle", tmp_path / "new" / "mine.yml").is_file()
    with pytest.raises(UserError, match=r"circle\.yaml exists already"):
        shipped.copy("circle", tmp_path)
    with pytest.raises(UserError, match="Did you mean 'plain'"):
        shipped.copy("plane")


def test_a_copy_goes_to_a_recipe_file_or_a_folder(library: Path) -> None:
    assert shipped.copy("circle", "new/") == Path("new/circle.yaml")
    assert shipped.copy("circle", "new/deep/MINE.YAML").read_bytes()
    for name in ("mine", "mine.txt"):
        with pytest.raises(UserError, match=r"Write mine\.yaml, or mine.*/ for a folder\.$"):
            shipped.copy("circle", name)
        assert not Path(name).exists()
    Path("note").write_text("")
    for name in ("note/mine.yaml", "note/deep/mine.yaml", "note/"):
        with pytest.raises(UserError, match=r"^note/.*yaml cannot be written: there is a file wh"):
            shipped.copy("circle", name)


def test_the_wheel_puts_recipes_where_they_are_looked_for() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["recipes"] == "omnigan/_recipes"


_numbers = st.floats(0, 0.99) | st.fixed_dictionaries(
    {
        "start": st.floats(0, 0.99),
        "end": st.floats(0, 0.99),
        "shape": st.sampled_from(["cosine", "linear", "constant"]),
        "until": st.floats(0.01, 1),
    }
)
_durations = st.integers(1, 10**9) | st.from_regex(r"\A[1-9][0-9]{0,5}[kM]? examples\Z")
_recipes = st.fixed_dictionaries(
    {"domain": st.just("toy")},
    optional={
        "seed": st.integers(0, 2**63 - 1),
        "data": st.fixed_dictionaries({"source": st.text(max_size=20)}),
        "train": st.fixed_dictionaries(
            {},
            optional={
                "steps": _durations,
                "rate": _numbers,
                "betas": st.tuples(_numbers, _numbers),
                "clip": st.none() | st.floats(1e-30, 1e30),
                "terms": st.dictionaries(st.text(max_size=5), st.floats(-1e9, 1e9), max_size=3),
                "threads": st.just("auto") | st.integers(1, 99),
                "device": st.sampled_from(["on", "1e-3", "0o17", "cuda:1"]),
                "penalties": st.dictionaries(
                    st.sampled_from(["r1", "r2"]), st.fixed_dictionaries({"weight": _numbers})
                ),
            },
        ),
        "log": st.fixed_dictionaries({"every": _durations, "evaluate_every": _durations}),
    },
)


@given(_recipes)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_dumped_recipe_loads_to_the_same_recipe(written: Write, values: dict[str, Any]) -> None:
    recipe = load_recipe(values).recipe
    again = load_recipe(written(dump_recipe(recipe))).recipe
    assert again == recipe
    assert differences(recipe.stored(), again.stored()) == []


def test_differences_name_each_value() -> None:
    old = {"a": {"rate": 0.001, "loss": "hinge", "same": [1]}, "gone": 1, "list": [1, 2]}
    new = {"a": {"rate": 0.002, "loss": "minimax", "same": [1]}, "new": {"x": True}, "list": [1]}
    assert differences(old, new) == [
        "a.rate: 0.001 -> 0.002",
        "a.loss: hinge -> minimax",
        "gone: 1 -> null",
        "list: [1, 2] -> [1]",
        'new: null -> {"x": true}',
    ]


def test_augmentation_where_a_domain_has_none_is_a_mistake() -> None:
    for strength in ("0.3", "{target: 0.5}"):
        with pytest.raises(UserErrors) as caught:
            load_recipe("text", [f"train.augment={strength}", "generator.width=no"])
        told = caught.value.problems
        assert told[0].startswith(f"setting 'train.augment={strength}': 'train.augment' must be 0")
        assert "'generator.width'" in told[1], "every mistake at once"
    assert load_recipe("text", ["train.augment=0"]).recipe.train.augment == 0
    assert load_recipe("image", ["train.augment=0.3"]).recipe.train.augment == 0.3


@pytest.mark.parametrize("text", ["yes", "on", "1", "'true'", "0.0"])
def test_nothing_but_true_and_false_is_a_switch(text: str) -> None:
    with pytest.raises(UserError, match=r"'data\.mirror' must be true or false, not "):
        load_recipe("image", [f"data.mirror={text}"])
    with pytest.raises(UserError, match=r"'seed' must be a number, not true"):
        load_recipe("image", ["seed=true"])
    assert load_recipe("image", ["data.mirror=true"]).recipe.data.mirror
