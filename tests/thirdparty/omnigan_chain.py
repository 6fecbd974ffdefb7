"""A discrete domain as a third party would write it: words of a Markov chain over four letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import one_hot

from omnigan import Artifact, Batch, Domain, DomainConfig, Metric, Section, Source, Space
from omnigan.domain import Density, Draw, Split, Standalone
from omnigan.errors import NoDensity, UserError

LETTERS = "abcd"
LENGTH = 6
FIRST = torch.tensor([0.4, 0.3, 0.2, 0.1])
NEXT = torch.tensor(
    [[0.1, 0.6, 0.2, 0.1], [0.1, 0.1, 0.6, 0.2], [0.2, 0.1, 0.1, 0.6], [0.6, 0.2, 0.1, 0.1]]
)


class Data(Section):
    """How many words; ``held_out`` of them for the other split."""

    examples: int = Field(default=2000, ge=1)
    held_out: int = Field(default=1000, ge=0)


class Generator(Section):
    """A table of logits, which starts with random ones of this size.

    Without ``density`` it does not tell its likelihood; ``heat`` is the scheduled temperature of
    the relaxation at the start of a run, which ends with 1.
    """

    scale: float = Field(default=0.1, ge=0)
    density: bool = True
    heat: float = Field(default=1.0, gt=0)


class Discriminator(Section):
    """Width of the embedding and of the layer behind it."""

    embedding: int = Field(default=3, ge=1)
    width: int = Field(default=16, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Config(DomainConfig):
    """Everything in a recipe that is this domain's."""

    data: Data = Data()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()


def log_probability(x: Tensor) -> Tensor:
    """Return the chain's own log-probability ``[N]`` of words ``[N, 6]``, in nats."""
    ids = x.long()
    return FIRST.log()[ids[:, 0]] + NEXT.log()[ids[:, :-1], ids[:, 1:]].sum(1)


def entropy() -> float:
    """Return the chain's entropy in nats a letter."""
    total, share = -float((FIRST * FIRST.log()).sum()), FIRST
    for _ in range(LENGTH - 1):
        total += -float((share @ (NEXT * NEXT.log())).sum())
        share = share @ NEXT
    return total / LENGTH


def words(n: int, seed: int) -> Tensor:
    """Return words of the chain ``[n, 6]``."""
    rng = torch.Generator().manual_seed(seed)
    letters = [torch.multinomial(FIRST.expand(n, -1), 1, generator=rng)]
    for _ in range(LENGTH - 1):
        letters.append(torch.multinomial(NEXT[letters[-1][:, 0]], 1, generator=rng))
    return torch.cat(letters, 1).float()


class Words:
    """A split."""

    def __init__(self, x: Tensor) -> None:
        self.x = x

    def __len__(self) -> int:
        return len(self.x)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        return Batch(self.x[index])


class Table(nn.Module):
    """Writes letter after letter, each by the logits that belong to its place and the last one."""

    def __init__(self, options: Generator) -> None:
        super().__init__()
        self.first = nn.Parameter(options.scale * torch.randn(4))
        self.next = nn.Parameter(options.scale * torch.randn(LENGTH - 1, 4, 4))

    def forward(
        self,
        noise: Tensor,
        heat: float = 1.0,
        temperature: Tensor | None = None,
        prefix: Tensor | None = None,
    ) -> Tensor:
        """Return words ``[B, 6]``, in training one-hot rows that pass gradient on."""
        cool = 1.0 if temperature is None else 1 / temperature[:, None]
        made: list[Tensor] = []
        for place in range(LENGTH):
            logits = self.first if not made else made[-1] @ self.next[place - 1]
            soft = ((logits * cool + noise[:, place]) / heat).softmax(1)
            hard = one_hot(soft.argmax(1), 4).float()
            if prefix is not None:
                given = prefix[:, place, None]
                hard = torch.where(given >= 0, one_hot(given[:, 0].clamp(0).long(), 4), hard)
            made.append(hard + soft - soft.detach() if self.training else hard)
        letters = torch.stack(made, 1)
        return letters if self.training else letters.argmax(2).float()

    def log_likelihood(self, x: Tensor, temperature: Tensor | None = None) -> Tensor:
        """Return the log-likelihood ``[N]`` of words ``[N, 6]``."""
        cool = 1.0 if temperature is None else 1 / temperature[:, None, None]
        ids = x.long()
        later = self.next[torch.arange(LENGTH - 1), ids[:, :-1]]
        logits = torch.cat([self.first.expand(len(x), 1, 4), later], 1) * cool
        return logits.log_softmax(2).gather(2, ids[:, :, None]).sum((1, 2))


