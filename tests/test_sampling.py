"""A trained run gives samples that depend on the seed and their number alone."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnigan import api
from omnigan.errors import UserError


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {}


@pytest.fixture
def trained(
    mixture: ModuleType,
    mixture_recipe: dict[str, Any],
    folders: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[bool], Path]:
    """Return a function that gives a run, conditional or not, trained once."""

    def get(labels: bool = True) -> Path:
        name = str(labels)
        if name not in folders:
            out = tmp_path_factory.mktemp("runs") / name
            folders[name] = api.train(mixture_recipe, [f"data.labels={labels}"], out=out)
        return folders[name]

    return get


def _labels(batch: Any) -> list[int]:
    return [int(value) for value in batch.cond["label"]]


# ---- samples -----------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [False, True])
def test_a_sample_does_not_depend_on_how_many_there_are(
    trained: Callable[..., Path], labels: bool
) -> None:
    loaded = api.load(trained(labels))
    many = loaded.generate(40, seed=3)
    for n in (1, 2, 15, 16, 17, 33):
        some = loaded.generate(n, seed=3)
        assert torch.equal(some.x, many.x[:n])
        assert some.cond.keys() == many.cond.keys()
        if labels:
            assert _labels(some) == _labels(many)[:n]
    assert not torch.equal(many.x, loaded.generate(40, seed=4).x)
    assert len({tuple(point) for point in many.x.tolist()}) == 40
    again = api.load(trained(labels)).generate(40, seed=3)
    assert torch.equal(again.x, many.x)


@pytest.mark.parametrize("labels", [False, True])
def test_latents_are_drawn_chunk_by_chunk_and_give_the_same(
    trained: Callable[..., Path], labels: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = api.load(trained(labels))
    many = loaded.generate(40, seed=3)
    at_once = loaded.decode({**loaded.latents(40, 3), **many.cond})
    assert torch.equal(many.x, at_once)
    if labels:
        assert torch.equal(loaded.generate_for(many.cond, 3).x, at_once)
    waiting = most = 0
    latent, network = loaded.domain.latent, loaded.network.forward

    def draw(n: int, rng: torch.Generator) -> dict[str, torch.Tensor]:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        return latent(n, rng)

    def run(**inputs: torch.Tensor) -> torch.Tensor:
        nonlocal waiting
        waiting = 0
        return network(**inputs)

    monkeypatch.setattr(loaded.domain, "latent", draw)
    monkeypatch.setattr(loaded.network, "forward", run)
    assert torch.equal(loaded.generate(40, seed=3).x, at_once)
    assert most <= 17  # a chunk, and one to learn their names


def test_a_label_is_kept_and_none_means_one_drawn_for_each(
    trained: Callable[..., Path],
) -> None:
    loaded = api.load(trained())
    three = loaded.generate(5, seed=1, label="mode-3")
    assert _labels(three) == [3] * 5
    assert not torch.equal(three.x, loaded.generate(5, seed=1, label="mode-4").x)
    drawn = _labels(loaded.generate(200, seed=1))
    assert set(drawn) == set(range(8))
    place = drawn.index(3)
    alone = loaded.generate(200, seed=1, label="mode-3").x[place]
    assert torch.equal(alone, loaded.generate(200, seed=1).x[place])


def test_labels_nobody_asks_for_come_in_the_shares_of_the_data(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run = Path(shutil.copytree(trained(), tmp_path / "run"))
    config = json.loads((run / "config.json").read_text())
    counts = [6, 3, 1, 0, 0, 0, 0, 0]
    (run / "config.json").write_text(json.dumps(config | {"label_counts": counts}))
    loaded = api.load(run)
    drawn = _labels(loaded.generate(40, seed=3))
    assert [drawn.count(label) for label in range(8)] == [24, 12, 4, 0, 0, 0, 0, 0]
    assert _labels(loaded.generate(7, seed=3)) == drawn[:7]
    assert {_labels(loaded.generate(1, seed=seed))[0] for seed in range(30)} == {0, 1, 2}
    out = api.export(run, tmp_path / "export")
    assert json.loads((out / "config.json").read_text())["label_counts"] == counts
    assert torch.equal(api.load(out).generate(40, seed=3).x, loaded.generate(40, seed=3).x)


def test_a_run_keeps_how_many_examples_have_each_label(
    mixture: ModuleType, mixture_recipe: dict[str, Any], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(mixture.MixtureDomain, "label_counts", lambda self: (3, *[1] * 7))
    run = api.train(mixture_recipe, ["data.labels=true", "train.steps=1"], out=tmp_path / "run")
    assert api.load(run).label_counts == (3, 1, 1, 1, 1, 1, 1, 1)


def test_what_cannot_be_sampled_is_a_mistake(trained: Callable[..., Path]) -> None:
    loaded, plain = api.load(trained()), api.load(trained(False))
    with pytest.raises(UserError, match=r"no label 'mode3'\. Did you mean 'mode-3'\? Labels: "):
        loaded.generate(1, label="mode3")
    with pytest.raises(UserError, match=r"no label 'MODE-3'\. Did you mean 'mode-3'\?"):
        loaded.generate(1, label="MODE-3")
    with pytest.raises(UserError, match="This generator has no labels"):
        plain.generate(1, label="mode-3")
    for n, seed in ((0, 0), (-1, 0), (1, -1), (1, 2**63)):
        with pytest.raises(UserError, match=f"not {n if n < 1 else seed}"):
            plain.generate(n, seed=seed)


def test_sampling_leaves_chance_and_weights_alone(trained: Callable[..., Path]) -> None:
    before = torch.get_rng_state()
    loaded = api.load(trained())
    first = loaded.generate(3, seed=2).x
    torch.manual_seed(99)
    assert torch.equal(first, loaded.generate(3, seed=2).x)
    torch.set_rng_state(before)
    loaded.generate(3)
    assert torch.equal(before, torch.get_rng_state())


def test_a_wish_replaces_what_would_have_been_drawn(trained: Callable[..., Path]) -> None:
    loaded = api.load(trained())
    with pytest.raises(UserError, match=r"condition red: .* no conditions but its labels"):
        loaded.generate(1, wishes=["red"])
    z = torch.tensor([[3.0, -1.0, 0.5, 2.0]])
    wanted = {"z": {"z": z}, "five": {"label": torch.tensor([5])}}
    loaded.domain.ask = lambda wish, rng: wanted[wish]  # type: ignore[method-assign]
    fifth = loaded.generate(3, seed=1, label="mode-2", wishes=["five"])
    assert _labels(fifth) == [5, 5, 5]
    assert torch.equal(fifth.x, loaded.generate(3, seed=1, label="mode-5").x)
    alike = loaded.generate(2, seed=1, label="mode-2", wishes=["z"])
    assert alike.cond.keys() == {"label"}
    torch.testing.assert_close(alike.x, loaded.network(z, torch.tensor([2])).expand(2, 2))


@pytest.mark.parametrize(
    ("asked", "at_once"),
    [
        ({"label": torch.tensor([5])}, 16),
        ({"z": torch.zeros(1, 4)}, 16),  # as many numbers as without a wish
        ({"z": torch.zeros(1, 16)}, 4),
        ({"z": torch.zeros(1, 4000)}, 1),
        ({"other": torch.zeros(1, 2, 2)}, 8),  # twice an example
    ],
)
def test_what_was_asked_for_is_made_in_chunks_of_bounded_numbers(
    trained: Callable[..., Path], asked: dict[str, torch.Tensor], at_once: int
) -> None:
    loaded = api.load(trained())
    sizes = []

    def run(**inputs: torch.Tensor) -> torch.Tensor:
        sizes.extend({len(value) for value in inputs.values()})
        return torch.zeros(len(inputs["z"]), 2)

    loaded.network.forward = run
    loaded.domain.ask = lambda wish, rng: asked  # type: ignore[method-assign]
    assert len(loaded.generate(17, wishes=["it"]).x) == 17
    assert set(sizes) == {at_once}
    assert len(sizes) == -(-17 // at_once)


def test_what_a_label_leaves_open_is_drawn_for_each_example(trained: Callable[..., Path]) -> None:
    loaded = api.load(trained())

    def complete(cond: Any, rng: torch.Generator) -> Any:
        return {"label": (cond["label"] + torch.randint(2, (1,), generator=rng)) % 8}

    loaded.domain.complete = complete  # type: ignore[method-assign]
    many = loaded.generate(20, seed=1, label="mode-3")
    assert set(_labels(many)) == {3, 4}
    assert _labels(loaded.generate(7, seed=1, label="mode-3")) == _labels(many)[:7]
    assert _labels(loaded.generate(20, seed=2, label="mode-3")) != _labels(many)


def test_samples_come_as_objects_and_as_files(trained: Callable[..., Path], tmp_path: Path) -> None:
    loaded = api.load(trained())
    assert len(loaded.sample(3)) == 3
    (artifact,) = loaded.render(loaded.generate(3).x, tmp_path / "new" / "folder")
    assert len(artifact.path.read_text().splitlines()) == 3


def test_one_checkpoint_can_be_loaded_by_its_folder(trained: Callable[..., Path]) -> None:
    run = trained()
    for folder in sorted((run / "checkpoints").iterdir()):
        assert api.load(folder).step == int(folder.name[-8:])


# ---- what is not a run -------------------------------------------------------------------------


def test_what_is_no_run_is_a_mistake(
    trained: Callable[..., Path], tmp_path: Path, mixture: ModuleType
) -> None:
    with pytest.raises(UserError, match="There is no run folder"):
        api.load(tmp_path / "absent")
    with pytest.raises(UserError, match=r"is not a run of omnigan: it has no config\.json"):
        api.load(tmp_path)
    with pytest.raises(UserError, match=r"There is no run folder '.*json': it is a file\."):
        api.load(trained() / "config.json")
    with pytest.raises(UserError, match=rf"Did you mean '{trained()}'\?"):
        api.load(f"{trained()}e")
    with pytest.raises(UserError, match=rf"is no run, but holds some, such as {trained().parent}/"):
        api.load(trained().parent)
    (tmp_path / "config.json").write_bytes((trained() / "config.json").read_bytes())
    with pytest.raises(UserError, match=r"can be loaded: .* first one after log\.checkpoint_every"):
        api.load(tmp_path)
    with pytest.raises(UserError, match=r"^device: 'meta' cannot be used here"):
        api.load(trained(), device="meta")


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a tree."""
    children: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        children = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [path, *(place for key, child in children for place in _places(child, (*path, key)))]


