"""Music, pictures, sounds and texts: an export gives the run's bytes with nothing else at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import omnigan
from omnigan.errors import UserError

DOMAINS = ("music", "image", "audio", "text")
TAGS = {"image": "unconditional-image-generation", "text": "text-generation"}

ALONE = """
import sys
for extra in ("mlxtend", "music21", "onnx", "onnxruntime", "onnxscript"):
    sys.modules[extra] = None  # which makes importing it an error
import torch
torch.set_num_threads(1)
from omnigan.cli import main
for domain in sys.argv[1:]:
    main(["sample", f"{domain}/model", "--count", "3", "--seed", "5", "--out", f"{domain}/made"])
    # Its import would take longer than the rest.
    assert "torch._dynamo" not in sys.modules, domain
"""
Recipe = Callable[[str, Path], dict[str, Any]]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def trained(domain: str, tiny_recipe: Recipe, folder: Path) -> Path:
    """Return a run of a few steps on data below a folder."""
    data = folder / "data"
    data.mkdir(parents=True)
    return omnigan.train(tiny_recipe(domain, data), out=folder / "run")


def test_exports_work_without_data_cache_and_extras(tiny_recipe: Recipe, tmp_path: Path) -> None:
    for domain in DOMAINS:
        folder = tmp_path / domain
        run = trained(domain, tiny_recipe, folder)
        omnigan.export(run, folder / "model")
        generator = omnigan.load(run)
        generator.render(generator.generate(3, seed=5).x, folder / "expected")
        (folder / "data").rename(folder / "elsewhere")
        run.rename(folder / "no-run")

    paths = [str(Path(omnigan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "OMNIGAN_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    subprocess.run(
        [sys.executable, "-c", ALONE, *DOMAINS],
        env=environment,
        cwd=tmp_path,
        check=True,
        timeout=240,
    )
    for domain in DOMAINS:
        made = contents(tmp_path / domain / "made")
        assert made == contents(tmp_path / domain / "expected")
        assert len(made) >= 3
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_card_says_what_the_data_were(domain: str, tiny_recipe: Recipe, tmp_path: Path) -> None:
    run = trained(domain, tiny_recipe, tmp_path)
    out = omnigan.export(run, tmp_path / "model")
    card = (out / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["tags"] == ["omnigan", "gan", domain]
    assert front.get("pipeline_tag") == TAGS.get(domain)
    for sentence in json.loads((run / "data.json").read_text())["summary"]:
        assert sentence.split(":")[0] in card
    assert len(list((out / "samples").iterdir())) >= 8
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="data"):
        omnigan.evaluate(out, 4)
