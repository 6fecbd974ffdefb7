"""Files of a domain's own in an export, for other software: nothing here reads them."""

from __future__ import annotations

import re

from omnigan.domain import Domain
from omnigan.errors import OmniganError
from omnigan.exporting.read import CONFIG, MODEL
from omnigan.returned import contents

__all__ = ["CARD", "OURS", "assets_of"]

CARD = "README.md"
OURS = frozenset(
    {
        *(CONFIG, MODEL, CARD),
        *("model.onnx", "model.onnx.data", "generator.json", "example.py"),  # --format onnx
    }
)
"""Files that an export has whatever its domain is, besides its samples."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.[A-Za-z0-9]+")


def assets_of(domain: Domain) -> dict[str, bytes]:
    """Return the contents of a domain's own files, by name.

    Raises:
        OmniganError: They cannot be had, are no bytes, or a name is none of a file in the export's
            folder, or is taken.
    """
    try:
        made = domain.assets()
    except OSError as error:  # not one of writing the export
        raise OmniganError(f"assets() of {type(domain).__name__} fails: {error}") from error
    assets = contents(domain, "assets", made)
    for name in assets:
        if not _NAME.fullmatch(name) or name.casefold() in {each.casefold() for each in OURS}:
            raise OmniganError(
                f"assets() of {type(domain).__name__} gives {name!a}, which cannot name a file of "
                "its own in an export: take letters, digits and an ending."
            )
    return assets
