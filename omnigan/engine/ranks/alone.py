"""What training asks of the processes of a run, and the answers where there is only one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from omnigan.engine.ranks.place import ALONE, Place
from omnigan.engine.signals import StopRequest

__all__ = ["Content", "Ranks"]

Content = tuple[Mapping[str, Any], Mapping[str, Mapping[str, Tensor]]]
"""What a checkpoint holds: JSON values, and the tensors of each file by name."""


class Ranks:
    """The processes of a run; this class is those of a run with one, and so does nothing.

    Every method that others take part in must be called by all processes, in the same order.

    Args:
        stop: Whether this process was asked to stop.

    Attributes:
        place: Where this process stands among them.
        resuming: The command that goes on with the run; None: it has not begun.
    """

    place: Place = ALONE
    resuming: str | None = None

    def __init__(self, stop: StopRequest | None = None) -> None:
        self.stop = StopRequest() if stop is None else stop

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and talks to the user."""
        return self.place.rank == 0

    def command(self, words: str) -> str:
        """Return a command ``omnigan ...`` as it is started on as many processes."""
        return words

    # ---- before the first step -------------------------------------------------------------

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let one process of each machine run a block before the others: caches are made once."""
        yield

    def require_same(self, facts: Callable[[], Mapping[str, Any]]) -> None:
        """Compare facts that have to be the same everywhere: JSON values by name.

        Raises:
            UserError: They differ.
        """

    def advise(self, command: str) -> None:
        """Keep the command that goes on with the run, for when another process ends."""
        self.resuming = self.stop.command = command

    # ---- in a step -------------------------------------------------------------------------

    def sum(
        self, network: nn.Module, readings: dict[str, Tensor], changes: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], Sequence[Tensor]]:
        """Add up what the processes have made of their parts of a batch.

        Everything is already weighted by the share of these parts in the batch.

        Args:
            network: Its gradients become their sums. A parameter that no process has a gradient
                for keeps none.
            readings: Scalars by name, in the same order everywhere.
            changes: Of buffers.

        Returns:
            The sums of the readings and of the changes.
        """
        return readings, changes

    # ---- between steps ---------------------------------------------------------------------

    def asked_to_stop(self) -> int | None:
        """Return the signal by which any process was asked to stop, if one was."""
        return self.stop.number

    def from_first(self, make: Callable[[], Any]) -> Any:
        """Return JSON values that the first process makes, to all of them."""
        return make()

    def from_all(self, value: Any) -> list[Any]:
        """Return the JSON values of all processes, by rank."""
        return [value]

    def copies(self, make: Callable[[], Content | None]) -> Content | None:
        """Return a checkpoint's content that the first process has, to all of them."""
        return make()

    def align(self, make: Callable[[], Content], put: Callable[[Content], None]) -> None:
        """Have all processes put in what the first one makes."""

    def require_agreement(self, checksum: Callable[[], int], step: int) -> None:
        """Compare checksums of everything that is trained.

        Raises:
            OmniganError: They differ.
        """
