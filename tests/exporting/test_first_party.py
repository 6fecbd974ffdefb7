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
sys.exit(main(["sample", sys.argv[1], "--count", "3", "--seed", "5", "--out", sys.argv[2]]))
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_export_works_without_data_cache_and_extras(
    domain: str, tiny_recipe: Callable[[str, Path], dict[str, Any]], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    run = omnigan.train(tiny_recipe(domain, data), out=tmp_path / "run")
    out = omnigan.export(run, tmp_path / "model")
    trained = omnigan.load(run)
    trained.render(trained.generate(3, seed=5).x, tmp_path / "expected")

    data.rename(tmp_path / "elsewhere")
    run.rename(tmp_path / "no-run")
    paths = [str(Path(omnigan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "OMNIGAN_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    subprocess.run(
        [sys.executable, "-c", ALONE, str(out), str(tmp_path / "made")],
        env=environment,
        cwd=tmp_path / "elsewhere",
        check=True,
        timeout=120,
    )
    assert contents(tmp_path / "made") == contents(tmp_path / "expected")
    assert len(contents(tmp_path / "made")) >= 3
    assert not (tmp_path / "cache").exists()

    card = (out / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["tags"] == ["omnigan", "gan", domain]
    assert front.get("pipeline_tag") == TAGS.get(domain)
    for sentence in json.loads((tmp_path / "no-run" / "data.json").read_text())["summary"]:
        assert sentence.split(":")[0] in card
    assert len(list((out / "samples").iterdir())) >= 8
    with pytest.raises(UserError, match="data"):
        omnigan.evaluate(out, 4)
