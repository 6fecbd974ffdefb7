"""Docstrings as Markdown: they say ``:meth:`Domain.read` `` in the way of Sphinx, for editors."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":\w+:`[~.]?([^`]+)`")
LITERAL = re.compile(r"::$", re.MULTILINE)


class Roles(griffe.Extension):
    """Rewrites the docstring of every object that is read."""

    def on_object(self, *, obj: griffe.Object, **arguments: Any) -> None:
        """Turn roles into code, and the mark of a literal block into a colon."""
        if obj.docstring is not None:
            obj.docstring.value = LITERAL.sub(":", ROLE.sub(r"`\1`", obj.docstring.value))
