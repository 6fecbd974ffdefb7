"""Failures that come from a domain which breaks a rule, as sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from omnigan.domain import Domain
from omnigan.errors import OmniganError, lacks_memory, what_failed
from omnigan.testing import Check, broken
from omnigan.testing.data import (
    examples_fit_the_space,
    labels_are_texts,
    latent_takes_all_chance_from_rng,
)
from omnigan.testing.kinds import KIND_CHECKS
from omnigan.testing.networks import discriminator_returns_logits, generator_output_fits_the_space
from omnigan.testing.results import (
    description_is_json,
    generator_terms_are_scalars,
    rendering_writes_files,
)
from omnigan.testing.training import weights_are_plain_tensors

__all__ = ["failures_of_rules_in_words", "refuse_breaches"]

ALWAYS: tuple[Check, ...] = (labels_are_texts, description_is_json, weights_are_plain_tensors)
"""Rules that are looked at in no time."""
LIKELY: tuple[Check, ...] = (
    *KIND_CHECKS,
    *ALWAYS,
    examples_fit_the_space,
    latent_takes_all_chance_from_rng,
    generator_output_fits_the_space,
    discriminator_returns_logits,
    generator_terms_are_scalars,
    rendering_writes_files,
)
"""Rules whose breach may end a run, anywhere."""


def refuse_breaches(domain: Domain, name: str) -> None:
    """Refuse a domain that breaks one of :data:`ALWAYS`, of which a rehearsal may see nothing.

    Args:
        domain: Resolved.
        name: What it is called.

    Raises:
        OmniganError: It does.
    """
    if found := _breaches(domain, ALWAYS):
        raise _refusal(name, found)


@contextmanager
def failures_of_rules_in_words(domain: Domain, name: str) -> Iterator[None]:
    """Find out whether a failure nobody has words for is that of a domain which breaks a rule.

    Where it is not, the failure is a defect of its own, which is not to be hidden.

    Args:
        domain: Resolved.
        name: What it is called.

    Raises:
        OmniganError: The block failed, and the domain breaks a rule.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OmniganError | OSError) or lacks_memory(error):
            raise
        found = _breaches(domain, LIKELY)
        if not found:
            raise
        raise _refusal(name, found, f" (What failed: {what_failed(error)})") from error


def _breaches(domain: Domain, rules: Collection[Check]) -> list[str]:
    """Return a sentence for each broken rule; what raises anything else is no sentence."""
    return [
        f"{rule.__name__}: {error}"
        for rule, error in broken(domain, rules)
        if isinstance(error, AssertionError)
    ]


def _refusal(name: str, found: Collection[str], why: str = "") -> OmniganError:
    rules = "a rule" if len(found) == 1 else "rules"
    shown = "\n  ".join(found)
    return OmniganError(
        f"The domain '{name}' breaks {rules} for domains:\n  {shown}\n"
        f"That is for its author to mend; omnigan.testing.check_domain looks at all of them.{why}"
    )
