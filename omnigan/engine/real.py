"""Real examples to look at, in the order in which generated ones are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, cycle, islice

import torch
from torch import Tensor

from omnigan.domain import Batch, Conditions, Domain, Source

__all__ = ["real_examples", "rows_of_labels"]

MOST = 20_000
"""Examples that are looked through for one of a rare label."""


def rows_of_labels(labels: Sequence[str], count: int) -> list[str]:
    """Return the labels of examples to look at: sorted, as many of each as can be."""
    return [labels[place * len(labels) // count] for place in range(count)] if labels else []


def real_examples(
    domain: Domain, source: Source, count: int, rng: torch.Generator
) -> tuple[Tensor, bool]:
    """Return real examples ``[count, *shape]``, or fewer if the source has fewer.

    With labels they are sorted as :func:`rows_of_labels` says, so that they stand beside generated
    examples of the same label. A label with too few examples repeats them.

    Args:
        domain: Of the source.
        source: Where they are from.
        count: How many.
        rng: Chooses among them.

    Returns:
        The examples, and whether they are sorted; they are not if one of the labels has none.
    """
    count = min(count, len(source))
    places = torch.randperm(len(source), generator=rng).tolist()
    wanted = Counter(rows_of_labels(domain.labels(), count))
    found = _by_label(domain, (source.read(place, rng) for place in places[:MOST]), wanted)
    if not wanted or not all(found.values()):
        return torch.stack([source.read(place, rng).x for place in places[:count]]), not wanted
    rows = [islice(cycle(found[label]), number) for label, number in wanted.items()]
    return torch.stack([*chain(*rows)]), True


def _by_label(
    domain: Domain, examples: Iterable[Batch], wanted: Mapping[str, int]
) -> dict[str, list[Tensor]]:
    """Return as many examples of each label as are wanted, or fewer."""
    known = {label: domain.condition(label, 1) for label in wanted}
    found: dict[str, list[Tensor]] = {label: [] for label in wanted}
    missing = sum(wanted.values())
    for example in examples if missing else ():
        label = next((name for name in known if _is_of(example.cond, known[name])), None)
        if label is not None and len(found[label]) < wanted[label]:
            found[label].append(example.x)
            missing -= 1
            if not missing:
                break
    return found


def _is_of(cond: Conditions, label: Conditions) -> bool:
    """Tell whether an example's conditions are those of a label, ``[1, ...]``."""
    return all(torch.equal(cond[name].cpu(), value[0].cpu()) for name, value in label.items())
