"""Domains are found through the entry point group ``omnigan.domains``, ours and everybody's alike.

Listing reads the metadata of installed distributions and imports nothing, neither torch nor a
plug-in; only the domain that is asked for is loaded. A plug-in that is broken, out of date or takes
a name that is taken is therefore in nobody's way but its own users'.
"""

from __future__ import annotations

import difflib
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from importlib import import_module, metadata
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from omnigan.errors import UserError, did_you_mean, listed

if TYPE_CHECKING:
    from omnigan.domain import Domain

__all__ = ["GROUP", "DomainEntry", "available", "find", "load_domain", "nearest", "shadowed"]

GROUP = "omnigan.domains"
OURS = "omnigan"
"""The distribution whose names nobody can take."""

_PLACE = re.compile(r"([\w.]+):([\w.]+)\s*(?:\[.*\])?")


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

    @property
    def full_name(self) -> str:
        """``distribution:name``, which tells two domains of one name apart."""
        return f"{self.distribution}:{self.name}"

    def __str__(self) -> str:
        return f"'{self.name}' ({self.distribution} {self.version}, {self.value})"


def available() -> list[DomainEntry]:
    """Return every installed domain, sorted by name and distribution."""
    entries = {_entry(point) for point in _points()}
    return sorted(entries, key=lambda entry: (entry.name, entry.distribution, entry.value))


def shadowed(entry: DomainEntry, entries: Sequence[DomainEntry]) -> bool:
    """Tell whether a domain can only be had by its full name, since others have its name too."""
    same = [other for other in entries if other.name == entry.name]
    return len(_preferred(same)) > 1 or entry not in _preferred(same)


def load_domain(name: str) -> type[Domain]:
    """Import the class of one installed domain.

    Args:
        name: Its name, or ``distribution:name`` where several packages offer that name.

    Raises:
        UserError: No such domain, more than one, or one that cannot be used.
    """
    entry = find(name)
    return _checked(_loaded(entry), entry)


def find(name: str) -> DomainEntry:
    """Return the one installed domain that a name means.

    Args:
        name: As for :func:`load_domain`.

    Raises:
        UserError: No such domain, or more than one.
    """
    entries = available()
    distribution, colon, short = name.rpartition(":")
    found = [entry for entry in entries if entry.name == short]
    if colon:
        found = [e for e in found if _canonical(e.distribution) == _canonical(distribution)]
    if not found:
        names = [entry.full_name if colon else entry.name for entry in entries]
        raise UserError(f"No domain '{name}' is installed.{_hint(name, names)}")
    found = _preferred(found)
    if len(found) > 1:
        raise _clash(short, found)
    return found[0]


def nearest(name: str) -> str | None:
    """Return the domain that a misspelt name means; None if it is installed, or several may be."""
    names = {entry.name for entry in available()}
    near = difflib.get_close_matches(name.casefold(), names, n=2)
    if name in names or len(near) != 1:
        return None
    with suppress(UserError):
        load_domain(near[0])
        return near[0]
    return None


def _points() -> Iterator[metadata.EntryPoint]:
    """Yield the entry points of all distributions but those whose metadata cannot be read."""
    try:
        yield from metadata.entry_points(group=GROUP)
    except Exception:  # one of them, whichever it is, would hide all others
        for distribution in metadata.distributions():
            try:
                yield from distribution.entry_points.select(group=GROUP)
            except Exception:
                continue


def _entry(point: metadata.EntryPoint) -> DomainEntry:
    try:
        assert point.dist is not None
        found = point.dist.metadata
        distribution, version = found["Name"] or "unknown", found["Version"] or "unknown"
    except Exception:  # a distribution without a METADATA file
        distribution = version = "unknown"
    return DomainEntry(point.name, point.value, distribution, version)


def _preferred(same: Sequence[DomainEntry]) -> list[DomainEntry]:
    """Of domains with one name return ours: installing a package must not break our recipes."""
    return [entry for entry in same if entry.distribution == OURS] or list(same)


