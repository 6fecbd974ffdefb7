"""The errors a user can cause, and their exit statuses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

__all__ = [
    "NoDensity",
    "OmniganError",
    "UserError",
    "UserErrors",
    "did_you_mean",
    "lacks_memory",
    "listed",
    "what_failed",
]


class OmniganError(Exception):
    """A failure whose message is meant for a person; the command line shows no traceback."""

    exit_status = 1
    told = False
    """Whether another process of the run tells the user."""


class UserError(OmniganError):
    """Something the user wrote or pointed at is wrong; the message says what to write instead."""

    exit_status = 2


class NoDensity(UserError):
    """A generator does not know how likely examples are.

    Args:
        instead: What to write for one that does, with the key; goes on from "Leave it out, or".
    """

    def __init__(self, instead: str = "choose another generator") -> None:
        self.instead = instead
        super().__init__(
            "the generator of this recipe has no density, so the likelihood of examples is unknown."
        )


class UserErrors(UserError):
    """Several mistakes at once.

    Attributes:
        problems: A message for each.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


_NO_MEMORY = re.compile(
    r"out of memory|(can't|cannot|unable to|failed to) allocate|not enough memory|bad_alloc"
    r"|can't start new thread|could not create a primitive$",  # the last is oneDNN's
    re.IGNORECASE,
)


def lacks_memory(error: BaseException) -> bool:
    """Tell whether memory was too short; torch has no error of its own for that."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(_NO_MEMORY.search(str(error)))


def what_failed(error: BaseException) -> str:
    """Return an error in one line: "TypeError: object of type 'int' has no len()"."""
    said = (str(error).strip() or "no reason given").splitlines()[0]
    return f"{type(error).__name__}: {said}"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest known spelling, or an empty string."""
    known = list(known)
    near = [each for each in known if each.casefold() == str(word).casefold()]
    near = near or difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""


def listed(words: Iterable[object], last: str = "or") -> str:
    """Join words for a sentence: "'a', 'b' or 'c'"."""
    quoted = [f"'{word}'" for word in words]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
