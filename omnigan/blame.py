"""Where in the code of a domain something failed that nobody has other words for."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

from omnigan.errors import OmniganError, lacks_memory, what_failed
from omnigan.plugins import OURS, DomainEntry, available

if TYPE_CHECKING:
    from omnigan.domain import Domain

__all__ = ["fault_of", "place_of", "stranger_in"]

_MISLED = FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError
"""What is raised where a program names the wrong path; other such errors are the machine's."""


def fault_of(error: BaseException) -> OmniganError | None:
    """Return a failure in the code of somebody's own domain as a sentence, None of all others.

    Those in domains that come with omnigan are defects, which are not to be hidden.

    Args:
        error: With its traceback.
    """
    place = place_of(error)
    if not place or lacks_memory(error):
        return None
    if isinstance(error, OSError) and not isinstance(error, _MISLED):
        return None
    what = f"{place[0].upper()}{place[1:]}: {what_failed(error).rstrip('.')}."
    shown = "in a test, omnigan.testing.check_domain shows the way to it."
    return OmniganError(f"{what} That is for its author to mend; {shown}")


def place_of(error: BaseException) -> str:
    """Return "the domain 'mine' fails in Mine.render() (mine.py, line 3)", or "" of other code."""
    known = _packages(error)
    frames = [each for each in traceback.walk_tb(error.__traceback__) if _package(each[0]) in known]
    if not frames:
        return ""
    (outer, _), (inner, line) = frames[0], frames[-1]
    method = outer.f_code.co_qualname.replace("<locals>.", "")
    file = inner.f_code.co_filename
    return f"{_called(known[_package(outer)], outer)} fails in {method}() ({file}, line {line})"


def stranger_in(error: BaseException) -> Domain | None:
    """Return somebody's own domain that the engine was about when something failed."""
    from omnigan.domain import Domain

    ours = {_root(entry) for entry in available() if entry.distribution == OURS}
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for value in frame.f_locals.values():
            domain = getattr(value, "domain", None) if not isinstance(value, Domain) else value
            if isinstance(domain, Domain):
                return None if type(domain).__module__.partition(".")[0] in ours else domain
    return None


def _packages(error: BaseException) -> dict[str, list[DomainEntry]]:
    """Return the packages of other people's domains, with the domains of each.

    That of a class which such a domain is derived from is one of them.
    """
    found: dict[str, list[DomainEntry]] = {}
    for entry in available():
        if entry.distribution != OURS:
            found.setdefault(_root(entry), []).append(entry)
    for frame, _ in traceback.walk_tb(error.__traceback__):
        kind = type(frame.f_locals.get("self"))
        if kind.__module__.partition(".")[0] in found:
            for name in _parents(kind):
                found.setdefault(name, found[kind.__module__.partition(".")[0]])
    return found


def _parents(kind: type) -> Iterator[str]:
    """Yield the packages of classes between a domain's and the contract's."""
    from omnigan.domain import Domain

    ours = {_root(entry) for entry in available() if entry.distribution == OURS}
    for base in kind.__mro__ if issubclass(kind, Domain) else ():
        name = base.__module__.partition(".")[0]
        if issubclass(base, Domain) and name not in {"omnigan", *ours}:
            yield name


def _called(entries: list[DomainEntry], frame: FrameType) -> str:
    """Return what people call a domain, one of those of a package."""
    kind = type(frame.f_locals.get("self")).__qualname__
    own = [entry for entry in entries if entry.value.partition(":")[2] == kind] or entries
    names = " or ".join(f"'{name}'" for name in sorted({entry.name for entry in own}))
    return f"the domain {names}"


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _root(entry: DomainEntry) -> str:
    return entry.value.partition(":")[0].partition(".")[0]
