"""Which device and how many threads a run uses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import torch

from omnigan.engine.containers import memory_left
from omnigan.engine.ranks.place import Place
from omnigan.errors import UserError

__all__ = [
    "device_of",
    "free_memory",
    "pick_device",
    "require_few",
    "resident_memory",
    "set_threads",
]

KINDS = ("cpu", "cuda", "mps")
MOST_THREADS = 8
"""Small networks gain nothing from more."""
MOST_PER_CORE, ALWAYS = 8, 16
"""So many threads or loader processes for each core only get in one another's way, but on a small
machine somebody may want the number that a run on a larger one had."""


def pick_device(wish: str | torch.device, key: str = "train.device") -> torch.device:
    """Return the device that somebody asks for; ``auto`` takes CUDA, then MPS, then the CPU.

    Args:
        wish: What they wrote, or a device of torch.
        key: Where they wrote it, for the error.

    Raises:
        UserError: There is no such device here.
    """
    wish = str(wish)
    if wish == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        if wish.partition(":")[0] not in KINDS:  # torch would name twenty others
            raise RuntimeError(f"omnigan uses {', '.join(KINDS)}")
        device = torch.device(wish)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(
            f"{key}: '{wish}' cannot be used here ({reason}). Try 'auto' or 'cpu'."
        ) from error
    return device


def device_of(wish: str, place: Place, key: str = "train.device") -> torch.device:
    """Return the device of one process of a run: where they share a machine, each has its own.

    Args:
        wish: What somebody wrote.
        place: Of the process.
        key: Where they wrote it, for the error.

    Raises:
        UserError: There are too few, or this kind of device cannot be used by several processes.
    """
    device = pick_device(wish, key)
    if place.size == 1 or device.type == "cpu":
        return device
    if device.type != "cuda":
        raise UserError(
            f"{key}: {place.size} processes can train on CPUs or on CUDA devices, not on "
            f"'{device}'. Set it to cpu, or start one process."
        )
    if device.index is not None and place.local_size > 1:
        raise UserError(
            f"{key}: '{wish}' is one device for {place.local_size} processes. Set it to "
            "cuda, which gives each its own."
        )
    if device.index is None:
        there = torch.cuda.device_count()
        if place.local_rank >= there:
            raise UserError(
                f"{key}: {place.local_size} processes share {there} CUDA devices on this "
                f"machine. Start {there} on it, or set it to cpu."
            )
        device = torch.device("cuda", place.local_rank)
    torch.cuda.set_device(device)
    return device


def free_memory(device: torch.device) -> int | None:
    """Return the bytes that a device has to give, None where that cannot be told."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = _told_by_linux("meminfo", "MemAvailable"), memory_left()
    return min((each for each in free if each is not None), default=None)


def resident_memory() -> int | None:
    """Return the bytes of main memory that this process takes, None where that cannot be told."""
    return _told_by_linux("self/status", "VmRSS")


def _told_by_linux(file: str, name: str) -> int | None:
    try:
        lines = (Path("/proc") / file).read_text(encoding="ascii", errors="replace").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith(f"{name}:"))
        return 1024 * int(kilobytes)
    except (OSError, StopIteration, ValueError, IndexError):
        return None


def require_few(wish: int | Literal["auto"], key: str) -> str | None:
    """Refuse so many threads or processes that this machine would be busy with them alone.

    Args:
        wish: How many.
        key: Where somebody wrote it.

    Returns:
        A warning, if there are more than the machine has cores.

    Raises:
        UserError: There are far more.
    """
    cores = os.cpu_count() or 1
    most = max(MOST_PER_CORE * cores, ALWAYS)
    if wish == "auto" or wish <= cores:
        return None
    has = f"{key} is {wish}, but this machine has {cores} core{'' if cores == 1 else 's'}"
    if wish > most:
        raise UserError(f"{has}, which can do with {most} at most. Set it to {cores} or less.")
    return f"{has}: more than that seldom help."


def set_threads(wish: int | Literal["auto"], processes: int = 1) -> int:
    """Set torch's CPU threads and return how many there are.

    Args:
        wish: What the recipe says.
        processes: How many share this machine.

    On two cores one thread is faster than two whenever anything else runs, and the same
    number on every start keeps results equal to the last bit.
    """
    cores = os.cpu_count() or 1
    count = wish if wish != "auto" else max(1, min(cores // 2 // processes, MOST_THREADS))
    torch.set_num_threads(count)
    return count
