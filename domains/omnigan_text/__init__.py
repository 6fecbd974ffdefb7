"""omnigan's text domain.

Importing this package costs nothing, because every process that reads files imports it; torch is
loaded with the domain itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnigan_text.domain import TextDomain

__all__ = ["TextDomain"]

if not TYPE_CHECKING:  # a typed __getattr__ would hide misspelt names from type checkers

    def __getattr__(name: str) -> object:
        if name != "TextDomain":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from omnigan_text.domain import TextDomain

        return TextDomain
