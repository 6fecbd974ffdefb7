"""Which labels examples are made with."""

from __future__ import annotations

from collections.abc import Sequence

from omnigan.arguments import Label, several
from omnigan.errors import UserError, did_you_mean, listed
from omnigan.label_shares import drawn_labels

__all__ = ["chosen_labels"]


def chosen_labels(
    known: Sequence[str],
    counts: Sequence[int],
    n: int,
    seed: int,
    asked: Label | Sequence[Label] | None,
) -> list[str | None]:
    """Return one label for each of some examples.

    Args:
        known: All labels that there are.
        counts: How many training examples each has; empty where nobody knows.
        n: How many examples.
        seed: Of the labels that nobody asks for.
        asked: The label of all examples, or one for each; a number is the label of that name.

    Raises:
        UserError: There is no such label, or another number of them than of examples.
    """
    if asked is None:
        if not known:
            return [None] * n
        return [known[number] for number in drawn_labels(counts, len(known), n, seed)]
    wanted = [str(name) for name in several(asked)]
    for name in sorted({*wanted} - {*known}):
        raise _no_such_label(name, known)
    if len(wanted) not in (1, n):
        raise UserError(
            f"label must be one for all or one for each: {len(wanted)} are given for {n}."
        )
    return [*(wanted * n if len(wanted) == 1 else wanted)]


def _no_such_label(name: str, known: Sequence[str]) -> UserError:
    shown = [label if label.isprintable() else ascii(label) for label in known]
    allowed = f"Labels: {listed(shown)}." if shown else "This generator has no labels."
    return UserError(f"There is no label '{name}'.{did_you_mean(name, shown)} {allowed}")
