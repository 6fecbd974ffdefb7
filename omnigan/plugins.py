"""Domains are found through the entry point group ``omnigan.domains``, ours and everybody's alike.

Listing reads the metadata of installed distributions and imports nothing, neither torch nor a
plug-in; only the domain that is asked for is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING

from omnigan.errors import UserError, did_you_mean, listed

if TYPE_CHECKING:
    from omnigan.domain import Domain

__all__ = ["GROUP", "DomainEntry", "available", "load_domain"]

GROUP = "omnigan.domains"


@dataclass(frozen=True)
class DomainEntry:
    """One installed domain, not loaded.

    Attributes:
        name: What a recipe calls it.
        value: Where its class is, such as ``omnigan_music:MusicDomain``.
        distribution: The installed package that offers it.
        version: That package's version.
    """

    name: str
    value: str
    distribution: str
    version: str
    point: metadata.EntryPoint = field(repr=False, compare=False)

    @property
    def full_name(self) -> str:
        """``distribution:name``, which tells two domains of one name apart."""
        return f"{self.distribution}:{self.name}"

    def __str__(self) -> str:
        return f"'{self.name}' ({self.distribution} {self.version}, {self.value})"


def available() -> list[DomainEntry]:
    """Return every installed domain, sorted by name and distribution."""
    entries = {_entry(point) for point in metadata.entry_points(group=GROUP)}
    return sorted(entries, key=lambda entry: (entry.name, entry.distribution, entry.value))


def load_domain(name: str) -> type[Domain]:
    """Import the class of one installed domain.

    Args:
        name: Its name, or ``distribution:name`` where several packages offer that name.

    Raises:
        UserError: No such domain, more than one, or one that cannot be used.
    """
    entry = _find(name, available())
    try:
        loaded = entry.point.load()
    except (Exception, SystemExit) as error:  # a plug-in may fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise UserError(f"The domain {entry} cannot be loaded: {reason}") from error
    return _checked(loaded, entry)


def _entry(point: metadata.EntryPoint) -> DomainEntry:
    distribution = point.dist
    if distribution is None:
        return DomainEntry(point.name, point.value, "unknown", "unknown", point)
    return DomainEntry(point.name, point.value, distribution.name, distribution.version, point)


def _find(name: str, entries: Sequence[DomainEntry]) -> DomainEntry:
    distribution, colon, short = name.rpartition(":")
    found = [entry for entry in entries if entry.name == short]
    if colon:
        found = [e for e in found if _canonical(e.distribution) == _canonical(distribution)]
    if not found:
        names = [entry.full_name if colon else entry.name for entry in entries]
        raise UserError(f"No domain '{name}' is installed.{_hint(name, names)}")
    if len(found) > 1:
        offers = " and ".join(f"{entry.distribution} ({entry.value})" for entry in found)
        full = listed(sorted({entry.full_name for entry in found}))
        raise UserError(
            f"The domain name '{short}' is offered by {offers}. Write {full} to choose, "
            "or uninstall one of them."
        )
    return found[0]


def _hint(name: str, names: Sequence[str]) -> str:
    unique = sorted(set(names))
    if not unique:
        return ' There are none at all: install omnigan again with "pip install omnigan".'
    return f"{did_you_mean(name, unique)} Installed: {', '.join(unique)}."


def _canonical(distribution: str) -> str:
    """Distributions are the same if they differ in case or in ``-``, ``_`` and ``.`` only."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _checked(loaded: object, entry: DomainEntry) -> type[Domain]:
    from omnigan.domain import API, Domain, DomainConfig

    if not (isinstance(loaded, type) and issubclass(loaded, Domain)):
        raise UserError(f"The domain {entry} is not a class derived from omnigan.Domain.")
    if loaded.API != API:
        older = "omnigan" if loaded.API > API else entry.distribution
        raise UserError(
            f"The domain {entry} was written for version {loaded.API} of the domain contract and "
            f'this omnigan has version {API}. Upgrade: "pip install --upgrade {older}".'
        )
    missing = sorted(loaded.__abstractmethods__)
    if missing:
        raise UserError(f"The domain {entry} does not define {listed(missing, 'and')}.")
    if not (isinstance(loaded.Config, type) and issubclass(loaded.Config, DomainConfig)):
        raise UserError(f"The domain {entry} has a Config that is not an omnigan.DomainConfig.")
    return loaded
