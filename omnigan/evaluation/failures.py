"""Measures that cannot be computed of some examples: told, and left out."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from omnigan.errors import OmniganError, lacks_memory

__all__ = ["failures_kept"]


@contextmanager
def failures_kept(what: str, failed: list[str]) -> Iterator[None]:
    """Keep a sentence about what a block raises, whose other work goes on.

    What is in words already, and what the machine refuses, is not the block's fault and is raised.

    Args:
        what: The block computes.
        failed: Where the sentence goes.
    """
    try:
        yield
    except (OmniganError, OSError):
        raise
    except Exception as error:  # a domain may fail in any way
        if lacks_memory(error):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        failed.append(
            f"{what} cannot be computed of these examples: {type(error).__name__}: {error} "
            f"({Path(last.filename).name}, line {last.lineno})."
        )
