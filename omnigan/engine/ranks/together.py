"""The processes of a run that has several: one sum for each update of a network."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from safetensors.torch import load as deserialize
from safetensors.torch import save as serialize
from torch import Tensor, nn

from omnigan.engine.ranks.alone import Content, Ranks
from omnigan.engine.ranks.differences import refuse_differences
from omnigan.engine.ranks.flat import flatten, parts_of
from omnigan.engine.ranks.place import Place
from omnigan.engine.ranks.waiting import Store, wait_for
from omnigan.engine.ranks.watch import Watch
from omnigan.engine.signals import StopRequest
from omnigan.errors import OmniganError

__all__ = ["Together"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""By which a run may be asked to stop; the later ones count more."""
PIECE = 1 << 28
"""Most bytes that are sent at once."""


class Together(Ranks):
    """This process among several.

    Args:
        stop: Whether this process was asked to stop.
        place: Where it stands.
        store: What all processes can write to and read from.
        group: All of them, for operations.
        watch: Knows of the end of others.
    """

    def __init__(
        self, stop: StopRequest, place: Place, store: Store, group: Any, watch: Watch
    ) -> None:
        super().__init__(stop)
        self.place = place
        self.store = store
        self.group = group
        self.watch = watch
        self._asked: Tensor | None = None

    def command(self, words: str) -> str:
        nodes = -(-self.place.size // self.place.local_size)
        several = f"--nnodes {nodes} ... " if nodes > 1 else ""
        return f"torchrun {several}--nproc-per-node {self.place.local_size} -m {words}"

    def advise(self, command: str) -> None:
        super().advise(command)
        self.watch.advice = f"Go on with:\n  {command}"

    # ---- before the first step -------------------------------------------------------------

    @contextmanager
    def turn(self) -> Iterator[None]:
        key = f"turn-{self.place.node}"
        if self.place.local_rank != 0:
            wait_for(self.store, key, None, self.watch)
        yield
        if self.place.local_rank == 0:
            self._do(self.store.set, key, "over")

    def require_same(self, facts: Callable[[], Mapping[str, Any]]) -> None:
        refuse_differences(self.from_all({"host": self.place.host, **facts()}))

    # ---- in a step -------------------------------------------------------------------------

    def sum(
        self, network: nn.Module, readings: dict[str, Tensor], changes: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], Sequence[Tensor]]:
        parameters = [each for each in network.parameters() if each.requires_grad]
        device = parameters[0].device
        given = [parameter.grad is not None for parameter in parameters]
        tensors = [
            *(torch.zeros_like(p) if p.grad is None else p.grad for p in parameters),
            torch.tensor(given, device=device, dtype=torch.float32),
            self._request(),
            *readings.values(),
            *changes,
        ]
        flat = flatten(tensors, device)
        self._do(dist.all_reduce, flat, group=self.group)
        summed = iter(parts_of(flat, tensors))
        gradients = [next(summed) for _ in parameters]
        self._give(parameters, gradients, next(summed), given)
        self._asked = next(summed)
        sums = {name: next(summed) for name in readings}
        return sums, list(summed)

    @staticmethod
    def _give(
        parameters: Sequence[nn.Parameter],
        gradients: Sequence[Tensor],
        givers: Tensor,
        given: Sequence[bool],
    ) -> None:
        """Set the gradients; a parameter that nobody has one for keeps none."""
        # Looking at the flags would wait for the device, and most often there is no need.
        anybody = given if all(given) else (givers > 0).tolist()
        for parameter, gradient, there in zip(parameters, gradients, anybody, strict=True):
            # Laid out as the parameter is, for the optimiser.
            parameter.grad = torch.empty_like(parameter).copy_(gradient) if there else None

    def _request(self) -> Tensor:
        return torch.tensor([float(self.stop.number == number) for number in SIGNALS])

    # ---- between steps ---------------------------------------------------------------------

    def asked_to_stop(self) -> int | None:
        asked = [] if self._asked is None else self._asked.tolist()
        heard = [int(number) for number, count in zip(SIGNALS, asked, strict=False) if count]
        return heard[-1] if heard else None

    def from_first(self, make: Callable[[], Any]) -> Any:
        made = json.dumps(make()).encode() if self.first else b""
        return json.loads(self._sent(made))

    def from_all(self, value: Any) -> list[Any]:
        data = torch.frombuffer(bytearray(json.dumps(value).encode()), dtype=torch.uint8)
        lengths = [torch.empty(1, dtype=torch.int64) for _ in range(self.place.size)]
        self._do(dist.all_gather, lengths, torch.tensor([len(data)]), group=self.group)
        longest = max(int(length) for length in lengths)
        mine = torch.zeros(longest, dtype=torch.uint8)
        mine[: len(data)] = data
        found = [torch.empty_like(mine) for _ in lengths]
        self._do(dist.all_gather, found, mine, group=self.group)
        return [
            json.loads(each[: int(length)].numpy().tobytes())
            for each, length in zip(found, lengths, strict=True)
        ]

    def copies(self, make: Callable[[], Content | None]) -> Content | None:
        made = make() if self.first else None
        head = self.from_first(lambda: made and [made[0], list(made[1])])
        if head is None:
            return None
        state, files = head
        content = made[1] if made else {}
        sent = {name: self._sent(serialize(dict(content[name])) if made else b"") for name in files}
        return state, (
            content if made else {name: deserialize(data) for name, data in sent.items()}
        )

    def align(self, make: Callable[[], Content], put: Callable[[Content], None]) -> None:
        content = self.copies(make)
        assert content is not None
        if not self.first:
            put(content)

    def require_agreement(self, checksum: Callable[[], int], step: int) -> None:
        sums = self.from_all(checksum())
        others = [str(rank) for rank, value in enumerate(sums) if value != sums[0]]
        if others:
            raise OmniganError(
                f"step {step}: process {', '.join(others)} of {self.place.size} has other weights "
                f"than process 0. Processes that compute the same have to end with the same bits: "
                f"look at the memory and the drivers of these machines. {self.watch.advice}"
            )

    # ---- operations ------------------------------------------------------------------------

    def _do(self, operation: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        """Take part in an operation of all processes.

        Raises:
            OmniganError: It failed.
        """
        self.watch.check()
        try:
            operation(*arguments, **options)
        except (RuntimeError, ValueError) as error:
            raise self.watch.explain(error) from error

    def _sent(self, data: bytes) -> bytes:
        """Return the bytes that the first process has, to all of them."""
        length = torch.tensor([len(data)])
        self._do(dist.broadcast, length, src=0, group=self.group)
        content = torch.empty(int(length), dtype=torch.uint8)
        if self.first and data:
            content = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        for first in range(0, len(content), PIECE):
            self._do(dist.broadcast, content[first : first + PIECE], src=0, group=self.group)
        return content.numpy().tobytes()