class Judge(nn.Module):
    """Looks at the letters' embeddings."""

    def __init__(self, options: Discriminator) -> None:
        super().__init__()
        self.letters = nn.Parameter(torch.randn(4, options.embedding))
        self.body = nn.Sequential(
            nn.Linear(LENGTH * options.embedding, options.width),
            nn.Tanh(),
            nn.Dropout(options.dropout),
            nn.Linear(options.width, 1),
        )

    def embed(self, x: Tensor) -> Tensor:
        relaxed = x if x.dim() == 3 else one_hot(x.long(), 4).float()
        return relaxed @ self.letters

    def judge(self, embedded: Tensor) -> Tensor:
        return self.body(embedded.flatten(1)).squeeze(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.judge(self.embed(x))


class ChainDomain(Domain):
    """Words of six letters."""

    Config = Config
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"train": {"batch_size": 64}}
    HEADLINE = "true likelihood"
    config: Config

    @property
    def space(self) -> Space:
        return Space((LENGTH,), 0, 3, symbols=4)

    def source(self, split: Split) -> Source:
        data = self.config.data
        return Words(words(data.examples, 0) if split == "train" else words(data.held_out, 1))

    def generator(self) -> nn.Module:
        return Table(self.config.generator)

    def discriminator(self) -> nn.Module:
        return Judge(self.config.discriminator)

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        uniform = torch.rand(n, LENGTH, 4, generator=rng).clamp(1e-6, 1 - 1e-6)
        return {"noise": -(-uniform.log()).log()}  # Gumbel

    def standalone(self) -> Standalone:
        return Standalone({"noise": Draw("gumbel")})

    def controls(self, progress: float) -> dict[str, float]:
        return {"heat": self.config.generator.heat ** (1 - progress)}

    def ask(self, wish: str, rng: torch.Generator) -> dict[str, Tensor]:
        name, _, value = wish.partition("=")
        if name == "temperature":
            return {"temperature": torch.tensor([float(value)])}
        if name == "prefix":
            found = [LETTERS.find(letter) for letter in value]
            if min(found, default=0) < 0:
                raise UserError(f"prefix={value}: letters are {LETTERS}.")
            return {"prefix": torch.tensor([[*found, *[-1] * LENGTH][:LENGTH]]).float()}
        return super().ask(wish, rng)

    def log_likelihood(self, generator: nn.Module, batch: Batch, rng: torch.Generator) -> Tensor:
        if not self.config.generator.density:
            raise NoDensity
        return generator.log_likelihood(batch.x, batch.cond.get("temperature"))

    def embed(self, x: Tensor) -> Tensor:
        return one_hot(x.long(), 4).float().flatten(1)

    def render(self, x: Tensor, folder: Path) -> list[Artifact]:
        path = folder / "words.txt"
        path.write_text("".join(f"{word}\n" for word in self.objects(x)))
        return [Artifact(path, "text", f"{len(x)} words")]

    def objects(self, x: Tensor) -> list[Any]:
        return ["".join(LETTERS[letter] for letter in word) for word in x.long().tolist()]

    def metrics(self) -> dict[str, Metric]:
        return {
            "true likelihood": Metric(lambda x: float(log_probability(x).mean() / LENGTH)),
            "unique share": Metric(lambda x: len(x.unique(dim=0)) / len(x)),
            "held-out likelihood": Metric(_likelihoods, against="density", better="higher"),
        }

    def curves(self) -> Sequence[tuple[str, str]]:
        return [("true likelihood", "unique share")]


def _likelihoods(generated: Batch, held_out: Batch, density: Density) -> dict[str, float]:
    """Return how likely held-out and generated words are, in nats a letter."""
    return {
        "of real": float(density(held_out).mean() / LENGTH),
        "of its own": float(density(generated).mean() / LENGTH),
    }
