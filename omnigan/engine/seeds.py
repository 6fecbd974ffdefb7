"""Every random draw is a function of (seed, stream, numbers): nothing about chance is saved.

A checkpoint therefore needs no random state, a sample grid cannot shift training, and a run that is
resumed draws exactly what an unbroken one would have drawn (docs/decisions/0004).
"""

from __future__ import annotations

import hashlib

import torch

__all__ = ["generator", "seed_global", "seed_of"]


def seed_of(seed: int, stream: str, *numbers: int) -> int:
    """Return 63 bits that depend on every argument.

    Args:
        seed: The recipe's seed.
        stream: Name of the use, such as ``"latent"``; different streams are independent.
        numbers: Step, epoch, index or whatever else tells one draw from another.
    """
    text = ":".join([str(seed), stream, *map(str, numbers)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, stream: str, *numbers: int) -> torch.Generator:
    """Return a fresh CPU generator for one draw."""
    return torch.Generator().manual_seed(seed_of(seed, stream, *numbers))


def seed_global(seed: int, stream: str, *numbers: int) -> None:
    """Seed torch's global generators, which dropout and weight initialisation draw from."""
    value = seed_of(seed, stream, *numbers)
    # torch.manual_seed does the same, but takes half a millisecond where CUDA was not started:
    # it formats the call stack in case that starting it fails later.
    torch.default_generator.manual_seed(value)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(value)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(value)
