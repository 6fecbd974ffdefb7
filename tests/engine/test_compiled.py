"""Compiled networks learn what the plain ones learn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from torch import nn

from omnigan.domain import Domain
from omnigan.engine.compiled import calls_of
from omnigan.errors import UserError
from omnigan.plugins import load_domain
from omnigan.recipe.load import load_recipe

# Of torch itself, as it imports what compiles and traces functions with derivatives of their own.
pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning"),
]

Points = Callable[..., Domain]
COMPILE = torch.compile
EVERY_PENALTY = {
    "r1": {"weight": 0.5},
    "r2": {"interval": 2},
    "gradient-penalty": {"weight": 0.1},
    "finite-difference-r1": {"weight": 0.1},
}


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torch trace and differentiate as ever, and run the graphs without generating code.

    A thousandth of the time, and the same numbers as without to the last bits.
    """

    def fast(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        return COMPILE(function, backend="aot_eager", dynamic=options["dynamic"])

    torch.compiler.reset()
    monkeypatch.setattr(torch, "compile", fast)


def _both(game: Any, domain: Domain, steps: int, **options: Any) -> tuple[Any, Any]:
    plain = game.after(domain, steps, **options)
    return plain, game.after(domain, steps, compile="default", **options)


def _assert_same(game: Any, plain: Any, compiled: Any, within: float = 1e-4) -> None:
    for name in ("generator", "discriminator", "average"):
        pairs = zip(*(game.weights(getattr(each, name)) for each in (plain, compiled)), strict=True)
        for before, after in pairs:
            torch.testing.assert_close(after, before, rtol=within, atol=within / 10)


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize(("precision", "within"), [("fp32", 1e-4), ("bf16", 3e-3)])
def test_every_penalty_is_the_same(
    game: Any, points: Points, precision: str, within: float
) -> None:
    domain = points(data={"labels": True})
    options = {"penalties": EVERY_PENALTY, "precision": precision, "accumulate": 2}
    plain, compiled = _both(game, domain, 4, **options)
    assert compiled.calls.slopes is not None
    _assert_same(game, plain, compiled, within)


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("image", {"augment": 0.7}),
        ("text", {}),  # penalties look at embeddings
        ("audio", {}),
        ("music", {}),
    ],
)
def test_the_domains_learn_the_same(
    game: Any,
    tiny_recipe: Callable[[str, Path], dict[str, Any]],
    tmp_path: Path,
    name: str,
    options: dict[str, Any],
) -> None:
    recipe = tiny_recipe(name, tmp_path)
    sections = {key: recipe.get(key, {}) for key in ("data", "generator", "discriminator")}
    if name == "text":
        sections["discriminator"]["word_dropout"] = 0.0  # the two draw it from different numbers
    domain_class = load_domain(name)
    domain = domain_class(domain_class.Config.model_validate(sections)).resolve()
    penalties = {"r1": {"weight": 0.5}, "r2": {"weight": 0.5}}
    options |= {"batch_size": 4, "penalties": penalties, "rate": 1e-3}
    plain, compiled = _both(game, domain, 2, **options)
    _assert_same(game, plain, compiled)


@pytest.mark.usefixtures("traced")
def test_a_discriminator_that_changes_buffers_leaves_its_slopes_to_autograd(
    game: Any, points: Points
) -> None:
    class Normalised(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(
                nn.utils.parametrizations.spectral_norm(nn.Linear(2, 8)),
                nn.LeakyReLU(0.2),
                nn.Linear(8, 1),
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.layers(x)[:, 0]
            return logits

    domain = points()
    domain.discriminator = Normalised  # type: ignore[method-assign]
    plain, compiled = _both(game, domain, 3, penalties={"r1": {"weight": 1.0}})
    assert compiled.calls.slopes is None
    _assert_same(game, plain, compiled)


@pytest.mark.skipif(not shutil.which("g++"), reason="it needs a C++ compiler")
def test_generated_code_has_the_same_derivatives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    # Trying out which vector instructions there are takes longer than all the rest.
    monkeypatch.setattr("torch._inductor.cpu_vec_isa.valid_vec_isa_list", list)
    torch.compiler.reset()
    critic = nn.Sequential(nn.Linear(3, 4), nn.Softplus(), nn.Linear(4, 1))
    slopes = calls_of(nn.Identity(), critic, "default").slopes
    assert slopes is not None
    x = torch.randn(5, 3, requires_grad=True)
    compiled = slopes(x)
    (plain,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    torch.testing.assert_close(compiled, plain)
    weights = [critic[0].weight, critic[0].bias, critic[2].weight]
    found, expected = (torch.autograd.grad(y.square().sum(), weights) for y in (compiled, plain))
    torch.testing.assert_close(found, expected)
    assert any(tmp_path.rglob("*.cpp")), "code was generated"


def test_its_weights_keep_their_names(game: Any, points: Points) -> None:
    plain, compiled = _both(game, points(), 0)
    assert list(compiled.generator.state_dict()) == list(plain.generator.state_dict())
    assert compiled.calls.generate is not compiled.generator


def test_results_of_graphs_that_are_played_again_are_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with CUDA graphs, every call writes to the same place here."""
    place = torch.zeros(3)

    def replayed(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        return lambda **named: place.add_(1)

    monkeypatch.setattr(torch, "compile", replayed)
    calls = calls_of(nn.Identity(), nn.Linear(1, 1), "reduce-overhead")
    first = calls.generate()
    calls.generate()
    assert first.tolist() == [1, 1, 1]


def test_a_failure_is_said_in_words(
    game: Any, points: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(graph: Any, inputs: Any) -> NoReturn:
        raise RuntimeError("no compiler here\nand more about it")

    torch.compiler.reset()
    monkeypatch.setattr(torch, "compile", lambda function, **_: COMPILE(function, backend=broken))
    with pytest.raises(UserError, match=r"train\.compile.*no compiler here.*train\.compile=none"):
        game.after(points(), 1, compile="default")


def test_only_known_modes_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("domain: image\ntrain: {compile: fast}\n")
    with pytest.raises(UserError, match=r"none.*default.*reduce-overhead.*max-autotune"):
        load_recipe(str(path))