def _clash(name: str, found: Sequence[DomainEntry]) -> UserError:
    full = sorted({entry.full_name for entry in found})
    offers = " and ".join(f"{entry.distribution} ({entry.value})" for entry in found)
    if len(full) < len(found):
        return UserError(
            f"The domain name '{name}' is offered by {offers}, twice by one package: "
            "uninstall it, and tell its authors."
        )
    return UserError(
        f"The domain name '{name}' is offered by {offers}. Write {listed(full)} to choose, "
        "or uninstall one of them."
    )


def _hint(name: str, names: Sequence[str]) -> str:
    unique = sorted(set(names))
    if not unique:
        return ' There are none at all: install omnigan again with "pip install omnigan".'
    return f"{did_you_mean(name, unique)} Installed: {', '.join(unique)}."


def _canonical(distribution: str) -> str:
    """Distributions are the same if they differ in case or in ``-``, ``_`` and ``.`` only."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _loaded(entry: DomainEntry) -> Any:
    """Import what an entry point names.

    Raises:
        UserError: It fails, in whichever way.
    """
    place = _PLACE.fullmatch(entry.value)
    if place is None:
        raise UserError(
            f"The domain {entry} cannot be loaded: its entry point must name a module and a class, "
            "as in 'my_package:MyDomain'."
        )
    try:
        with redirect_stdout(sys.stderr):  # standard output belongs to the command's result
            module = import_module(place[1])
    except KeyboardInterrupt:
        raise  # a person's
    except BaseException as error:
        raise UserError(f"The domain {entry} cannot be loaded: {_why(error, entry)}") from error
    try:
        return attrgetter(place[2])(module)
    except AttributeError as error:
        raise UserError(
            f"The domain {entry} cannot be loaded: the module {place[1]} has no '{place[2]}'."
        ) from error


def _why(error: BaseException, entry: DomainEntry) -> str:
    """Return what went wrong while a plug-in was imported, and where or what to do."""
    if isinstance(error, SystemExit):
        return f"importing it ends the process: {error}"
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.msg}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        if error.name == entry.value.partition(":")[0]:
            again = f'"pip install --force-reinstall {entry.distribution}"'
            return f"{error}: parts of the package are missing. Install it again: {again}."
        return f"{error}: install the package that has this module."
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f" ({f.filename}, line {f.lineno})" for f in frames if not f.filename.startswith("<")]
    return f"{type(error).__name__}: {error}{lines[-1] if lines else ''}"


def _checked(loaded: Any, entry: DomainEntry) -> type[Domain]:
    from omnigan.domain import API, Domain, DomainConfig

    if not (isinstance(loaded, type) and issubclass(loaded, Domain)):
        raise UserError(f"The domain {entry} is not a class derived from omnigan.Domain.")
    if type(loaded.API) is not int:
        raise UserError(
            f"The domain {entry} has the API {loaded.API!r}; it must be the version of the domain "
            f"contract that it was written for, such as {API}."
        )
    if loaded.API != API:
        older = OURS if loaded.API > API else entry.distribution
        raise UserError(
            f"The domain {entry} was written for version {loaded.API} of the domain contract and "
            f'this omnigan has version {API}. Upgrade: "pip install --upgrade {older}".'
        )
    missing = sorted(loaded.__abstractmethods__)
    if missing:
        raise UserError(f"The domain {entry} does not define {listed(missing, 'and')}.")
    if not (isinstance(loaded.Config, type) and issubclass(loaded.Config, DomainConfig)):
        raise UserError(f"The domain {entry} has a Config that is not an omnigan.DomainConfig.")
    if not _is_mapping_of_mappings(loaded.DEFAULTS):
        raise UserError(
            f"The domain {entry} has DEFAULTS that are not values of 'train' and 'log' by key."
        )
    return loaded


def _is_mapping_of_mappings(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(v, Mapping) for v in value.values())
