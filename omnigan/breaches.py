"""Failures that come from a domain which breaks a rule, as sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from omnigan.blame import fault_of, place_of, stranger_in
from omnigan.domain import Domain
from omnigan.errors import OmniganError, lacks_memory, what_failed
from omnigan.plugins import available
from omnigan.testing import Check, broken
from omnigan.testing.data import (
    examples_fit_the_space,
    labels_are_texts,
    latent_takes_all_chance_from_rng,
)
from omnigan.testing.evaluation import (
    classes_are_one_an_example,
    feature_network_gives_one_row_an_example,
)
from omnigan.testing.kinds import KIND_CHECKS
from omnigan.testing.networks import (
    augmentation_is_differentiable,
    discriminator_returns_logits,
    generator_output_fits_the_space,
    gradient_reaches_every_generator_weight,
)
from omnigan.testing.results import RESULT_CHECKS, description_is_json
from omnigan.testing.standalone import settings_can_be_chosen
from omnigan.testing.training import weights_are_plain_tensors

__all__ = ["UNSEEN", "failure_in_words", "failures_of_rules_in_words", "refuse_breaches"]

ALWAYS: tuple[Check, ...] = (labels_are_texts, description_is_json, weights_are_plain_tensors)
"""Rules that are looked at in no time."""
UNSEEN: tuple[Check, ...] = (
    *KIND_CHECKS,
    examples_fit_the_space,
    latent_takes_all_chance_from_rng,
    generator_output_fits_the_space,
)
"""Rules that a run may break from its first step to its last without an error."""
LIKELY: tuple[Check, ...] = (
    *UNSEEN,
    *ALWAYS,
    discriminator_returns_logits,
    gradient_reaches_every_generator_weight,
    augmentation_is_differentiable,
    *RESULT_CHECKS,
    settings_can_be_chosen,
    classes_are_one_an_example,
    feature_network_gives_one_row_an_example,
)
"""Rules whose breach may end a run, anywhere."""


def refuse_breaches(domain: Domain, name: str, rules: Collection[Check] = ALWAYS) -> None:
    """Refuse a domain that breaks some rules, of which a rehearsal may see nothing.

    Args:
        domain: Resolved.
        name: What it is called.
        rules: That are looked at.

    Raises:
        OmniganError: It does.
    """
    if found := _breaches(domain, rules):
        raise _refusal(name, found)


@contextmanager
def failures_of_rules_in_words(domain: Domain, name: str) -> Iterator[None]:
    """Find out whether a failure nobody has words for is that of a domain which breaks a rule.

    Where it is not, the failure is a defect of its own, which is not to be hidden.

    Args:
        domain: Resolved.
        name: What it is called.

    Raises:
        OmniganError: The block failed, and the domain breaks a rule, or it failed in the code of a
            domain that does not come with omnigan.
    """
    try:
        yield
    except Exception as error:
        told = _in_words(error, domain, name)
        if told is None:
            raise
        raise told from error


def failure_in_words(error: Exception | SystemExit) -> OmniganError | None:
    """Return a failure as :func:`failures_of_rules_in_words` tells it, of whatever domain it is.

    None: it is not that of a domain which does not come with omnigan.
    """
    if told := fault_of(error):
        return told
    domain = None if isinstance(error, SystemExit) else stranger_in(error)
    return None if domain is None else _in_words(error, domain, _name(domain))


def _name(domain: Domain) -> str:
    """Return what a domain is installed as, or the name of its class."""
    kind = type(domain)
    place = f"{kind.__module__}:{kind.__qualname__}"
    return next((entry.name for entry in available() if entry.value == place), kind.__name__)


def _in_words(error: BaseException, domain: Domain, name: str) -> OmniganError | None:
    fault = fault_of(error)
    if isinstance(error, OmniganError | OSError) or lacks_memory(error):
        return None if isinstance(error, OmniganError) else fault
    if found := _breaches(domain, LIKELY):
        place = f"; {place_of(error)}" if fault else ""
        return _refusal(name, found, f" (What failed: {what_failed(error)}{place})")
    return fault


def _breaches(domain: Domain, rules: Collection[Check]) -> list[str]:
    """Return a sentence for each broken rule; what raises anything else is no sentence.

    What breaks several in the same words, as a network that cannot be called, is told once.
    """
    found: dict[str, str] = {}
    for rule, error in broken(domain, rules):
        if isinstance(error, AssertionError):
            found.setdefault(str(error), rule.__name__)
    return [f"{rule}: {said}" for said, rule in found.items()]


def _refusal(name: str, found: Collection[str], why: str = "") -> OmniganError:
    rules = "a rule" if len(found) == 1 else "rules"
    shown = "\n  ".join(found)
    return OmniganError(
        f"The domain '{name}' breaks {rules} for domains:\n  {shown}\n"
        f"That is for its author to mend; omnigan.testing.check_domain looks at all of them.{why}"
    )
