"""The real examples of an evaluation, and what scores of them are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from omnigan.domain import Batch, Domain
from omnigan.engine import seeds
from omnigan.engine.device import free_memory
from omnigan.errors import UserError
from omnigan.evaluation.classes import classes_of, in_turn, labels_of, mixed
from omnigan.evaluation.extractors import Extractor
from omnigan.evaluation.provenance import Provenance
from omnigan.evaluation.real import Excerpt, combined, read, take

__all__ = ["Material", "RealFeatures", "needed_memory", "refuse_too_large", "usual_samples"]

# Comparing with all of a large training set would take too much memory, or too long.
_MOST_VALUES = 1 << 27
_MOST = 20_000
_MUCH = 2e9  # bytes that people are told of


def usual_samples(domain: Domain) -> int:
    """Return how many examples are generated for an evaluation unless somebody says it."""
    return _bearable(domain, 1000)


def _bearable(domain: Domain, most: int) -> int:
    """Return how many examples fit into 512 MiB, at most so many but not too few to score."""
    return min(most, max(64, _MOST_VALUES // math.prod(domain.space.shape)))


def _most_of_training(domain: Domain, samples: int) -> int:
    return max(samples, _bearable(domain, _MOST))


def needed_memory(domain: Domain, samples: int) -> int:
    """Return about how many bytes evaluating so many examples takes."""
    train = min(_most_of_training(domain, samples), len(domain.source("train")))
    held_out = min(samples, len(domain.source("valid")))
    # What is held, and the training examples that stand for a perfect generator while they are
    # scored; and of the two-sample test both sides, and both again in halves.
    examples = samples + train + held_out + min(samples, train) + 4 * min(samples, held_out)
    return 4 * math.prod(domain.space.shape) * examples


def refuse_too_large(domain: Domain, samples: int, warn: Callable[[str], None]) -> None:
    """Refuse an evaluation that memory cannot hold, and tell what a large one takes.

    Raises:
        UserError: There is too little.
    """
    needed, free = needed_memory(domain, samples), free_memory(torch.device("cpu"))
    said = f"Evaluating {samples:,} samples takes some {needed / 1e9:.1f} GB of memory"
    if free is not None and needed > free:
        raise UserError(f"{said}, and {free / 1e9:.1f} GB are free. Ask for fewer.")
    if needed > _MUCH:
        warn(f"{said}.")


@dataclass(frozen=True)
class Material:
    """Real examples, read once for any number of evaluations.

    Attributes:
        domain: Where they are from.
        held_out: What generated examples are compared with.
        train: What they may be copied from.
        places: Which of them stand for a perfect generator: as many as samples, if there are so
            many, with their classes mixed.
        labels: Which of the domain's labels those have, ``[N]``, or None.
        seed: Of every draw.
        preprocessing: How files became examples, as far as the domain says it.
        device: Where features are computed.
    """

    domain: Domain
    held_out: Excerpt
    train: Excerpt
    places: Tensor
    labels: Tensor | None
    seed: int
    preprocessing: str
    device: torch.device

    @classmethod
    def read(cls, domain: Domain, samples: int, seed: int, device: torch.device) -> Material:
        """Read at most so many held-out examples, and as much of the training set as is bearable.

        Raises:
            UserError: There are no held-out or no training examples.
        """
        held_out = in_turn(domain, read(domain, "valid", samples, seed))
        train = read(domain, "train", _most_of_training(domain, samples), seed)
        some = torch.randperm(len(train), generator=seeds.generator(seed, "evaluate floor"))
        places = some[:samples].sort().values  # in order, so that neighbours stay neighbours
        classes = classes_of(domain, train)
        if classes is not None:
            places = places[mixed(classes[places])]
        said = str(domain.describe().get("preprocessing", ""))
        labels = labels_of(domain, train.batch)
        labels = None if labels is None else labels[places]
        return cls(domain, held_out, train, places, labels, seed, said, device)

    @property
    def like(self) -> Batch:
        """As many training examples as samples, copied anew: of large ones one set is enough."""
        return take(self.train.batch, self.places)

    def provenance(
        self, references: Sequence[Excerpt], samples: int, extractor: str = "", weights: str = ""
    ) -> Provenance:
        """Return the provenance of a score that depends on some of the excerpts."""
        hashes = [reference.sha256 for reference in references]
        return Provenance(
            extractor=extractor,
            weights=weights,
            preprocessing=self.preprocessing,
            reference=" and ".join(reference.split for reference in references),
            reference_count=sum(map(len, references)),
            reference_sha256=hashes[0] if len(hashes) == 1 else combined(*hashes),
            samples=samples,
            seed=self.seed,
        )


class RealFeatures:
    """Features of the real examples, each computed once, when it is first asked for."""

    def __init__(self, material: Material, extractor: Extractor) -> None:
        self.material = material
        self.extractor = extractor

    def of(self, x: Tensor) -> Tensor:
        """Return the features ``[N, F]`` of any examples."""
        return self.extractor.features(x, self.material.device)

    @cached_property
    def held_out(self) -> Tensor:
        return self.of(self.material.held_out.batch.x)

    @cached_property
    def like(self) -> Tensor:
        return self.of(self.material.like.x)

    @cached_property
    def train(self) -> Tensor:
        return self.of(self.material.train.batch.x)
