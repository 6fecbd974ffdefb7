"""``config.json``: what it takes to build a generator without its training data."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import nn

from omnigan import __version__
from omnigan.domain import Domain
from omnigan.engine.runfolder import write_text
from omnigan.errors import UserError, listed
from omnigan.plugins import load_domain
from omnigan.returned import Breach

__all__ = [
    "FORMAT",
    "build_generator",
    "domain_values",
    "label_counts_of",
    "newer",
    "read_domain",
    "read_model",
    "read_values",
    "write_domain",
]

FORMAT = 1
KEYS = frozenset({"format", "omnigan", "domain", "config", "space"})
COUNTS = "label_counts"
"""A key that may be missing: data has no labels, or an earlier version did not count them."""
MOST_BYTES = 2**26
_RELEASE = re.compile(r"\d{1,9}(\.\d{1,9}){0,3}")
_LONGEST = 200  # signs of a stranger's value in a sentence


def domain_values(name: str, domain: Domain, label_counts: Sequence[int] = ()) -> dict[str, Any]:
    """Return the JSON values that describe a resolved domain installed as ``name``.

    Args:
        name: Of the domain.
        domain: The domain.
        label_counts: How many training examples have each label; empty where nobody knows.
    """
    counts = [int(count) for count in label_counts]
    return {
        "format": FORMAT,
        "omnigan": __version__,
        "domain": name,
        "config": domain.config.stored(),
        "space": _space(domain),
        **({COUNTS: counts} if counts else {}),
    }


def write_domain(path: Path, name: str, domain: Domain) -> None:
    """Write ``config.json`` for a resolved domain that is installed as ``name``."""
    counts, labels = domain.label_counts(), len(domain.labels())
    if len(counts) not in (0, labels) or any(not isinstance(each, Integral) for each in counts):
        raise Breach(
            f"The {type(domain).__name__} breaks a rule for domains: label_counts() must give a "
            f"whole number for each of its {labels} labels, or nothing, not {counts!r}."
        )
    values = domain_values(name, domain, counts)
    label_counts_of(values, domain, path)
    write_text(path, json.dumps(values, indent=1) + "\n")


def read_domain(path: Path) -> Domain:
    """Build the domain that the ``config.json`` of a run describes.

    Raises:
        UserError: The file is missing, is not JSON, or does not fit together.
    """
    return read_model(path)[0]


def read_model(
    path: Path, also: Collection[str] = (), maybe: Collection[str] = ()
) -> tuple[Domain, dict[str, Any]]:
    """Build the domain that a ``config.json`` describes.

    Args:
        path: The file.
        also: Keys that it must have besides those of :func:`domain_values`.
        maybe: Keys that it may have.

    Returns:
        The domain, and everything that the file holds.

    Raises:
        UserError: The file is missing, is not JSON, or does not fit together.
    """
    values = read_values(path)
    _require_keys(values, {*KEYS, *also}, {COUNTS, *maybe}, path)
    domain = _built(values, path)
    space = _space(domain)
    if space != values["space"]:
        raise UserError(
            f"{path}: 'space' is {_short(values['space'])}, but 'config' gives {space} "
            "(edited by hand?)"
        )
    return domain, values


def read_values(path: Path) -> dict[str, Any]:
    """Return what a ``config.json`` holds, unchecked.

    Raises:
        UserError: The file is missing, too large, or no mapping in JSON.
    """
    values = _read(path)
    if not isinstance(values, dict):
        raise UserError(f"{path}: must be a mapping with the keys {', '.join(sorted(KEYS))}.")
    return values


def newer(path: Path, name: object) -> str:
    """Return a sentence if a ``config.json`` was written by a newer omnigan than this, else "".

    Args:
        path: The file.
        name: What the user calls its folder.
    """
    try:
        written = _RELEASE.match(str(read_values(path).get("omnigan")))
    except UserError:  # which is told where the file is used
        return ""
    own = _RELEASE.match(__version__)
    if written is None or own is None or _numbers(written[0]) <= _numbers(own[0]):
        return ""
    return (
        f"{name} was written by omnigan {written[0]}, and this is {__version__}, which may "
        "read it wrongly: install the newer one."
    )


def _numbers(release: str) -> list[int]:
    return [int(number) for number in f"{release}.0.0.0".split(".")[:4]]


def label_counts_of(values: Mapping[str, Any], domain: Domain, path: Path) -> tuple[int, ...]:
    """Return how many training examples each of a domain's labels had.

    Args:
        values: What a ``config.json`` holds.
        domain: Which is built of it.
        path: The file.

    Returns:
        Nothing where that is not known.

    Raises:
        UserError: There is something else in its place.
    """
    if COUNTS not in values:
        return ()
    counts = values[COUNTS]
    fits = isinstance(counts, list) and len(counts) == len(domain.labels())
    if (
        not fits
        or any(type(count) is not int or count < 0 for count in counts)
        or not 0 < sum(counts) < 2**63
    ):
        raise UserError(
            f"{path}: '{COUNTS}' must be a whole number from 0 on for each of the "
            f"{len(domain.labels())} labels, and not 0 for all."
        )
    return tuple(counts)


def build_generator(domain: Domain, path: Path) -> nn.Module:
    """Return a fresh generator of a domain that was read from a ``config.json``.

    Raises:
        UserError: Its settings do not fit together.
    """
    try:
        return domain.generator()
    except (RuntimeError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: no generator can be built from it: {error} (edited by hand?)"
        ) from error


def _require_keys(values: Mapping[str, Any], keys: set[str], maybe: set[str], path: Path) -> None:
    if values.get("format", FORMAT) != FORMAT:
        raise UserError(
            f"{path}: 'format' is {_short(values['format'])}; omnigan {__version__} reads {FORMAT}."
        )
    missing, unknown = sorted(keys - values.keys()), sorted(values.keys() - keys - maybe)
    if missing or unknown:
        wrong = [f"lacks {listed(missing, 'and')}"] if missing else []
        # As Python writes them: a key may hold what no terminal can show.
        wrong += [f"has {', '.join(map(_short, unknown[:5]))} besides"] if unknown else []
        raise UserError(
            f"{path}: must be a mapping with the keys {', '.join(sorted(keys))}; "
            f"it {' and '.join(wrong)}."
        )
    if not isinstance(values["domain"], str) or not values["domain"].isprintable():
        raise UserError(f"{path}: 'domain' must be the name of an installed domain.")


def _short(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def _built(values: Mapping[str, Any], path: Path) -> Domain:
    try:
        domain_class = load_domain(values["domain"])
    except UserError as error:
        raise UserError(f"{path}: 'domain': {error}") from error
    try:
        config = values["config"]
        if isinstance(config, dict):
            config = domain_class.Config.relevant(config)
        # As JSON, since that is where lists become tuples again.
        config = domain_class.Config.model_validate_json(json.dumps(config))
        domain = domain_class(config)
        _space(domain)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in ("config", *first["loc"]))
        raise UserError(f"{path}: {key!r}: {first['msg']} (edited by hand?)") from error
    except UserError as error:
        raise UserError(f"{path}: 'config': {error}") from error
    # A domain works its space out of settings that may each be right and not fit together; some
    # domains take it for granted that they do.
    except Exception as error:
        reason = ascii(str(error) or type(error).__name__)[1:-1]
        raise UserError(f"{path}: 'config': {reason} (edited by hand?)") from error
    return domain


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is no {path.name} of omnigan: it has over {MOST_BYTES} bytes.")
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
