"""omnigan trains generative adversarial networks on images, music, sound and text.

Importing this package costs nothing: the public names below, and torch with them, are loaded when
they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnigan.api import evaluate, export, load, push, score, train
    from omnigan.domain import (
        Artifact,
        Batch,
        Domain,
        DomainConfig,
        Metric,
        Section,
        Source,
        Space,
        TensorSource,
    )

__all__ = [
    "Artifact",
    "Batch",
    "Domain",
    "DomainConfig",
    "Metric",
    "Section",
    "Source",
    "Space",
    "TensorSource",
    "__version__",
    "evaluate",
    "export",
    "load",
    "push",
    "score",
    "train",
]

__version__ = "0.1.0"

_API = {"evaluate", "export", "load", "push", "score", "train"}

if not TYPE_CHECKING:  # a typed __getattr__ would hide misspelt names from type checkers

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = import_module("omnigan.api" if name in _API else "omnigan.domain")
        value = getattr(module, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
