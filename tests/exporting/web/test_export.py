"""From a run to its page: ``omnigan export RUN DIR --format web``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import omnigan
from omnigan.cli import main
from omnigan.errors import OmniganError, UserError
from omnigan.exporting.web import page as module
from omnigan.values import Draw, Standalone


def test_a_page_computes_what_the_run_does(
    run: Path,
    tmp_path: Path,
    runs_it: dict[str, bytes],
    visit: Callable[[str], Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "ring"
    assert main(["export", str(run), str(out), "--format", "web"]) == 0
    assert f"Open {out / 'index.html'} in a browser." in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        *("README.md", "app", "data", "index.html", "licences.txt")
    }
    assert list(tmp_path.iterdir()) == [out]
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "Open `index.html` in a browser." in card
    assert "pip install" not in card
    licences = (out / "licences.txt").read_text(encoding="utf-8")
    assert "Copyright (c) Microsoft Corporation" in licences

    opened = visit((out / "index.html").as_uri())
    assert opened.find("h1").text == "ring"
    labels = opened.run("return [...document.querySelectorAll('#label option')].map((o) => o.text)")
    assert labels == ["any", *(f"mode-{i}" for i in range(8))]
    inputs, output = opened.last()
    network = omnigan.load(run).network
    with torch.no_grad():
        expected = network(**{name: torch.from_numpy(value) for name, value in inputs.items()})
    np.testing.assert_allclose(output, expected.numpy(), atol=1e-4, rtol=0)
    assert opened.problems() == []


def test_what_a_browser_cannot_take_is_refused_before_the_work(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mixture: Any
) -> None:
    monkeypatch.setattr(module, "runtime", pytest.fail)
    with monkeypatch.context() as patch:
        patch.setattr(module, "LARGEST", 100)
        with pytest.raises(UserError, match=r"a browser takes 0\.0 GB at most\. Train a smaller"):
            omnigan.export(run, tmp_path / "out", format="web")
    with monkeypatch.context() as patch:
        half = torch.zeros(1, 4, dtype=torch.float16)
        patch.setattr(mixture.MixtureDomain, "latent", lambda *_: {"z": half})
        with pytest.raises(UserError, match=r"'int32' or 'bool', and 'z' is float16\."):
            omnigan.export(run, tmp_path / "out", format="web")
    given = Standalone({"sound": Draw("given", example=torch.zeros(2, 4))})
    monkeypatch.setattr(mixture.MixtureDomain, "standalone", lambda _: given, raising=False)
    with pytest.raises(UserError, match=r"of what it is given \('sound'\)"):
        omnigan.export(run, tmp_path / "out", format="web")
    assert list(tmp_path.iterdir()) == []


def test_the_page_makes_the_types_of_numbers_that_are_let_through() -> None:
    script = Path(module.__file__).parent / "page" / "app" / "inputs.js"
    made = re.findall(r"^    (\w+): \(numbers\)", script.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(made) == sorted(module.TYPES)


def test_without_the_runtime_nothing_is_written(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> dict[str, bytes]:
        raise OmniganError("no network")

    monkeypatch.setattr(module, "runtime", fail)
    with pytest.raises(OmniganError, match="no network"):
        omnigan.export(run, tmp_path / "out", format="web")
    assert list(tmp_path.iterdir()) == []
