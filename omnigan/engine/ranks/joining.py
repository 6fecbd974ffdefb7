"""How a process joins the others of its run, and leaves them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from omnigan.engine.ranks.alone import Ranks
from omnigan.engine.ranks.lines import Invitation, accept, call
from omnigan.engine.ranks.place import ALONE, Place
from omnigan.engine.ranks.waiting import Store, heed, wait_for
from omnigan.engine.ranks.watch import Watch
from omnigan.engine.signals import Interrupted, StopRequest, leaving, listening
from omnigan.errors import OmniganError, UserErrors

__all__ = ["joined"]

START = 600.0
"""Seconds in which all processes have to start; some schedulers need minutes."""
ECHO = 2.0
"""Seconds in which torchrun may pass on a signal that this process has got as well."""
LONG = timedelta(days=7)
"""How long an operation may take. The others wait in one while the first process evaluates, which
may last as long as a user likes. That nobody waits for a process that is gone is up to
:class:`Watch`, not to this; that they reach one another has been found out with the shorter one."""


@contextmanager
def joined() -> Iterator[Ranks]:
    """Join the other processes that torchrun has started, if there are any.

    Signals are caught while the block runs (:attr:`Ranks.stop`). An error that ends the block ends
    it in all processes, and the first one tells the user.

    Raises:
        OmniganError: The others cannot be reached.
    """
    place = Place.of(os.environ)
    with listening(0.0 if place == ALONE else ECHO) as stop:
        if place == ALONE:
            with leaving(stop):
                yield Ranks(stop)
            return
        watch = Watch(place)
        try:
            yield _join(place, watch, stop)
        except Interrupted as error:
            error.told = place.rank != 0
            stop.closing = True
            watch.leave(quietly=True)
            raise
        except Exception as error:
            stop.closing = True
            _tell(error, watch)
            raise
        _leave(watch)


def _tell(error: Exception, watch: Watch) -> None:
    """Tell the others of an error, and the launcher."""
    known = isinstance(error, OmniganError)
    problems: tuple[str, ...] = (str(error) if known else f"{type(error).__name__}: {error}",)
    if isinstance(error, UserErrors):
        problems = error.problems
    status = error.exit_status if isinstance(error, OmniganError) else 1
    note = os.environ.get("TORCHELASTIC_ERROR_FILE")
    if note:
        about = {"message": "\n".join(problems), "extraInfo": {"timestamp": str(int(time.time()))}}
        with suppress(OSError), open(note, "w", encoding="utf-8") as file:
            json.dump({"message": about}, file)
    told = watch.fail(status, problems)
    if isinstance(error, OmniganError):
        error.told = error.told or told


def _leave(watch: Watch) -> None:
    import torch.distributed as dist

    watch.leave()
    dist.destroy_process_group()


# ---- joining -----------------------------------------------------------------------------------


def _join(place: Place, watch: Watch, stop: StopRequest) -> Ranks:
    """Meet the others and start the process group."""
    import torch
    import torch.distributed as dist

    from omnigan.engine.ranks.together import Together

    count = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    seconds = timedelta(seconds=START)
    try:
        store, *_ = next(dist.rendezvous("env://", timeout=seconds))  # type: ignore[attr-defined]
        # A store may outlive the processes of a start that failed.
        store = dist.PrefixStore(f"omnigan-{count}", store)  # type: ignore[attr-defined]
        if place.rank == 0:
            _receive(place, watch, stop, store)
        else:
            _find(place, watch, stop, store)
        both = torch.cuda.is_available() and dist.is_nccl_available()
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if both else "gloo",
            store=dist.PrefixStore("group", store),  # type: ignore[attr-defined]
            rank=place.rank,
            world_size=place.size,
            timeout=seconds,
        )
        group = dist.new_group(timeout=LONG)
    except (RuntimeError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        address = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise OmniganError(
            f"Process {place.rank} of {place.size} ({place.host}) cannot meet the others at "
            f"{address}: {reason}"
        ) from error
    return Together(stop, place, store, group, watch)


def _receive(place: Place, watch: Watch, stop: StopRequest, store: Store) -> None:
    """Wait for the call of every other process."""
    invitation, server = Invitation.open(place, os.environ["MASTER_ADDR"])
    store.set("invitation", invitation.text())
    missing = set(range(1, place.size))
    began = time.monotonic()
    with server:
        while missing:
            heed(stop, watch)
            guest = accept(server, invitation)
            if guest is not None:
                watch.follow(guest.connection, guest.rank, guest.host)
                missing.discard(guest.rank)
            elif time.monotonic() - began > START:
                listed = ", ".join(map(str, sorted(missing)))
                raise OSError(f"process {listed} did not come")


def _find(place: Place, watch: Watch, stop: StopRequest, store: Store) -> None:
    """Call the first process."""
    invitation = Invitation(**json.loads(wait_for(store, "invitation", stop, None, START)))
    watch.follow(call(invitation, place), 0, invitation.host)
