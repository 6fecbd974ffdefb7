"""The text domain: from text files to texts, as sequences of symbols."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from omnigan.dataset_domain import DatasetDomain
from omnigan.domain import (
    Artifact,
    Batch,
    BatchSource,
    DomainConfig,
    Draw,
    FileExamples,
    Judgements,
    Metric,
    Notify,
    Space,
    Standalone,
    silent,
)
from omnigan.errors import NoDensity
from omnigan_text.config import TextConfig

if TYPE_CHECKING:
    from omnigan_text.data import Text
    from omnigan_text.data_config import TextData
    from omnigan_text.networks import Language
    from omnigan_text.tokens import Codec

__all__ = ["TextDomain"]

LOOKED_AT = 20_000
"""Training texts whose symbols a fresh generator starts from."""


class TextDomain(DatasetDomain):
    """Texts as ids ``[T]`` of symbols: words, characters, bytes, or pieces of words."""

    Config: ClassVar[type[DomainConfig]] = TextConfig
    DEFAULTS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "train": {
            "batch_size": 64,
            # A pair of texts has nothing in common but its place in the batch; where each symbol is
            # judged, comparing the two adds noise.
            "loss": "non-saturating",
            "rate": {"start": 2e-3, "end": 1e-4},
            "discriminator_rate": {"start": 6e-3, "end": 1e-3},
            "penalties": {
                "r1": {"weight": 0.03, "interval": 4},
                "r2": {"weight": 0.03, "interval": 4},
            },
            "terms": {"frequencies": 0.0},
        },
        "log": {"samples": 32},
    }
    PIPELINE: ClassVar[str | None] = "text-generation"
    config: TextConfig

    # ---- data ------------------------------------------------------------------------------

    def load(self, notify: Notify = silent) -> tuple[TextData, Text]:
        from omnigan_text.data import load_text

        return load_text(self.config.data, notify)

    @property
    def space(self) -> Space:
        codec = self.codec  # which refuses a vocabulary that is not the model's
        return Space((codec.length,), 0.0, codec.symbols - 1.0, symbols=codec.symbols)

    @property
    def language(self) -> Language:
        """What the networks are made for."""
        from omnigan_text.networks import Language

        data = self.config.data
        return Language(data.symbols, data.tokens, data.ends, len(self.labels()))

    @cached_property
    def codec(self) -> Codec:
        """From texts to ids and back."""
        from omnigan_text.tokens import Codec

        return Codec.of(self.config.data)

    # ---- networks --------------------------------------------------------------------------

    def generator(self) -> nn.Module:
        from omnigan_text.networks import build_generator

        return build_generator(self.language, self.config.generator)

    def discriminator(self) -> nn.Module:
        from omnigan_text.networks import build_discriminator

        rewards = self.config.generator.estimator == "reinforce"
        return build_discriminator(self.language, self.config.discriminator, rewards)

    def initialise(self, generator: nn.Module, discriminator: nn.Module) -> None:
        from omnigan_text.networks import TextGenerator

        assert isinstance(generator, TextGenerator)
        texts = self._some_texts()
        generator.start_from(texts.x, texts.cond.get("label"))

    def _some_texts(self) -> Batch:
        """Return up to about ``LOOKED_AT`` training texts, spread over all of them."""
        source = self.source("train")
        assert isinstance(source, BatchSource)
        places = range(0, len(source), max(1, len(source) // LOOKED_AT))
        return source.read_batch(places, torch.Generator().manual_seed(0))

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        from omnigan_text.networks import latent_shapes

        shapes = latent_shapes(self.language, self.config.generator)
        return {name: torch.randn(n, *shape, generator=rng) for name, shape in shapes.items()}

    def controls(self, progress: float) -> dict[str, float]:
        from omnigan_text.networks.config import relaxation_at

        return {"relaxation": relaxation_at(self.config.generator.relaxation, progress)}

    def generator_terms(
        self, generated: Tensor, real: Batch, judged: Judgements, progress: float
    ) -> dict[str, Tensor]:
        from omnigan_text.networks.reinforce import reinforce_term
        from omnigan_text.terms import frequency_gap

        wanted = self._rates.to(generated.device)
        terms = {"frequencies": frequency_gap(generated, wanted, self.language)}
        options = self.config.generator
        if options.estimator == "reinforce":
            logits, ends = judged.generated.logits, self.config.data.ends
            terms["reinforce"] = reinforce_term(generated, logits, options.discount, ends)
        return terms

    @cached_property
    def _rates(self) -> Tensor:
        """How many times each symbol stands in a training text."""
        from omnigan_text.terms import rates

        return rates(self._some_texts().x, self.language)

    def log_likelihood(self, generator: nn.Module, batch: Batch, rng: torch.Generator) -> Tensor:
        """See :meth:`omnigan.domain.Domain.log_likelihood`.

        With a latent vector it is the likelihood given one drawn from ``rng``, whose mean is a
        lower bound.
        """
        from omnigan_text.networks import Writer, latent_shapes

        if not isinstance(generator, Writer):
            raise NoDensity(
                "write generator.body: recurrent, memory or transformer instead of "
                f"{self.config.generator.body}, which writes all places at once"
            )
        shapes = latent_shapes(self.language, self.config.generator)
        given = {name: value.to(batch.x.device) for name, value in batch.cond.items()}
        if "z" in shapes:
            drawn = torch.randn(len(batch), *shapes["z"], generator=rng)
            given["z"] = drawn.to(batch.x.device)
        return generator.log_likelihood(batch.x, **given)

    def tokens(self, x: Tensor) -> Tensor:
        from omnigan_text.metrics.likelihood import lengths

        return lengths(x, self.config.data.ends)

    # ---- conditions ------------------------------------------------------------------------

    def labels(self) -> Sequence[str]:
        return self.config.data.label_names or ()

    def ask(self, wish: str, rng: torch.Generator) -> dict[str, Tensor]:
        from omnigan_text.wishes import prefix_wished, temperature_wished

        name, _, value = wish.partition("=")
        if name == "temperature":
            return {"temperature": temperature_wished(value)}
        if name == "prefix":
            return {"prefix": prefix_wished(value, self.codec, self.config)}
        return super().ask(wish, rng)

    # ---- what comes out --------------------------------------------------------------------

    def render_many(self, x: Tensor, folder: Path, notify: Notify) -> list[Artifact]:
        from omnigan_text.render import render

        return render(self.codec.texts(x), folder, notify)

    def overview(self, x: Tensor, folder: Path) -> list[Artifact]:
        from omnigan_text.render import render_overview

        return render_overview(self.codec.texts(x), folder)

    def preview(self, x: Tensor, folder: Path) -> list[Artifact]:
        from omnigan_text.render import render_overview

        return render_overview(self.codec.texts(x), folder, self.labels())

    def animate(self, x: Tensor, folder: Path) -> list[Artifact]:
        return self.overview(x, folder)

    def objects(self, x: Tensor) -> list[Any]:
        """Return texts as ``str``."""
        return list(self.codec.texts(x))

    def file_endings(self) -> Collection[str]:
        from omnigan_text.data.sources import ENDINGS

        return {*ENDINGS, *(f"{ending}.gz" for ending in ENDINGS)}

    def read_file(self, path: Path) -> FileExamples:
        from omnigan_text.data import read_file

        return read_file(path, self.config.data, self.codec)

    def assets(self) -> Mapping[str, bytes]:
        vocabulary = self.config.data.vocabulary
        return {"tokenizer.json": vocabulary.encode()} if vocabulary else {}

    def standalone(self) -> Standalone:
        from omnigan_text.pieces import text_facts

        temperature = Draw("setting", low=0.1, high=3.0, usual=1.0)
        show = text_facts(self.config.data, self.codec)
        return Standalone({"temperature": temperature}, show, writer="omnigan_text.text_file")

    # ---- measures --------------------------------------------------------------------------

    def embed(self, x: Tensor) -> Tensor:
        from omnigan_text.embedding import embed

        return embed(self.codec.texts(x))

    def feature_networks(self) -> Mapping[str, Callable[[], nn.Module]]:
        from omnigan_text.minilm import MiniLM

        return {"minilm": lambda: MiniLM(self.codec.texts)}

    @cached_property
    def _suite(self) -> Mapping[str, Metric]:
        from omnigan_text.metrics import suite
        from omnigan_text.oracle import Oracle

        data = self.config.data
        oracle = Oracle.of(data.oracle) if data.source == "oracle" else None
        return suite(self.codec, oracle=oracle, grammar=data.source == "arithmetic")

    def metrics(self) -> Mapping[str, Metric]:
        return self._suite

    def curves(self) -> Sequence[tuple[str, str]]:
        if self.config.data.source == "oracle":
            return [("oracle likelihood", "held-out likelihood nats a token")]
        return [
            ("language-model score", "reverse language-model score"),
            ("BLEU 5", "self-BLEU 5"),
        ]

    def health(self, x: Tensor) -> list[str]:
        from omnigan_text.health import health

        return health(x, self.codec, self.config.data.long == "cut")
