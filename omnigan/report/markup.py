"""HTML that cannot be broken out of: every text is escaped unless it is markup already."""

from __future__ import annotations

import html
import re

__all__ = ["Markup", "data_block", "join", "tag"]

_VOID = {"br", "img", "input", "link", "meta"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no page may hold: control characters, and halves of characters from broken file names."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def _safe(value: object) -> str:
    if isinstance(value, Markup):
        return value
    return html.escape(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(value)))


def join(*children: object, between: str = "") -> Markup:
    """Return children one after the other; what is no :class:`Markup` is escaped."""
    return Markup(between.join(_safe(child) for child in children))


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element.

    Args:
        name: Of the element.
        children: Its content; what is no :class:`Markup` is escaped.
        attributes: By name, where an underscore at the end is left out and others become hyphens.
            ``None`` and ``False`` leave one out, ``True`` gives it without a value.
    """
    said = "".join(
        f" {_attribute(key)}" if value is True else f' {_attribute(key)}="{_safe(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    end = "" if name in _VOID else f"</{name}>"
    return Markup(f"<{name}{said}>{join(*children)}{end}")


def _attribute(name: str) -> str:
    # that of SVG is told apart by its capital
    return name if name == "viewBox" else name.rstrip("_").replace("_", "-")


def data_block(text: str, name: str) -> Markup:
    """Return JSON as a block that a script of the page finds by its name."""
    harmless = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(f'<script type="application/json" id="{name}">{harmless}</script>')
