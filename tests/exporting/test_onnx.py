"""An ONNX export gives what the network gives and says what a program needs, or is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor

import omnigan
from omnigan.cli import main
from omnigan.domain import Draw, Standalone
from omnigan.errors import OmniganError, UserError
from omnigan.exporting.onnx.check import Difference, compare
from omnigan.exporting.onnx.drawing import draw
from omnigan.exporting.onnx.running_maximum import running_maximum
from omnigan.exporting.onnx.write import write_onnx
from omnigan.sampling import Trained

CPU = torch.device("cpu")


@pytest.fixture
def facts(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "generator.json").read_text(encoding="utf-8"))
    return read


def test_it_is_an_export_like_any_other(run: Path, folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    more = {"model.onnx", "generator.json", "example.py"}
    assert names == {"README.md", "config.json", "model.safetensors", "samples"} | more
    assert torch.equal(omnigan.load(folder).generate(5).x, omnigan.load(run).generate(5).x)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "python example.py --count 4 --seed 1" in card
    assert "differ from the network's by at most" in card


def test_the_facts_are_those_of_the_generator(folder: Path, facts: dict[str, Any]) -> None:
    assert facts["format"] == 1
    assert facts["domain"] == "mixture"
    assert facts["step"] == 4
    assert facts["model"]["bytes"] == (folder / "model.onnx").stat().st_size
    assert facts["inputs"] == [
        {
            "name": "z",
            "shape": [4],
            "dtype": "float32",
            "role": "latent",
            "draw": {"kind": "normal"},
        },
        {
            "name": "label",
            "shape": [],
            "dtype": "int64",
            "role": "condition",
            "draw": {"kind": "label"},
        },
    ]
    assert facts["labels"][3] == {"name": "mode-3", "inputs": {"label": 3}}
    assert len(facts["labels"]) == 8
    assert facts["output"] == {"name": "x", "shape": [2], "low": -2.0, "high": 2.0, "symbols": None}
    assert facts["show"] == {"kind": "numbers"}
    difference = facts["difference"]
    assert 0 <= difference["maximum"] < difference["tolerance"] == 1e-4
    assert difference["examples"] == sum(difference["batches"]) == 24


def test_the_model_is_valid_and_says_nothing_about_this_machine(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    values = [*model.graph.input, *model.graph.output]
    assert [each.name for each in values] == ["z", "label", "x"]
    assert {each.type.tensor_type.shape.dim[0].dim_param for each in values} == {"batch"}
    content = (folder / "model.onnx").read_bytes()
    for place in (Path(omnigan.__file__).parents[1], Path(torch.__file__).parents[1], Path.home()):
        assert str(place).encode() not in content


def test_it_gives_what_generate_gives(folder: Path) -> None:
    trained = omnigan.load(folder)
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    for n in (1, 3, 40):
        wanted = trained.generate(n, seed=n)
        feeds = {**trained.latents(n, n), **wanted.cond}
        [found] = session.run(None, {name: value.numpy() for name, value in feeds.items()})
        assert found.dtype == np.float32
        assert np.abs(found - wanted.x.numpy()).max() < 1e-5


def test_rounded_weights_are_those_of_the_model_too(run: Path, tmp_path: Path) -> None:
    half = omnigan.export(run, tmp_path / "half", format="onnx", dtype="bf16")
    trained = omnigan.load(half)
    session = onnxruntime.InferenceSession(half / "model.onnx")
    feeds = {**trained.latents(5, 0), **trained.generate(5).cond}
    [found] = session.run(None, {name: value.numpy() for name, value in feeds.items()})
    assert np.abs(found - trained.generate(5).x.numpy()).max() < 1e-5


def test_the_command_says_how_far_apart_they_are(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run), str(tmp_path / "a"), "--format", "onnx", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["difference"]["maximum"] < 1e-4


def test_an_unknown_format_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"format must be .*not 'onxx'. Did you mean 'onnx'\?"):
        omnigan.export(run, tmp_path / "out", format="onxx")  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("library", ["onnx", "onnxruntime", "onnxscript"])
def test_a_missing_library_is_named_with_the_way_to_get_it(
    library: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UserError) as caught:
        omnigan.export(run, tmp_path / "out", format="onnx")
    assert str(caught.value) == (
        f'An ONNX export needs {library}. Install it with: pip install "omnigan[onnx]"'
    )
    assert not (tmp_path / "out").exists()


# ---- generators that are difficult -------------------------------------------------------------


def shifted(z: Tensor, by: float) -> Tensor:
    """Return z, and something else in an export."""
    return z + by if torch.compiler.is_exporting() else z


def test_a_model_that_differs_is_refused(made: Callable[..., Trained], tmp_path: Path) -> None:
    trained = made(lambda z: shifted(z, 3e-4)[:, :2])
    with pytest.raises(OmniganError, match=r"by 0.0003, more than the tolerance of 0.0001"):
        write_onnx(trained, "mixture", tmp_path)
    close = made(lambda z: shifted(z, 3e-5)[:, :2])
    assert write_onnx(close, "mixture", tmp_path).maximum == pytest.approx(3e-5, rel=0.1)


def test_whole_numbers_must_agree_unless_they_are_undecided(
    made: Callable[..., Trained], tmp_path: Path
) -> None:
    def decided(z: Tensor) -> Tensor:
        return (shifted(z, 1.0) > 0).float()[:, :2]

    with pytest.raises(OmniganError, match="by 1, more than the tolerance"):
        write_onnx(made(decided), "mixture", tmp_path)

    def latent(self: object, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        near = torch.rand(n, 1, generator=rng) < share
        return {"z": torch.where(near, 1e-6, 1.0) * torch.randn(n, 4, generator=rng)}

    def undecided(z: Tensor) -> Tensor:
        return (shifted(z, 1e-6) > 0).float()[:, :2]

    share = 0.25  # of examples near the threshold
    found = write_onnx(made(undecided, latent=latent), "mixture", tmp_path)
    assert found.maximum == 0
    assert 0 < found.undecided <= found.examples // 2 == 12
    share = 1.0
    tried: list[int] = []
    trained = made(undecided, latent=latent)
    trained.network.register_forward_pre_hook(lambda *_: tried.append(1))
    with pytest.raises(OmniganError, match=r"of 24 examples more than 12 differ.* more training"):
        compare(trained, tmp_path / "model.onnx")
    # Four batches, and each undecided example, until there are more than may be.
    assert len(tried) == 4 + 13


def test_numbers_that_torch_does_not_hold_steady_are_undecided(
    made: Callable[..., Trained], tmp_path: Path
) -> None:
    def wild(z: Tensor) -> Tensor:
        steep = torch.where(z[:, :1] > 0.5, 1000.0, 1.0)
        return torch.sin(steep * shifted(z, 1e-6))[:, :2]

    found = write_onnx(made(wild), "mixture", tmp_path)
    assert 0 < found.undecided <= 24
    assert found.maximum <= 1e-4
    with pytest.raises(OmniganError, match="more than the tolerance"):
        write_onnx(made(lambda z: torch.sin(1000 * shifted(z, 1e-3))[:, :2]), "mixture", tmp_path)


def test_a_model_that_cannot_be_run_is_refused(
    made: Callable[..., Trained], tmp_path: Path
) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(OmniganError, match="onnxruntime cannot run the exported model: "):
        compare(made(lambda z: z), tmp_path / "model.onnx")


def test_a_network_that_cannot_be_traced_is_refused_in_one_sentence(
    made: Callable[..., Trained], tmp_path: Path
) -> None:
    def formula(z: Tensor) -> Tensor:
        return z[:, :2] if float(z.sum()) > 0 else -z[:, :2]

    with pytest.raises(OmniganError) as caught:
        write_onnx(made(formula), "mixture", tmp_path)
    text = str(caught.value)
    assert text.startswith("torch cannot export this Network as ONNX: ")
    assert "\n" not in text


def test_the_batch_has_any_size_even_where_a_network_asks_for_its_length(
    made: Callable[..., Trained], tmp_path: Path
) -> None:
    found = write_onnx(made(lambda z: z.view(len(z), 2, 2).sum(2)), "mixture", tmp_path)
    assert found == Difference(found.maximum, 24, 0)


def test_an_input_that_the_network_leaves_alone_stays_an_input(
    made: Callable[..., Trained], tmp_path: Path
) -> None:
    def latent(self: object, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        return {"z": torch.randn(n, 4, generator=rng), "idle": torch.rand(n, 3, generator=rng)}

    def standalone(self: object) -> Standalone:
        return Standalone({"idle": Draw("uniform", low=0.0, high=1.0)})

    trained = made(lambda z: z[:, :2], latent=latent, standalone=standalone)
    write_onnx(trained, "mixture", tmp_path)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    assert [each.name for each in session.get_inputs()] == ["z", "idle"]
    facts = json.loads((tmp_path / "generator.json").read_text())
    assert facts["inputs"][1]["draw"] == {"kind": "uniform", "low": 0.0, "high": 1.0}
    words = [sys.executable, "-I", tmp_path / "example.py", "--out", tmp_path / "samples"]
    assert subprocess.run(words, check=False).returncode == 0


def test_a_condition_that_nobody_says_how_to_draw_is_refused(
    made: Callable[..., Trained], tmp_path: Path
) -> None:
    def complete(self: object, cond: Any, rng: torch.Generator) -> dict[str, Tensor]:
        return {"mood": torch.ones(1)}

    with pytest.raises(OmniganError, match=r"standalone\(\) must say how a program draws 'mood'"):
        write_onnx(made(lambda z: z, complete=complete), "mixture", tmp_path)


def test_latent_whole_numbers_are_those_that_the_domain_names(
    made: Callable[..., Trained], tmp_path: Path
) -> None:
    def latent(self: object, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        return {
            "z": torch.randn(n, 4, generator=rng),
            "code": torch.randint(5, (n, 2), generator=rng),
        }

    with pytest.raises(OmniganError, match=r"standalone\(\) must say how a program draws 'code'"):
        write_onnx(made(lambda z: z[:, :2], latent=latent), "mixture", tmp_path)
    codes = Standalone({"code": Draw("choice", values=[range(5)])})
    trained = made(lambda z: z[:, :2], latent=latent, standalone=lambda self: codes)
    trained.domain.labels = lambda: ["high", "low"]  # type: ignore[method-assign]
    trained.domain.condition = lambda label, n: {"pitch": torch.ones(n)}  # type: ignore[method-assign]
    write_onnx(trained, "mixture", tmp_path)
    facts = json.loads((tmp_path / "generator.json").read_text())
    told = {each["name"]: each["draw"] for each in facts["inputs"]}["code"]
    assert told == {"kind": "choice", "values": [[0, 1, 2, 3, 4]] * 2}
    drawn = draw(facts, 1000, np.random.default_rng(0))["code"]
    assert (drawn.shape, drawn.dtype) == ((1000, 2), np.int64)
    # A fifth of 2000 numbers each, within five standard deviations.
    assert np.bincount(drawn.ravel()).tolist() == pytest.approx([400] * 5, abs=90)


def test_the_running_maximum_is_that_of_torch() -> None:
    for shape, axis in [((7,), 0), ((3, 1, 2), 1), ((2, 33, 3), 1), ((4, 5, 64), -1)]:
        x = torch.randint(9, shape)  # with many ties
        values, places = running_maximum(x, axis)
        wanted = x.cummax(axis)
        assert torch.equal(values, wanted.values)
        assert torch.equal(places, wanted.indices)
