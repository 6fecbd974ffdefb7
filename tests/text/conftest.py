"""Small networks for texts, and what is known of the texts that generators write."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan_text.config import TextConfig
from omnigan_text.domain import TextDomain
from omnigan_text.networks import (
    Critic,
    Language,
    TextGenerator,
    build_discriminator,
    build_generator,
    latent_shapes,
)
from omnigan_text.networks.config import Body, CriticBody, Discriminator, Generator

SETTINGS: dict[Body, dict[str, Any]] = {
    "recurrent": {"layers": 2},
    "memory": {"slots": 2, "heads": 2, "layers": 2},
    "transformer": {"transformer": {"n_layer": 2, "n_head": 2}},
    "one-shot": {"transformer": {"num_hidden_layers": 1, "num_attention_heads": 2}},
}
CRITIC_SETTINGS: dict[CriticBody, dict[str, Any]] = {
    "causal": {"word_dropout": 0.0},
    "convolutional": {"spans": (1, 2, 3)},
    "representations": {"spans": (1, 2), "representations": 2},
    "attention": {"transformer": {"num_attention_heads": 2, "num_hidden_layers": 1}},
    "sequential": {},
}
NETWORKS: dict[str, dict[str, Any]] = {
    "generator": {"width": 8},
    "discriminator": {"width": 8, "size": 4},
}
PHRASES = [
    f"{first} {thing} {verb} {other}."
    for first in ("red", "green", "blue", "black")
    for thing in ("ball", "house", "river", "stone", "cloud")
    for verb in ("meets", "sees")
    for other in ("rain", "snow")
]


@pytest.fixture
def critic() -> Callable[..., Critic]:
    """Return a function that makes a discriminator in which no weight is zero."""

    def make(language: Language, body: CriticBody, reward_only: bool = False) -> Critic:
        settings = Discriminator(body=body, size=4, width=4, **CRITIC_SETTINGS[body])
        network = build_discriminator(language, settings, reward_only)
        with torch.no_grad():
            for weight in network.parameters():
                weight.add_(torch.randn_like(weight) * 0.2)
        return network

    return make


@pytest.fixture
def shaken() -> Callable[..., TextGenerator]:
    """Return a function that makes a generator which uses everything that it can use."""

    def make(
        language: Language, body: Body = "recurrent", seed: int = 0, **options: Any
    ) -> TextGenerator:
        torch.manual_seed(seed)
        options = {**SETTINGS[body], **options}
        generator = build_generator(language, Generator(body=body, width=8, **options))
        texts = torch.randint(language.symbols, (9, language.length))
        labels = torch.randint(language.labels, (9,)) if language.labels else None
        generator.start_from(texts, labels)
        with torch.no_grad():
            for weight in generator.parameters():
                weight.add_(torch.randn_like(weight) * 0.4)
        return generator.eval()

    return make


@pytest.fixture
def inputs() -> Callable[..., dict[str, Tensor]]:
    """Return a function that draws what a generator is called with."""

    def draw(
        generator: TextGenerator, count: int, body: Body = "recurrent", seed: int = 1
    ) -> dict[str, Tensor]:
        rng = torch.Generator().manual_seed(seed)
        language = generator.language
        z = 0 if generator.latent is None else generator.latent.in_features
        settings = Generator(body=body, width=8, z=z, **SETTINGS[body])
        given = {
            name: torch.randn(count, *shape, generator=rng)
            for name, shape in latent_shapes(language, settings).items()
        }
        if language.labels:
            given["label"] = torch.randint(language.labels, (count,), generator=rng)
        return given

    return draw


@pytest.fixture
def noise_of() -> Callable[[TextGenerator, Tensor], Tensor]:
    """Return a function that gives the noise ``[B, 1]`` which makes texts have lengths ``[B]``."""

    def noise(generator: TextGenerator, lengths: Tensor) -> Tensor:
        assert generator.lengths is not None
        (shares,) = generator.lengths.shares.double()
        middles = shares.cumsum(0) - shares / 2
        return torch.special.ndtri(middles)[lengths].float().unsqueeze(1)

    return noise


@pytest.fixture
def every_text() -> Callable[[Language], Tensor]:
    """Return a function that lists all texts ``[N, T]`` of a language."""

    def listed(language: Language) -> Tensor:
        texts = product(range(language.symbols), repeat=language.length)
        if language.ends:
            texts = (t for t in texts if 0 not in t or not any(t[t.index(0) :]))
        return torch.tensor(list(texts))

    return listed


@pytest.fixture
def assert_drawn_from() -> Callable[[Tensor, Tensor, Tensor], None]:
    """Return a function that asserts that texts ``[M, T]`` have given probabilities."""

    def check(made: Tensor, texts: Tensor, shares: Tensor) -> None:
        """Pearson's chi-square, cells of fewer than five expected put together.

        Args:
            made: ``[M, T]``, what was drawn.
            texts: ``[N, T]``, all that may be drawn.
            shares: ``[N]``, how likely each is.
        """
        base = int(texts.max() + 1) ** torch.arange(texts.shape[1])
        codes, places = (texts * base).sum(1).sort()
        found = (made.long() * base).sum(1)
        where = torch.searchsorted(codes, found).clamp(max=len(codes) - 1)
        assert torch.equal(codes[where], found), "there are texts that may not be"
        counts = where.bincount(minlength=len(codes))
        expected = shares[places].double() * len(made)
        assert expected.sum() == pytest.approx(len(made), rel=1e-4)
        few = expected < 5
        pairs = [(counts[~few], expected[~few])]
        if expected[few].sum() >= 5:
            pairs.append((counts[few].sum()[None], expected[few].sum()[None]))
        cells = sum(len(each) for _, each in pairs)
        square = sum(float(((c - e).square() / e).sum()) for c, e in pairs)
        assert square < cells + 4 * (2 * cells) ** 0.5

    return check


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., TextDomain]:
    """Return a function that makes a resolved domain of a file, or of a folder of two."""

    def make(source: str | None = None, labelled: bool = False, **sections: Any) -> TextDomain:
        folder = tmp_path / "texts"
        for name, lines in (("long", PHRASES), ("short", [f"{p[:-1]}" for p in PHRASES[::2]])):
            path = folder / (name if labelled else "") / "all.txt"
            if labelled or name == "long":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("\n".join(lines), encoding="utf-8")
        data: dict[str, Any] = {"source": source or str(folder), "tokenizer": {"least": 1}}
        if labelled:
            data["labels"] = "folder"
        given = {"data": data | sections.pop("data", {})}
        given |= {name: NETWORKS[name] | sections.pop(name, {}) for name in NETWORKS}
        return TextDomain(TextConfig.model_validate(given)).resolve()

    return make
