"""Every mistake in a recipe is told once, in one line that says where it is and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnigan import plugins
from omnigan.errors import UserError
from omnigan.plugins import DomainEntry
from omnigan.recipe.load import LoadedRecipe, load_recipe

Write = Callable[[str], str]


def _complaints(recipe: Any, overrides: list[str] | None = None) -> list[str]:
    with pytest.raises(UserError) as caught:
        load_recipe(recipe, overrides or [])
    return str(caught.value).splitlines()


STEPS = 'a number of steps such as 3000, or examples such as "96k examples"'


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("sead: 3", "unknown key 'sead'. Did you mean 'seed'?"),
        ("seed: -1", "'seed' must be at least 0, not -1."),
        ("seed: many", "'seed' must be an integer, not 'many'."),
        ("train: 5", "'train' must be a mapping of keys, not 5."),
        ("train: [5]", "'train' must be a mapping of keys, not a list of 1 item."),
        ("train: {stepz: 3}", "unknown key 'train.stepz'. Did you mean 'train.steps'?"),
        ("train: {steps: soon}", f"'train.steps' must be {STEPS}, not 'soon'."),
        ("train: {steps: 0}", "'train.steps' must be at least 1, not 0."),
        ("train: {steps: 2.5}", f"'train.steps' must be {STEPS}, not 2.5."),
        ("train: {steps: true}", f"'train.steps' must be {STEPS}, not true."),
        ("train: {batch_size: 2.5}", "'train.batch_size' must be an integer, not 2.5."),
        ("train: {batch_size: null}", "'train.batch_size' must be an integer, not null."),
        (
            "train: {precision: bf17}",
            "'train.precision' must be 'fp32' or 'bf16', not 'bf17'. Did you mean 'bf16'?",
        ),
        ("train: {threads: 0}", "'train.threads' must be at least 1 or 'auto', not 0."),
        (
            "train: {threads: 100000000000000000000}",
            "'train.threads' must be at most 1024 or 'auto', not 100000000000000000000.",
        ),
        ("train: {workers: 1000000}", "'train.workers' must be at most 256, not 1000000."),
        (
            "train: {threads: aut}",
            "'train.threads' must be an integer or 'auto', not 'aut'. Did you mean 'auto'?",
        ),
        (
            "train: {rate: fast}",
            "'train.rate' must be a number or a mapping with 'start' and 'end', not 'fast'.",
        ),
        ("train: {rate: {start: 1}}", "'train.rate.end' is missing."),
        (
            "train: {rate: {start: 1, and: 2}}",
            "unknown key 'train.rate.and'. Did you mean 'train.rate.end'?",
        ),
        (
            "train: {rate: {start: 1, end: 2, shape: line}}",
            "'train.rate.shape' must be 'cosine', 'linear' or 'constant', not 'line'."
            " Did you mean 'linear'?",
        ),
        ("train: {rate: {start: -1, end: 1}}", "'train.rate' must be at least 0."),
        ("train: {rate: -1}", "'train.rate' must be at least 0, not -1."),
        (
            "train: {rate: .nan}",
            "'train.rate' must be a finite number or a mapping with 'start' and 'end', not nan.",
        ),
        ("train: {augment: true}", "'train.augment' must be a number, not true."),
        (
            "train: {stopping: {patience: 3}}",
            "'train' has stopping, which ends likelihood training, but there is none: leave"
            " stopping out, or set warmup, or objective: likelihood.",
        ),
        ("train: {clip: 0}", "'train.clip' must be more than 0, not 0."),
        (
            "train: {betas: [0, x]}",
            "'train.betas.1' must be a number or a mapping with 'start' and 'end', not 'x'.",
        ),
        (
            "train: {terms: {mel: big}}",
            "'train.terms.mel' must be a number or a mapping with 'start' and 'end', not 'big'.",
        ),
        (
            "train: {penalties: {r3: {}}}",
            "unknown key 'train.penalties.r3'."
            " Known here: r1, r2, gradient-penalty, finite-difference-r1.",
        ),
        (
            "train: {penalties: {gradient_penalty: {}}}",
            "unknown key 'train.penalties.gradient_penalty'."
            " Did you mean 'train.penalties.gradient-penalty'?",
        ),
        (
            "train: {penalties: {r1: {intervall: 2}}}",
            "unknown key 'train.penalties.r1.intervall'."
            " Did you mean 'train.penalties.r1.interval'?",
        ),
        ("train: {ema: {half_life: x}}", f"'train.ema.half_life' must be {STEPS}, not 'x'."),
        ("log: {keep: 1}", "'log.keep' must be at least 2, not 1."),
        ("data: {cuont: 5}", "unknown key 'data.cuont'. Did you mean 'data.count'?"),
        ("data: {source: 5}", "'data.source' must be text, not 5. Put it in quotes."),
        ("data: {source: }", "'data.source' must be text, not null."),
        ("steps: 5", "unknown key 'steps'. Did you mean 'train.steps'?"),
        ("every: 5", "unknown key 'every'. Did you mean 'log.every'?"),
        ("train: {width: 5}", "unknown key 'train.width'. Did you mean 'generator.width'?"),
        (
            "data: {seed: 5}",
            "unknown key 'data.seed'. Known here: source, count, parts, tempo, even.",
        ),
        ("data: {tempo: 5}", "'data.tempo' must be 'auto' or at least 10, not 5."),
        ("data: {even: 3}", "'data.even' must be even, not 3."),
        ("data: {parts: all}", "'data.parts' must be 'auto' or a list, not 'all'."),
        ("data: {parts: [{low: 1}]}", "'data.parts.0.name' is missing."),
        (
            "data: {parts: [{nome: x}]}",
            "unknown key 'data.parts.0.nome'. Did you mean 'data.parts.0.name'?",
        ),
        (
            "data: {parts: [{name: x}, {name: y, low: 9, high: 3}]}",
            "'data.parts.1': low (9) must not be above high (3).",
        ),
        ("generator: wide", "'generator' must be a mapping of keys, not 'wide'."),
        ("generator: {x: 1}", "unknown key 'generator.x'. Known here: width."),
    ],
)
def test_one_mistake_is_one_line(written: Write, line: str, complaint: str) -> None:
    file = written(f"domain: toy\n\n{line}\n")
    assert _complaints(file) == [f"mine.yaml:3: {complaint}"]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("train.step=5", "unknown key 'train.step'. Did you mean 'train.steps'?"),
        ("train.generator_rate.end=1", "'train.generator_rate.start' is missing."),
        ("train.loss.x=1", "'train.loss' is 'hinge', which has no part 'x'."),
        ("train.batch_size=x", "'train.batch_size' must be an integer, not 'x'."),
        ("domain=toi", "No domain 'toi' is installed. Did you mean 'toy'?"),
    ],
)
def test_a_mistake_on_the_command_line_is_quoted(override: str, complaint: str) -> None:
    recipe = {"domain": "toy", "train": {"loss": "hinge"}}
    (line,) = _complaints(recipe, ["train.ema.ramp=0.1", override, "log.keep=3"])
    assert line.startswith(f"setting '{override}': {complaint}")


def test_all_mistakes_come_at_once_in_the_order_of_the_file(written: Write) -> None:
    text = (
        "domain: toy\n"
        "log: {keep: 1}\n"
        "train:\n"
        "  loss: hing\n"
        "  batch_size: many\n"
        "sead: 3\n"
        "data:\n"
        "  count: 0\n"
    )
    lines = _complaints(written(text), ["train.clip=x", "nonsense", "data.even=1"])
    places = [line.split(": ")[0] for line in lines]
    assert places == [
        *(f"mine.yaml:{number}" for number in (2, 4, 5, 6, 8)),
        "setting 'train.clip=x'",
        "setting 'nonsense'",
        "setting 'data.even=1'",
    ]


def test_the_engine_is_checked_even_if_the_domain_is_unknown(written: Write) -> None:
    lines = _complaints(written("domain: weather\ntrain: {steps: x}\ndata: {anything: 1}\n"))
    assert [line.split(": ")[0] for line in lines] == ["mine.yaml:1", "mine.yaml:2"]
    assert "No domain 'weather' is installed. Installed: " in lines[0]


@pytest.mark.parametrize("choice", ["warmup: {steps: 9}", "objective: likelihood"])
def test_stopping_goes_with_likelihood_training(written: Write, choice: str) -> None:
    recipe = load_recipe(written(f"domain: toy\ntrain: {{stopping: {{}}, {choice}}}\n")).recipe
    assert recipe.train.stopping is not None


def test_a_missing_domain_lists_what_is_installed(written: Write) -> None:
    (line,) = _complaints(written("seed: 1\n"))
    assert line.startswith("mine.yaml: 'domain' is missing")
    assert "toy" in line.partition("Installed: ")[2]


def test_a_bad_default_of_the_domain_is_not_blamed_on_the_user(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omnigan.plugins import load_domain

    monkeypatch.setattr(load_domain("toy"), "DEFAULTS", {"train": {"loss": "hing"}})
    (line,) = _complaints(written("domain: toy\n"))
    assert line.startswith("defaults of ToyDomain: 'train.loss' must be")
    loss = "domain: toy\ntrain: {loss: hinge}\n"
    assert load_recipe(written(loss)).recipe.train.loss == "hinge"


@pytest.mark.parametrize("text", ["", "# nothing\n", "just words\n", "- a\n- b\n", "5\n"])
def test_what_is_no_mapping_is_refused(written: Write, text: str) -> None:
    (line,) = _complaints(written(text))
    assert line.startswith("mine.yaml: ")
    assert "domain: music" in line


def test_a_recipe_that_is_nowhere_is_refused(written: Write) -> None:
    (line,) = _complaints("nowhere.yaml")
    assert "no file 'nowhere.yaml'" in line
    assert not any("Did you mean" in line for line in _complaints("nowhere.yaml"))
    Path("mine.yaml").write_text("domain: toy\n")
    (line,) = _complaints("mine.yml")
    assert "Did you mean 'mine.yaml'? " in line
    (line,) = _complaints("train.steps=3", ["mine.yaml"])
    assert "The recipe comes before any KEY=VALUE. " in line


def test_a_folder_in_place_of_a_recipe_is_answered_with_the_recipes_in_it(written: Write) -> None:
    Path("run").mkdir()
    (line,) = _complaints("run")
    assert line == (
        "run: is a folder, not a recipe file. To train on what is in it, copy a shipped recipe, and"
        " name it there as data.source."
    )
    for name in ("recipe.yaml", "a.yml"):
        Path("run", name).write_text("domain: toy\n")
    (line,) = _complaints("run")
    assert line == (
        "run: is a folder, not a recipe file. Name a file in it, such as run/recipe.yaml."
    )


GOOD = """\
domain: toy
seed: 3
data: {source: circle, count: 5, tempo: auto, parts: [{name: a, low: 1}]}
generator: {width: 4}
train:
  steps: 96k examples
  penalties: {r1: {weight: {start: 1, end: 2}, interval: 2}}
  rate: 1e-3
  betas: [0, 0.9]
  threads: auto
