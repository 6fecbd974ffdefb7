"""The conformance suite: does a domain keep the rules that the engine relies on?

In a test of your own::

    from omnigan.testing import check_domain, domain_of

    def test_my_domain() -> None:
        check_domain(domain_of("my-recipe.yaml", ["data.source=small.csv"]))

or, one test per rule::

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_my_domain(check: Check) -> None:
        check_domain(domain_of("my-recipe.yaml"), checks=[check])

Use small networks and little data: the checks build networks many times and train a few steps.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from omnigan.domain import Domain
from omnigan.testing.data import DATA_CHECKS
from omnigan.testing.evaluation import EVALUATION_CHECKS
from omnigan.testing.kinds import KIND_CHECKS
from omnigan.testing.likelihood import LIKELIHOOD_CHECKS
from omnigan.testing.networks import NETWORK_CHECKS
from omnigan.testing.recipes import domain_of
from omnigan.testing.results import RESULT_CHECKS
from omnigan.testing.standalone import STANDALONE_CHECKS
from omnigan.testing.subject import Check, Subject, chance
from omnigan.testing.training import TRAINING_CHECKS

__all__ = ["CHECKS", "Check", "Subject", "broken", "check_domain", "domain_of"]

CHECKS: tuple[Check, ...] = (
    *KIND_CHECKS,
    *(*DATA_CHECKS, *NETWORK_CHECKS, *LIKELIHOOD_CHECKS, *RESULT_CHECKS),
    *(*STANDALONE_CHECKS, *EVALUATION_CHECKS, *TRAINING_CHECKS),
)
"""Every rule; a check's name says which, its docstring more."""


def check_domain(domain: Domain, *, checks: Iterable[Check] = CHECKS, size: int = 4) -> None:
    """Check a domain against the rules of :mod:`omnigan.domain`.

    Args:
        domain: The domain, resolved.
        checks: The rules.
        size: Examples in a batch, at least 2.

    Raises:
        AssertionError: It breaks some of them; the message has a line for each.
    """
    found = list(broken(domain, checks, size))
    if found:
        lines = [f"{check.__name__}: {_kind(error)}{error}" for check, error in found]
        raise AssertionError("\n".join(lines)) from found[0][1]


def broken(
    domain: Domain, checks: Iterable[Check], size: int = 4
) -> Iterator[tuple[Check, Exception]]:
    """Yield the rules that a domain breaks, with what each of them raised.

    A method of the wrong kind breaks others in words that say little, so the rest is left out then.
    """
    for check in checks:
        with tempfile.TemporaryDirectory() as folder, chance(0):
            try:
                check(Subject(domain, Path(folder), size))
            except Exception as error:  # a domain may fail in any way
                yield check, error
                if check in KIND_CHECKS and isinstance(error, AssertionError):
                    return


def _kind(error: Exception) -> str:
    return "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
