"""How a batch is divided into parts, and these among the processes of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from omnigan.domain import Batch, Conditions
from omnigan.engine.ranks.place import ALONE, Place
from omnigan.errors import UserError

__all__ = ["Part", "Shares", "split"]


@dataclass(frozen=True)
class Part:
    """Some examples of a batch, and the generator's inputs for as many.

    Attributes:
        real: The examples.
        latent: The generator's inputs.
        index: Number of the part.
        rows: Where its examples are in the batch.
        whole: How many examples the batch has.
    """

    real: Batch
    latent: Conditions
    index: int
    rows: slice
    whole: int

    @property
    def share(self) -> float:
        """Share of the batch, 0 to 1."""
        return len(self.real) / self.whole


@dataclass(frozen=True)
class Shares:
    """The parts of a batch: equal ones, or of two sizes that differ by one.

    What is computed depends on the parts, not on who computes them.

    Attributes:
        whole: Examples of the batch.
        parts: How many parts it has.
        mine: Numbers of those that this process computes.
    """

    whole: int
    parts: int
    mine: range

    @classmethod
    def of(cls, whole: int, accumulate: int, place: Place = ALONE) -> Shares:
        """Divide a batch into ``accumulate`` parts, or a few more: as many for each process.

        Raises:
            UserError: There are fewer examples than processes.
        """
        if whole < place.size:
            raise UserError(
                f"train.batch_size: {whole} examples cannot be divided among {place.size} "
                f"processes. Set it to {place.size} or more, or start fewer processes."
            )
        each = min(-(-accumulate // place.size), whole // place.size)
        first = place.rank * each
        return cls(whole, each * place.size, range(first, first + each))

    def rows(self, part: int) -> slice:
        """Return where a part is in the batch."""
        return slice(part * self.whole // self.parts, (part + 1) * self.whole // self.parts)

    @property
    def own(self) -> slice:
        """Where the parts of this process are in the batch."""
        return slice(self.rows(self.mine[0]).start, self.rows(self.mine[-1]).stop)


def split(batch: Batch, latent: Conditions, shares: Shares) -> Iterator[Part]:
    """Yield the parts of this process.

    Args:
        batch: Its own examples of the batch.
        latent: The generator's inputs for these.
        shares: The parts.
    """
    before = shares.own.start
    for index in shares.mine:
        rows = shares.rows(index)
        here = slice(rows.start - before, rows.stop - before)
        real = Batch(batch.x[here], _rows(batch.cond, here))
        yield Part(real, _rows(latent, here), index, rows, shares.whole)


def _rows(tensors: Conditions, rows: slice) -> Conditions:
    return {name: value[rows] for name, value in tensors.items()}
