"""Damaged recipes and damaged data for every domain, one for each seed."""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import torch
import yaml

import omnigan
from fault_kit.files import Sample, samples_of
from fault_kit.fuzz import Untried
from fault_kit.mutations import damaged_bytes, damaged_text
from fault_kit.sources import small_recipe
from fault_kit.values import damaged_values
from omnigan.engine.reporter import Quiet
from omnigan.plugins import load_domain
from omnigan.recipe.load import dump_recipe, load_recipe
from omnigan.recipe.schema import Recipe
from omnigan.recipe.shipped import shipped

__all__ = ["damaged_data", "damaged_recipe", "damaged_settings", "damaged_training"]

TOGETHER = 4
"""Damaged files in a folder with whole ones."""
MANY, WEIGHTS = 64, 2**21
"""Examples, and weights of both networks, above which training would rightly take its time."""
TRAINED = ("steps=3", "threads=1", "workers=0", "device=cpu", "compile=none")


def damaged_recipe(domain: str, seed: int) -> None:
    """Read a damaged shipped recipe, make its domain, and write and read it once more.

    Raises:
        UserError: It is not fit for a recipe.
    """
    rng = random.Random(f"{domain} {seed}")
    text = rng.choice(_shipped(domain))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "mine.yaml")
        if rng.random() < 0.5:
            file.write_bytes(damaged_text(text, rng))
            loaded = load_recipe(file)
        else:
            loaded = load_recipe(damaged_values(yaml.safe_load(text), rng))
    loaded.domain_class(loaded.domain_config)
    again = yaml.safe_load(dump_recipe(loaded.recipe))
    load_recipe(again)


@cache
def _shipped(domain: str) -> list[str]:
    texts = [recipe.text for recipe in shipped()]
    return [text for text in texts if yaml.safe_load(text)["domain"] == domain]


def damaged_settings(domain: str, seed: int) -> None:
    """Build the networks of a small recipe whose settings are damaged, its data being whole.

    Raises:
        UserError: The settings do not fit together, or do not suit the data.
    """
    rng = random.Random(f"{domain} {seed}")
    _weights(domain, damaged_values(small_recipe(domain), rng))


def _weights(domain: str, values: dict[str, Any]) -> int:
    """Return how many weights the networks of a recipe for the small data have."""
    loaded = load_recipe(values)
    if loaded.domain_config.data.model_dump()["source"] != small_recipe(domain)["data"]["source"]:
        raise Untried("embedded data take minutes to read")
    resolved = loaded.domain_class(loaded.domain_config).resolve()
    resolved.describe()
    with torch.device("meta"):  # shapes alone: a wish for 8,192 channels is no mistake
        both = resolved.generator(), resolved.discriminator()
    return sum(weight.numel() for network in both for weight in network.parameters())


def damaged_training(domain: str, seed: int) -> None:
    """Train a small recipe with damaged settings for three steps, if it is accepted.

    Raises:
        OmniganError: It is not, or training ends in words.
    """
    rng = random.Random(f"{domain} {seed}")
    values = damaged_values(small_recipe(domain), rng)
    settings = [f"train.{setting}" for setting in TRAINED]
    recipe = load_recipe(values).recipe
    if recipe.train.warmup:
        settings.append("train.warmup=null")
    if _takes_long(recipe) or _weights(domain, values) > WEIGHTS:
        raise Untried("too large")
    folder = Path(tempfile.mkdtemp(prefix="omnigan-faults-"))
    try:
        omnigan.train(values, settings, out=folder / "run", reporter=Quiet())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _takes_long(recipe: Recipe) -> bool:
    train, log = recipe.train, recipe.log
    most = max(train.batch_size, log.samples, log.evaluate_samples)
    return most > MANY or train.discriminator_steps > 4


def damaged_data(domain: str, seed: int) -> None:
    """Read a source with damaged files, or one damaged file, through the domain.

    Raises:
        UserError: The source cannot be used.
    """
    rng = random.Random(f"{domain} {seed}")
    sample = rng.choice(samples_of(domain))
    folder = Path(tempfile.mkdtemp(prefix="omnigan-faults-"))
    os.environ["OMNIGAN_CACHE"] = str(folder / "cache")
    try:
        sections = _written(sample, folder / "data", rng)
        kind = load_domain(domain)
        resolved = kind(kind.Config.model_validate({"data": sections})).resolve()
        json.dumps(resolved.describe(), allow_nan=False)
        source = resolved.source("train")
        for index in (0, len(source) - 1):
            example = source.read(index, torch.Generator().manual_seed(0))
            assert bool(example.x.isfinite().all()), "an example is not finite"
            low, high = resolved.space.low, resolved.space.high
            assert low <= float(example.x.min()) <= float(example.x.max()) <= high
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(sample: Sample, folder: Path, rng: random.Random) -> dict[str, Any]:
    """Write a source with damage and return the section ``data`` of a recipe for it."""
    folder.mkdir()
    names = sorted(sample.files)
    chosen = set(rng.sample(names, min(TOGETHER, max(1, len(names) // 3))))
    if sample.damage:
        chosen = {rng.choice(sample.damage)}
    others = list(sample.files.values())
    for name, content in sample.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(damaged_bytes(content, others, rng) if name in chosen else content)
    data = {
        key: value.replace("{}", str(folder)) if isinstance(value, str) else value
        for key, value in sample.data.items()
    }
    return {"source": str(folder / sample.source), **data}


def _hang(seed: int) -> None:
    """Hang at seed 1: for the test of what looks after cases."""
    while seed == 1:
        pass


def _raise(seed: int) -> None:
    """Fail at seed 1: for the test of what looks after cases."""
    1 / (seed - 1)
