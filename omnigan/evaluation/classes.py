"""Which class an example belongs to, where the data has any."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan.domain import Batch, Conditions, Domain
from omnigan.evaluation.real import Excerpt

__all__ = ["classes_of", "in_turn", "labels_of", "mixed"]


def classes_of(domain: Domain, excerpt: Excerpt) -> Tensor | None:
    """Return the classes ``[N]`` of real examples, counted from 0, or None if there are none.

    They are the domain's own :meth:`~omnigan.domain.Domain.classes`; failing that, its labels.
    """
    known = domain.classes(excerpt.split)
    if known is not None:
        return torch.tensor([int(known[place]) for place in excerpt.places])
    return labels_of(domain, excerpt.batch)


def labels_of(domain: Domain, batch: Batch) -> Tensor | None:
    """Return which of the domain's labels examples have, ``[N]``, by their conditions.

    Returns:
        None where there are fewer than two labels, or examples that have none or several.
    """
    labels = list(domain.labels())
    if len(labels) < 2:
        return None
    alike = torch.stack(
        [_equal(batch.cond, domain.condition(label, 1), len(batch)) for label in labels]
    )
    return alike.int().argmax(0) if bool((alike.sum(0) == 1).all()) else None


def in_turn(domain: Domain, excerpt: Excerpt) -> Excerpt:
    """Return examples with their classes mixed evenly; within a class they keep their order.

    Sources are often sorted by class, and whoever cuts them in the middle would have other classes
    on either side.
    """
    classes = classes_of(domain, excerpt)
    return excerpt if classes is None else excerpt.at(mixed(classes))


def mixed(classes: Tensor) -> Tensor:
    """Return an order ``[N]`` of examples of some classes ``[N]`` that mixes these evenly."""
    place = torch.zeros(len(classes))  # of an example within its class, from 0 to 1
    for number in set(classes.tolist()):
        members = (classes == number).nonzero().flatten()
        place[members] = (torch.arange(len(members)) + 0.5) / len(members)
    return place.argsort(stable=True)


def _equal(conditions: Conditions, wanted: Conditions, n: int) -> Tensor:
    """Tell which of ``n`` examples have the conditions of a label."""
    alike = torch.ones(n, dtype=torch.bool)
    for name, value in wanted.items():
        if name not in conditions:
            return torch.zeros(n, dtype=torch.bool)
        alike &= (conditions[name] == value).reshape(n, -1).all(1)
    return alike
