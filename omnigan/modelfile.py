"""``config.json``: what it takes to build a generator without its training data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from omnigan import __version__
from omnigan.domain import Domain
from omnigan.engine.runfolder import write_text
from omnigan.errors import UserError
from omnigan.plugins import load_domain

__all__ = ["read_domain", "write_domain"]

FORMAT = 1
KEYS = {"format", "omnigan", "domain", "config", "space"}


def write_domain(path: Path, name: str, domain: Domain) -> None:
    """Write ``config.json`` for a resolved domain that is installed as ``name``."""
    values = {
        "format": FORMAT,
        "omnigan": __version__,
        "domain": name,
        "config": domain.config.model_dump(mode="json"),
        "space": _space(domain),
    }
    write_text(path, json.dumps(values, indent=1) + "\n")


def read_domain(path: Path) -> Domain:
    """Build the domain that a ``config.json`` describes.

    Raises:
        UserError: The file is missing, is not JSON, or does not fit together.
    """
    values = _read(path)
    if not isinstance(values, dict) or set(values) != KEYS:
        raise UserError(f"{path}: must be a mapping with the keys {', '.join(sorted(KEYS))}.")
    if values["format"] != FORMAT:
        raise UserError(
            f"{path}: 'format' is {values['format']}; omnigan {__version__} reads {FORMAT}."
        )
    if not isinstance(values["domain"], str):
        raise UserError(f"{path}: 'domain' must be the name of an installed domain.")
    domain_class = load_domain(values["domain"])
    try:
        # As JSON, since that is where lists become tuples again.
        config = domain_class.Config.model_validate_json(json.dumps(values["config"]))
        domain = domain_class(config)
        space = _space(domain)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in ("config", *first["loc"]))
        raise UserError(f"{path}: '{key}': {first['msg']} (edited by hand?)") from error
    except ValueError as error:
        raise UserError(f"{path}: {error} (edited by hand?)") from error
    if space != values["space"]:
        raise UserError(
            f"{path}: 'space' is {values['space']}, but 'config' gives {space} (edited by hand?)"
        )
    return domain


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path.parent} is not a run of omnigan: it has no {path.name}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON: {error} (edited by hand?)") from error


def _space(domain: Domain) -> dict[str, Any]:
    space = domain.space
    return {"shape": list(space.shape), "low": space.low, "high": space.high}
