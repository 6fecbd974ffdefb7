"""Loading torchaudio, which may not fit the installed torch.

Every torchaudio wheel has a compiled part that is loaded at import and breaks beside a torch it
was not built for, and pip does not know which ones fit. It is imported here and nowhere else, when
something needs it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from types import ModuleType

from omnigan.errors import UserError

__all__ = ["torchaudio_module"]

# Its modules import one another in a circle, and threads that read sounds may all be the first.
_ONE_AT_A_TIME = Lock()


def torchaudio_module() -> ModuleType:
    """Return torchaudio with its ``functional`` and ``transforms`` imported.

    Raises:
        UserError: It is missing, or does not fit the installed torch.
    """
    try:
        with _ONE_AT_A_TIME:
            for part in ("functional", "transforms"):
                import_module(f"torchaudio.{part}")
            return import_module("torchaudio")
    except (ImportError, OSError, RuntimeError) as error:
        raise UserError(
            f"torchaudio {_found('torchaudio')} does not work beside torch {_found('torch')} "
            f"({_first_line(error)}). The audio domain needs a pair that fits: install torch 2.11 "
            "or 2.12 with torchaudio 2.11, both from the same index (a CPU-only build of torch "
            "needs a CPU-only torchaudio)."
        ) from error


def _found(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
