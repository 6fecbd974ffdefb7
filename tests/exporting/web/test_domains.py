"""What our own domains make: the browser's numbers are those of onnxruntime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from omnigan.exporting.web.page import write_page

RECIPES = Path(__file__).parents[3] / "recipes"


@pytest.mark.parametrize("name", ["image", "music", "audio", "text"])
def test_a_domain_runs_in_the_browser(
    name: str,
    exported_recipe: Callable[[Path], Any],
    runs_it: dict[str, bytes],
    visit: Callable[[str], Any],
    tmp_path: Path,
) -> None:
    _, export, _ = exported_recipe(RECIPES / f"{name}.yaml")
    (export / "README.md").write_text("# A card\n")
    write_page(export, tmp_path, name, runs_it)
    page = visit((tmp_path / "index.html").as_uri())
    inputs, output = page.last()
    session = onnxruntime.InferenceSession(
        export / "model.onnx", providers=["CPUExecutionProvider"]
    )
    expected = session.run(None, inputs)[0]
    np.testing.assert_allclose(output, expected, atol=1e-4, rtol=0)
    assert len(page.run("return document.querySelector('#stage').children")) == len(output)
    assert page.problems() == []