log: {every: 3}
"""
_KEYS = ["domain", "data", "train", "rate", "end", "r1", "parts", "0", "x", "<<", "tempo"]
_VALUES = [
    "toy",
    "toi",
    "1e400",
    "-1",
    "true",
    "null",
    "[]",
    "{}",
    "{a: 1}",
    "[[1]]",
    "'x'",
    ".nan",
]
_EDITS = st.tuples(
    st.integers(0, len(GOOD) - 1),
    st.integers(0, 6),
    st.sampled_from([*_KEYS, *_VALUES, "", ":", " ", "\n", "\t", "- ", "&a ", "*a", "!!str ", "{"]),
)
_OVERRIDES = st.builds(
    "{}={}".format,
    st.lists(st.sampled_from(_KEYS), min_size=1, max_size=4).map(".".join),
    st.sampled_from(_VALUES),
)


@given(st.lists(_EDITS, max_size=4), st.lists(_OVERRIDES, max_size=3))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_recipe_loads_or_is_refused_clearly(
    written: Write, edits: list[tuple[int, int, str]], overrides: list[str]
) -> None:
    text = GOOD
    for start, length, new in edits:
        text = text[:start] + new + text[start + length :]
    try:
        assert isinstance(load_recipe(written(text), overrides), LoadedRecipe)
    except UserError as error:
        for line in str(error).splitlines():
            assert line.startswith(("mine.yaml", "setting '"))
            assert line.endswith((".", "?")) or "not valid YAML" in line


@pytest.mark.usefixtures("acme")
def test_a_misspelt_domain_does_not_hide_mistakes_of_its_sections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = {"domain": "toi", "data": {"cuont": 5}, "train": {"stepz": 3}}
    domain, train, data = _complaints(recipe)
    assert domain.endswith(" The rest is checked as if it were 'toy'.")
    assert "unknown key 'data.cuont'. Did you mean 'data.count'?" in data
    assert "unknown key 'train.stepz'. Did you mean 'train.steps'?" in train

    both = [DomainEntry(name, "acme_toy:ToyDomain", "acme", "1.2") for name in ("toi1", "toi2")]
    monkeypatch.setattr(plugins, "available", lambda: both)
    domain, train = _complaints(recipe)  # nobody knows which is meant
    assert "The rest is checked" not in domain
    assert "train.stepz" in train
