"""Rules for what evaluation asks of a domain."""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor, nn

from omnigan.domain import Split
from omnigan.errors import UserError
from omnigan.evaluation.headline import headline_metric
from omnigan.testing.subject import Check, Subject, chance, require

__all__ = ["EVALUATION_CHECKS"]


def feature_network_gives_one_row_an_example(subject: Subject) -> None:
    """``feature_network`` gives finite features ``[B, F]``, each of its own example alone."""
    with chance(0):
        network = subject.domain.feature_network()
    if network is None:
        return
    require(
        isinstance(network, nn.Module),
        f"feature_network() must give a network or None, not {network!r}.",
    )
    x = subject.batch().x
    with torch.no_grad():
        together, alone = network.eval()(x), network(x[:1])
    require(
        isinstance(together, Tensor)
        and together.dim() == 2
        and len(together) == subject.size
        and bool(together.isfinite().all()),
        "feature_network() must give finite features [B, F] of examples [B, *shape].",
    )
    require(
        torch.allclose(together[:1], alone, rtol=1e-4, atol=1e-5),
        "feature_network() mixes the examples of a batch.",
    )


def classes_are_one_an_example(subject: Subject) -> None:
    """``classes`` gives a number from 0 for each example of a split, or None."""
    split: Split
    for split in get_args(Split):
        classes = subject.domain.classes(split)
        if classes is None:
            continue
        count = len(subject.domain.source(split))
        require(
            len(classes) == count,
            f"classes('{split}') has {len(classes)} entries for {count} examples.",
        )
        require(
            all(float(number).is_integer() and number >= 0 for number in classes),
            f"classes('{split}') must be whole numbers from 0.",
        )


def headline_is_a_metric(subject: Subject) -> None:
    """``HEADLINE`` names a metric of the domain or of the engine."""
    try:
        headline_metric(subject.domain, "auto")
    except UserError as error:
        raise AssertionError(f"HEADLINE: {error}") from error


EVALUATION_CHECKS: tuple[Check, ...] = (
    feature_network_gives_one_row_an_example,
    classes_are_one_an_example,
    headline_is_a_metric,
)
