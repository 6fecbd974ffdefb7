from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest

from omnigan.domain import Domain
from omnigan.testing import CHECKS, check_domain


@pytest.fixture
def changed(mixture: ModuleType) -> Callable[..., Domain]:
    """Return a function that makes a small mixture domain with other methods."""

    def make(methods: Mapping[str, Any]) -> Domain:
        config = mixture.Config(
            data={"examples": 32, "labels": True},
            generator={"width": 6, "depth": 1},
            discriminator={"width": 6, "depth": 1, "critics": 2},
        )
        domain: Domain = type("Changed", (mixture.MixtureDomain,), dict(methods))(config)
        return domain.resolve()

    return make


@pytest.fixture
def complaint(changed: Callable[..., Domain]) -> Callable[..., str]:
    """Return a function that tells what a rule says about a domain with other methods."""

    def ask(rule: str, methods: Mapping[str, Any]) -> str:
        check = next(check for check in CHECKS if check.__name__ == rule)
        with pytest.raises(AssertionError) as caught:
            check_domain(changed(methods), checks=[check])
        text = str(caught.value)
        assert text.startswith(f"{rule}: ")
        return text

    return ask


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for ``rule``, ``phrase`` and ``methods`` each row of its ``BROKEN``."""
    if "methods" in metafunc.fixturenames:
        rows = metafunc.module.BROKEN
        names = [f"{rule}-{phrase}" for rule, phrase, _ in rows]
        metafunc.parametrize(("rule", "phrase", "methods"), rows, ids=names)