def _changed(tree: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    """Return a copy in which the parent of a place was changed; the root is in a list."""
    root = [copy.deepcopy(tree)]
    parent: Any = root
    key: Any = 0
    for step in path:
        parent, key = parent[key], step
    change(parent, key)
    return root[0] if root else None


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.sampled_from([-(2**70), 0.5, float("nan"), float("inf")])
    | st.text(max_size=4)
    | st.sampled_from(["ring", "grid", "music", "mixture", "normal", "..", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
many = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(data=st.data())
def test_a_config_edited_by_hand_loads_or_is_a_mistake(
    trained: Callable[..., Path], data: st.DataObject
) -> None:
    run = trained()
    text = (run / "config.json").read_text()
    tree = json.loads(text)
    place = data.draw(st.sampled_from(_places(tree)))
    value = data.draw(odd)
    changes: dict[str, Callable[[Any, Any], None]] = {
        "delete": lambda parent, key: parent.__delitem__(key),
        "replace": lambda parent, key: parent.__setitem__(key, value),
    }
    change = changes[data.draw(st.sampled_from(sorted(changes)))]
    _loads_or_complains(run, json.dumps(_changed(tree, place, change)), text)


@many
@given(cut=st.integers(0, 400), junk=st.text(max_size=8), rest=st.integers(0, 400))
def test_a_torn_config_is_a_mistake(
    trained: Callable[..., Path], cut: int, junk: str, rest: int
) -> None:
    run = trained()
    text = (run / "config.json").read_text()
    _loads_or_complains(run, text[:cut] + junk + text[cut + rest :], text)


def _loads_or_complains(run: Path, changed: str, text: str) -> None:
    try:
        (run / "config.json").write_text(changed, encoding="utf-8", errors="surrogatepass")
        with suppress(UserError):
            assert api.load(run).generate(2).x.shape == (2, 2)
    finally:
        (run / "config.json").write_text(text)


def test_a_network_that_cannot_be_built_is_a_mistake(
    trained: Callable[..., Path], mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained()  # by the true network, should this be the first test of its process
    monkeypatch.setattr(mixture, "Writer", lambda *args: torch.empty(-3))
    with pytest.raises(UserError, match=r"config\.json: no generator can be built .*negative"):
        api.load(run)


def test_a_config_that_no_longer_fits_the_weights_is_named(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    run = Path(shutil.copytree(trained(), tmp_path / "run"))
    values = json.loads((run / "config.json").read_text())
    values["config"]["generator"]["width"] *= 2  # which is allowed, but was not trained
    (run / "config.json").write_text(json.dumps(values))
    with pytest.raises(UserError) as caught:
        api.load(run)
    assert "ema.safetensors does not fit the networks of this recipe: " in str(caught.value)
    assert str(caught.value).endswith(
        f" Has {run / 'config.json'} been edited, or is it of another run?"
    )


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000, '{"format": 1}', "\x00"])
def test_json_that_is_no_config_is_a_mistake(trained: Callable[..., Path], text: str) -> None:
    run = trained()
    whole = (run / "config.json").read_text()
    (run / "config.json").write_text(text)
    try:
        with pytest.raises(UserError, match=r"config\.json"):
            api.load(run)
    finally:
        (run / "config.json").write_text(whole)
