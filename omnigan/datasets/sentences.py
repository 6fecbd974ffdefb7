"""What people are told of a data set before training, whatever it is a set of.

Each function returns a plain sentence, or nothing where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omnigan.wording import named, numbered

__all__ = ["copies", "in_memory", "left_out", "other_files", "said", "tally", "unreadable"]

_ENDINGS = 5  # of other files that are named


def said(*sentences: str) -> list[str]:
    """Return the sentences that say something."""
    return [sentence for sentence in sentences if sentence]


def tally(what: str, counts: Mapping[str, int]) -> str:
    """Say how often something occurs by name, as in "Labels: cat (3), dog (5)."."""
    listed = ", ".join(f"{name} ({count})" for name, count in counts.items())
    return f"{what}: {listed}." if listed else ""


def left_out(why: str, count: int) -> str:
    """Say how many examples are left out for a reason, such as "without a label"."""
    return f"Left out {why}: {count}." if count else ""


def unreadable(broken: Sequence[tuple[str, str]], noun: str) -> str:
    """Say how many files cannot be read, and why some of them cannot.

    Args:
        broken: Names, each with the reason.
        noun: What each should have been.
    """
    return f"Unreadable: {named(broken, noun)}." if broken else ""


def other_files(endings: Mapping[str, int]) -> str:
    """Say which other files there are, given how many have each ending, the commonest first."""
    listed = ", ".join(f"{count} {ending}" for ending, count in list(endings.items())[:_ENDINGS])
    return f"Other files, ignored: {listed}." if listed else ""


def copies(equal: int, alike: int | None, noun: str) -> str:
    """Say how many examples are copies of others, where these are kept on one side of the split.

    Where near copies are not known, only exact ones are spoken of.
    """
    if not equal and not alike:
        return ""
    if alike is None:
        return (
            f"{numbered(equal, 'exact copy', 'exact copies')} of other {noun}s; nothing is trained "
            "on while an exact copy of it is held out."
        )
    return (
        f"{numbered(equal, 'exact copy', 'exact copies')} and "
        f"{numbered(alike, 'near copy', 'near copies')} of other {noun}s were found; none is held "
        "out while another is trained on."
    )


def in_memory(needed: bool) -> str:
    """Say that examples could not be written to the cache."""
    return "The cache cannot be written, so they stay in memory." if needed else ""
