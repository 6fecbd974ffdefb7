"""The domain contract: everything the engine needs to know about a modality, and nothing else.

A domain supplies networks and data; the engine owns adversarial training. The rules below are
checked on every installed domain by :func:`omnigan.testing.check_domain`:

* all chance comes in through arguments: ``Source.read`` and ``Domain.latent`` draw only from the
  generator they are given, and the generator network is a pure function of its inputs;
* conditions are a mapping of tensors, each ``[B, ...]``; unconditional is the empty mapping;
* examples are continuous, or whole numbers in a discrete :class:`Space`, where the generator in
  training returns a relaxation of them;
* the discriminator returns logits ``[B, ...]``, a list of such tensors (several critics), or a
  :class:`Judgement` that holds features as well; it does not mix the examples of a batch, and can
  be differentiated twice.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from omnigan.returned import artifacts
from omnigan.tensor_source import TensorSource
from omnigan.values import (
    Artifact,
    Batch,
    BatchSource,
    Conditions,
    Density,
    DomainConfig,
    Draw,
    EmbeddingDiscriminator,
    FileExamples,
    Judgement,
    Judgements,
    Metric,
    Notify,
    Section,
    Source,
    Space,
    Split,
    Standalone,
    silent,
)

__all__ = [
    "API",
    "Artifact",
    "Batch",
    "BatchSource",
    "Conditions",
    "Density",
    "Domain",
    "DomainConfig",
    "Draw",
    "EmbeddingDiscriminator",
    "FileExamples",
    "Judgement",
    "Judgements",
    "Metric",
    "Notify",
    "Section",
    "Source",
    "Space",
    "Split",
    "Standalone",
    "TensorSource",
    "silent",
]

API = 1
"""Version of this contract; a domain that was written for another one is refused by name."""


class Domain(ABC):
    """One modality. Subclass it, name the class under the entry point ``omnigan.domains``.

    The constructor must be cheap: data is read by :meth:`resolve` and :meth:`source`.
    """

    API: ClassVar[int] = API
    Config: ClassVar[type[DomainConfig]] = DomainConfig
    DEFAULTS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Values for the recipe's ``train`` and ``log`` keys, where a recipe does not give them."""
    HEADLINE: ClassVar[str] = "Frechet distance"
    """The metric, one of :meth:`metrics` or of the engine, that says which weights are best."""
    PIPELINE: ClassVar[str | None] = None
    """The Hugging Face Hub's name of the task (a pipeline tag), where it has one that fits."""

    def __init__(self, config: DomainConfig) -> None:
        self.config = config

    # ---- must be written -------------------------------------------------------------------

    @property
    @abstractmethod
    def space(self) -> Space:
        """Shape and range of one example."""

    @abstractmethod
    def source(self, split: Split) -> Source:
        """Return the training or the held-out examples."""

    @abstractmethod
    def generator(self) -> nn.Module:
        """Return a fresh network called as ``net(**latent, **cond)``, giving ``[B, *shape]``."""

    @abstractmethod
    def discriminator(self) -> nn.Module:
        """Return a fresh network called as ``net(x, **cond)``, giving logits.

        They are one tensor, a list of them, or a :class:`Judgement`.
        """

    @abstractmethod
    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        """Draw the generator's inputs for ``n`` examples, each tensor ``[n, ...]``, on the CPU."""

    @abstractmethod
    def render(self, x: Tensor, folder: Path) -> list[Artifact]:
        """Write each of some examples ``[B, *shape]`` as files that other programs open."""

    # ---- may be written --------------------------------------------------------------------

    def resolve(self, notify: Notify = silent) -> Self:
        """Return this domain with every setting that was left to the data filled in.

        The resolved config is what a run keeps: with it, networks are built and samples rendered
        on a machine that does not have the data.
        """
        return self

    def initialise(self, generator: nn.Module, discriminator: nn.Module) -> None:  # noqa: B027
        """Adjust fresh weights to the data (an output bias, say); a resumed run loads over them.

        It may do nothing, as here.
        """

    def labels(self) -> Sequence[str]:
        """Names a user may ask for with ``--label``; empty when unconditional."""
        return ()

    def label_counts(self) -> Sequence[int]:
        """Return how many training examples each of :meth:`labels` has, in their order.

        Samples that nobody asks a label for have labels in these shares; a run asks for them once
        and keeps them. Empty, the default: nobody knows, and every label is as likely.
        """
        return ()

    def condition(self, label: str, n: int) -> Conditions:
        """Return the conditions for ``n`` examples of one label.

        Raises:
            KeyError: No such label.
        """
        raise KeyError(label)

    def ask(self, wish: str, rng: torch.Generator) -> dict[str, Tensor]:
        """Return generator inputs ``[1, ...]`` for what a user writes after ``--condition``.

        It may be the path of a file, or something like ``pitch=60``. The inputs replace those that
        would have been drawn; noise of another length is drawn from ``rng``.

        Raises:
            UserError: This domain knows no such wish.
        """
        from omnigan.errors import UserError

        raise UserError(f"condition {wish}: this model has no conditions but its labels.")

    def complete(self, cond: Conditions, rng: torch.Generator) -> Conditions:
        """Return the conditions ``[1, ...]`` of one example, with what nobody chose filled in.

        A pitch that suits the label, say, drawn as the training data has it. The default adds
        nothing.
        """
        return cond

    def conditions_of(self, x: Tensor, label: str | None) -> Conditions:
        """Return conditions that suit somebody's own examples ``[B, *shape]``, each ``[B, ...]``.

        For the discriminator, which judges files of a user's under them. The default is those of
        the label, completed as one example of it would be; a domain that can tell more from the
        examples, such as their pitch, does.

        Args:
            x: The examples.
            label: One of :meth:`labels`; None where there are none.

        Raises:
            KeyError: No such label.
        """
        given = {} if label is None else self.condition(label, 1)
        whole = self.complete(given, torch.Generator().manual_seed(0))
        return {name: value.expand(len(x), *value.shape[1:]) for name, value in whole.items()}

    @property
    def paired(self) -> bool:
        """Whether conditions all but determine an example, as a spectrogram does a sound.

        Generated examples are then made for the conditions of held-out ones, and a metric
        ``against`` ``"paired"`` compares each with its own. Metrics that compare sets of examples
        (``"held-out"``, ``"train"``) are left out: such sets are alike whatever the generator does.
        """
        return False

    @property
    def headline(self) -> str:
        """The metric that says which weights are best, where that depends on the config."""
        return self.HEADLINE

    def between(self, a: Tensor, b: Tensor, share: float) -> Tensor:
        """Return latent tensors ``[B, ...]`` a share of the way from a to b (0 gives a).

        The default is right for normal latents: along the great circle. Whole numbers are not asked
        for: there is nothing between them.
        """
        from omnigan.latents import slerp

        return slerp(a, b, share)

    def overview(self, x: Tensor, folder: Path) -> list[Artifact]:
        """Write one file that shows all of some examples ``[B, *shape]``, if that makes sense.

        They come in any order, so it cannot tell their labels.
        """
        return []

    def render_many(self, x: Tensor, folder: Path, notify: Notify) -> list[Artifact]:
        """Write examples as :meth:`render` does, and tell how many are done, if that takes long.

        The default writes them without a word.
        """
        return artifacts(self, "render", self.render(x, folder))

    def preview(self, x: Tensor, folder: Path) -> list[Artifact]:
        """Write a look at samples during training; by default each example and the overview.

        Where there are labels the examples come sorted by them, as many of each as can be.
        """
        return [
            *artifacts(self, "render", self.render(x, folder)),
            *artifacts(self, "overview", self.overview(x, folder)),
        ]

    def compare(self, x: Tensor, y: Tensor, folder: Path) -> list[Artifact]:
        """Write one file that shows pairs of examples, both ``[B, *shape]``, if that makes sense.

        The two of a pair belong side by side; the default is the overview of both in turn.
        """
        both = torch.stack([x, y], 1).flatten(0, 1)
        return artifacts(self, "overview", self.overview(both, folder))

    def animate(self, x: Tensor, folder: Path) -> list[Artifact]:
        """Write examples ``[B, *shape]`` that follow a path through the latent space, in order."""
        return artifacts(self, "preview", self.preview(x, folder))

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Return how unlike pairs of examples are, ``[B]``, differentiable in both.

        It is what a search for the latent vector of a given example makes small; the default is
        the mean square.
        """
        return (x - y).square().flatten(1).mean(1)

    def objects(self, x: Tensor) -> list[Any]:
        """Turn examples ``[B, *shape]`` into natural Python objects (images, MIDI, strings)."""
        return list(x)

    def augment(self, x: Tensor, strength: float, rng: torch.Generator) -> Tensor:
        """Differentiably augment ``[B, *shape]``, real or generated, before the discriminator."""
        return x

    def generator_terms(
        self, generated: Tensor, real: Batch, judged: Judgements, progress: float
    ) -> dict[str, Tensor]:
        """Return named auxiliary generator losses; ``train.terms`` weighs them by name.

        Args:
            generated: The generator's output ``[B, *shape]``, with its graph.
            real: The real batch that gave the conditions.
            judged: What the discriminator made of both.
            progress: Share of the run that is done, 0 to 1.
        """
        return {}

    def log_likelihood(self, generator: nn.Module, batch: Batch, rng: torch.Generator) -> Tensor:
        """Return how likely a generator is to make given examples under their conditions.

        Args:
            generator: As :meth:`generator` returns it, trained or not.
            batch: Examples, real or generated.
            rng: Of latent vectors, where the likelihood is an estimate over some.

        Returns:
            ``[B]`` nats, with graph.

        Raises:
            NoDensity: They have none, as generators of the default; it says what to write instead.
        """
        from omnigan.errors import NoDensity

        raise NoDensity

    def tokens(self, x: Tensor) -> Tensor:
        """Return how many places of each example ``[B, *shape]`` count in a likelihood, ``[B]``.

        By them likelihoods are told in nats a token. Those that only fill an example up do not
        count; the default counts all.
        """
        return torch.full((len(x),), math.prod(self.space.shape), device=x.device)

    def controls(self, progress: float) -> dict[str, float]:
        """Return scheduled numbers passed to the generator by keyword (a temperature, say)."""
        return {}

    def embed(self, x: Tensor) -> Tensor:
        """Return features ``[B, F]`` for distribution metrics; the default is the flat example."""
        return x.flatten(1)

    def for_copies(self, x: Tensor) -> Tensor:
        """Return rows ``[B, F]`` float32; examples whose rows are near are called near copies.

        The default is the flat example. Where examples may be faint, as sounds and pictures may,
        :func:`omnigan.equal_power.at_equal_power` keeps faint ones from all being near.
        """
        return x.flatten(1)

    def feature_network(self) -> nn.Module | None:
        """Return a fresh network called as ``net(x)``, giving features ``[B, F]`` for evaluation.

        It is trained to tell the classes of the training data, with a linear layer of its own
        behind it, or used as it was initialised where there are none. It may depend on the data,
        but not on the recipe's ``generator`` and ``discriminator``: scores of different networks
        are compared through it. None, the default: a small network made from :attr:`space`.
        """
        return None

    def feature_networks(self) -> Mapping[str, Callable[[], nn.Module]]:
        """Return what makes further networks for evaluation, under the names to ask for them by.

        Each is called as ``net(x)``, as the one of :meth:`feature_network` is, but used as it
        comes: networks that were trained elsewhere.
        """
        return {}

    def classes(self, split: Split) -> Sequence[int] | None:
        """Return the class of each example of a split, in its order, counted from 0.

        For data whose labels the networks are not given. None, the default: the classes are the
        :meth:`labels` whose :meth:`condition` the examples have, if there are any.
        """
        return None

    def metrics(self) -> Mapping[str, Metric]:
        """Return the domain's own metrics by name."""
        return {}

    def curves(self) -> Sequence[tuple[str, str]]:
        """Return pairs of scores that trade off against each other as the temperature changes.

        The names are those of the rows that ``omnigan evaluate`` prints, metric and part in one:
        first that of the horizontal axis, quality mostly, then that of the vertical one, diversity.
        Needs the wish ``temperature=0.8`` of :meth:`ask`. Empty, the default: there is no
        temperature to change.
        """
        return ()

    def health(self, x: Tensor) -> list[str]:
        """Return plain sentences about what is wrong with samples ``[B, *shape]``, if anything."""
        return []

    def describe(self) -> dict[str, Any]:
        """Return facts about the data for the run folder and the model card (JSON values).

        Under ``summary`` there may be a list of sentences: what a person should know about the
        data before training. ``omnigan train`` and ``omnigan check`` print them; a model card
        leaves out the names of files that :func:`omnigan.wording.named` has put into them. Under
        ``preprocessing`` there may be a sentence on how files become examples (which resizer,
        say): scores keep it, since it changes them.
        """
        return {}

    def standalone(self) -> Standalone:
        """Return what a program needs to know to use an exported generator without this domain.

        The default is right where latent tensors are standard normal and conditions those of a
        label; it shows examples as tables of numbers.
        """
        return Standalone()

    def assets(self) -> Mapping[str, bytes]:
        """Return files for other software that an export has besides, by name.

        Such as a tokenizer, which a library of its own reads. They lie beside ``config.json``, and
        loading an export does not look at them: what the generator needs is in the config.
        """
        return {}

    def file_endings(self) -> Collection[str]:
        """Return the endings of files that :meth:`read_file` reads, lower case, such as ``.png``.

        A folder among a user's files means those files in it. Empty, the default: it means itself.
        """
        return ()

    def read_file(self, path: Path) -> Tensor | FileExamples:
        """Read a file of a user's into examples ``[N, *shape]``, for scoring and inverting.

        It is read as the data of a run are, but without chance. A long file may hold several
        examples. Where there is more to tell, as the text of each, :class:`FileExamples` holds it.

        Raises:
            UserError: This domain cannot read files, or this one is unreadable.
        """
        from omnigan.errors import UserError

        raise UserError(f"The {type(self).__name__} cannot read files for scoring.")
