"""Networks of the text domain."""

from __future__ import annotations

from omnigan_text.networks.attention import AttentionCritic
from omnigan_text.networks.causal import CausalCritic
from omnigan_text.networks.config import Discriminator, Generator
from omnigan_text.networks.convolutional import ConvolutionalCritic
from omnigan_text.networks.critic import Critic
from omnigan_text.networks.generator import TextGenerator
from omnigan_text.networks.language import END, Language
from omnigan_text.networks.memory import MemoryWriter
from omnigan_text.networks.one_shot import OneShotWriter
from omnigan_text.networks.recurrent import RecurrentWriter
from omnigan_text.networks.representations import RepresentationCritic
from omnigan_text.networks.sequential import SequentialCritic
from omnigan_text.networks.transformer import TransformerWriter
from omnigan_text.networks.writer import Writer

__all__ = [
    "END",
    "Critic",
    "Language",
    "OneShotWriter",
    "TextGenerator",
    "Writer",
    "build_discriminator",
    "build_generator",
    "latent_shapes",
]


def build_generator(language: Language, options: Generator) -> TextGenerator:
    """Return the generator that a recipe names, with fresh weights.

    Its random inputs are those of :func:`latent_shapes`.

    Args:
        language: What it writes.
        options: The recipe's section.
    """
    width, z, estimator = options.channels(), options.latent(), options.estimator
    if options.body == "recurrent":
        return RecurrentWriter(language, width, options.layers, z, estimator)
    if options.body == "memory":
        return MemoryWriter(
            language,
            width,
            slots=options.slots,
            heads=options.heads,
            layers=options.layers,
            z=z,
            estimator=estimator,
        )
    if options.body == "transformer":
        return TransformerWriter(language, width, z, estimator, options.transformer)
    return OneShotWriter(language, width, z, estimator, options.transformer)


def build_discriminator(
    language: Language, options: Discriminator, reward_only: bool = False
) -> Critic:
    """Return the discriminator that a recipe names, with fresh weights.

    Args:
        language: What it reads.
        options: The recipe's section.
        reward_only: Whether it passes no gradient to the generator.
    """
    critic = _critic(language, options)
    critic.reward_only = reward_only
    return critic


def _critic(language: Language, options: Discriminator) -> Critic:
    size, width, spans = options.size, options.channels(), options.spans
    if options.body == "causal":
        return CausalCritic(language, size, width, options.word_dropout)
    if options.body == "convolutional":
        return ConvolutionalCritic(language, size, width, spans)
    if options.body == "representations":
        return RepresentationCritic(language, size, width, spans, options.representations)
    if options.body == "attention":
        return AttentionCritic(language, size, width, options.transformer)
    return SequentialCritic(language, size, width)


def latent_shapes(language: Language, options: Generator) -> dict[str, tuple[int, ...]]:
    """Return the generator's random inputs by name, each without the batch axis.

    All are normal noise.

    Args:
        language: What it writes.
        options: The recipe's section.
    """
    shapes: dict[str, tuple[int, ...]] = {"noise": (language.length, language.symbols)}
    if language.ends:
        shapes["length"] = (1,)
    if options.latent():
        shapes["z"] = (options.latent(),)
    return shapes
