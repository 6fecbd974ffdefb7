"""What a recipe may say about the networks, and what it gets for it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from omnigan.engine.losses import as_list
from omnigan_text.networks import (
    Language,
    build_discriminator,
    build_generator,
    latent_shapes,
)
from omnigan_text.networks.config import Discriminator, Generator, Relaxation, relaxation_at

LANGUAGE = Language(20, 6, labels=2)


@pytest.mark.parametrize("body", ["recurrent", "memory", "transformer", "one-shot"])
def test_every_generator_is_built_from_its_name_alone(body: str) -> None:
    options = Generator(body=body)
    shapes = latent_shapes(LANGUAGE, options)
    assert shapes["noise"] == (6, 20)
    assert shapes["length"] == (1,)
    assert shapes.get("z") == ((64,) if body == "one-shot" else None)
    generator = build_generator(LANGUAGE, options).eval()
    inputs = {name: torch.randn(3, *shape) for name, shape in shapes.items()}
    assert generator(**inputs, label=torch.tensor([0, 1, 1])).shape == (3, 6)
    assert Generator.model_validate(options.model_dump()) == options


@pytest.mark.parametrize(
    "body", ["causal", "convolutional", "representations", "attention", "sequential"]
)
def test_every_discriminator_is_built_from_its_name_alone(body: str) -> None:
    options = Discriminator(body=body)
    critic = build_discriminator(LANGUAGE, options)
    judged = as_list(critic(torch.zeros(3, 6), label=torch.tensor([0, 1, 1])))
    assert {len(logits) for logits in judged} == {3}
    assert Discriminator.model_validate(options.model_dump()) == options


def test_lengths_are_drawn_where_texts_end() -> None:
    assert set(latent_shapes(Language(20, 6, ends=False), Generator())) == {"noise"}


def test_a_latent_vector_is_asked_for() -> None:
    assert latent_shapes(LANGUAGE, Generator(z=5))["z"] == (5,)
    assert latent_shapes(LANGUAGE, Generator(body="one-shot", z=9))["z"] == (9,)


def test_reading_a_recipe_draws_no_random_number() -> None:
    before = torch.get_rng_state()
    Generator(body="transformer")
    Discriminator(body="attention")
    assert torch.equal(before, torch.get_rng_state())


def test_keys_of_transformers_reach_the_network() -> None:
    keys = {"n_layer": 3, "n_head": 2, "n_inner": 20, "attn_pdrop": 0.5}
    body = build_generator(
        LANGUAGE, Generator(body="transformer", width=16, transformer=keys)
    ).get_submodule("body")
    config: Any = body.config
    assert {key: getattr(config, key) for key in keys} == keys
    assert (config.n_embd, config.n_positions, config.resid_pdrop) == (16, 6, 0.0)
    critic = build_discriminator(
        LANGUAGE,
        Discriminator(body="attention", width=16, transformer={"num_hidden_layers": 1}),
    ).get_submodule("body")
    assert len(critic.get_submodule("encoder.layer")) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"slots": 2}, "has slots, which is only for body: memory"),
        ({"body": "memory", "transformer": {"n_layer": 1}}, "only for body: transformer or one-"),
        ({"body": "transformer", "layers": 3}, "only for body: recurrent or memory"),
        ({"body": "memory", "width": 9}, "width of 9, which 2 heads cannot share"),
        ({"body": "one-shot", "z": 0}, "has z: 0"),
        ({"discount": 0.5}, "only for estimator: reinforce"),
        (
            {"estimator": "reinforce", "relaxation": {"end": 0.1}},
            "only for estimator: straight",
        ),
        ({"relaxation": {"end": 0}}, "greater than or equal"),
        ({"relaxation": {"end": 0.5, "shape": "constant"}}, "its shape is constant"),
        ({"body": "transformer", "transformer": {"n_layers": 2}}, "Did you mean 'n_layer'"),
        ({"body": "transformer", "transformer": {"n_embd": 64}}, "n_embd, which follows from w"),
        ({"body": "transformer", "transformer": {"use_cache": False}}, "no effect"),
        ({"body": "transformer", "transformer": {"n_layer": "two"}}, "n_layer='two'.*int"),
        ({"body": "transformer", "transformer": {"activation_function": "x"}}, "cannot be made"),
        ({"body": "transformer", "width": 10}, "cannot be made with width=10: .*divisible"),
        ({"body": "one-shot", "transformer": {"n_layer": 2}}, "BertConfig does not know"),
        ({"body": "lstm"}, "recurrent"),
    ],
)
def test_what_a_generator_cannot_be_is_said(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Generator.model_validate(section)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"representations": 4}, "has representations, which is only for body: representations"),
        (
            {"body": "attention", "word_dropout": 0.1},
            "word_dropout, which is only for body: c",
        ),
        ({"body": "attention", "spans": [2]}, "only for body: convolutional or representations"),
        ({"transformer": {"num_hidden_layers": 2}}, "only for body: attention"),
        ({"body": "representations", "representations": 7}, "7 representations cannot share"),
        ({"body": "attention", "transformer": {"hidden_size": 8}}, "follows from width"),
        ({"body": "attention", "transformer": {"hiden_act": "relu"}}, "'hidden_act'"),
        ({"spans": []}, "at least 1"),
    ],
)
def test_what_a_discriminator_cannot_be_is_said(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Discriminator.model_validate(section)


def test_the_relaxation_goes_from_start_to_end() -> None:
    relgan = Relaxation(start=1, end=0.01)
    at = [relaxation_at(relgan, progress) for progress in (0, 0.5, 1)]
    assert at == pytest.approx([1, 0.1, 0.01])
    linear = Relaxation(start=2, end=1, shape="linear")
    assert [relaxation_at(linear, p) for p in (0, 0.25, 1)] == pytest.approx([2, 1.75, 1])
    assert relaxation_at(Relaxation(start=0.7, shape="constant"), 0.9) == 0.7


@pytest.mark.slow
def test_a_recipe_without_transformers_does_not_import_the_library() -> None:
    code = (
        "import sys; from omnigan_text.networks import *;"
        "from omnigan_text.networks.config import *;"
        "build_generator(Language(5, 4), Generator());"
        "build_discriminator(Language(5, 4), Discriminator());"
        "sys.exit('transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
