"""What domains have in common whose examples come from a data set that their config describes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from omnigan.domain import (
    Artifact,
    Conditions,
    Domain,
    DomainConfig,
    Notify,
    Section,
    Source,
    Split,
    silent,
)

__all__ = ["Dataset", "DatasetDomain"]


class Dataset(Protocol):
    """Examples in two splits, and facts about them."""

    def source(self, split: Split) -> Source: ...

    def label_counts(self) -> Sequence[int]:
        """Return how many training examples each label has; empty where there are no labels."""
        ...

    def report(self) -> dict[str, Any]:
        """Return what :meth:`omnigan.domain.Domain.describe` returns."""
        ...


class DatasetDomain(Domain):
    """A domain that reads its data set once, when it is first needed."""

    def __init__(self, config: DomainConfig) -> None:
        if not isinstance(config, self.Config):
            mine, wanted, given = type(self), self.Config, type(config)
            raise TypeError(f"{mine.__name__} needs a {wanted.__name__}, not {given.__name__}")
        super().__init__(config)
        self._dataset: Dataset | None = None

    @abstractmethod
    def load(self, notify: Notify = silent) -> tuple[Section, Dataset]:
        """Return the config's ``data`` section with nothing left open, and the data set.

        Raises:
            UserError: The section or the data are not what they should be.
        """

    @property
    def dataset(self) -> Dataset:
        """The data set of a resolved domain."""
        if self._dataset is None:
            _, self._dataset = self.load()
        return self._dataset

    def resolve(self, notify: Notify = silent) -> Self:
        data, dataset = self.load(notify)
        resolved = type(self)(self.config.model_copy(update={"data": data}))
        resolved._dataset = dataset
        return resolved

    def source(self, split: Split) -> Source:
        return self.dataset.source(split)

    def describe(self) -> dict[str, Any]:
        return self.dataset.report()

    def label_counts(self) -> Sequence[int]:
        return self.dataset.label_counts() if self.labels() else ()

    @abstractmethod
    def render_many(self, x: Tensor, folder: Path, notify: Notify) -> list[Artifact]:
        """Write each of some examples ``[B, *shape]``; ``notify`` is told how many are done."""

    def render(self, x: Tensor, folder: Path) -> list[Artifact]:
        return self.render_many(x, folder, silent)

    def some(self, most: int, rng: torch.Generator) -> Tensor:
        """Return about so many training examples ``[N, *shape]``, spread over all of them."""
        source = self.source("train")
        places = range(0, len(source), max(1, len(source) // most))
        return torch.stack([source.read(place, rng).x for place in places])

    def condition(self, label: str, n: int) -> Conditions:
        names = list(self.labels())
        if label not in names:
            raise KeyError(label)
        return {"label": torch.full((n,), names.index(label), dtype=torch.long)}
