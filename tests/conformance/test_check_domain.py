"""What the suite does with rules that are kept and rules that are not."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch

from omnigan.domain import Domain
from omnigan.testing import check_domain


def test_a_good_domain_passes_and_global_chance_is_left_alone(
    changed: Callable[..., Domain],
) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    check_domain(changed({}))
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1] == np.random.get_state()[1]).all()
    assert before[2] == random.getstate()


def test_every_broken_rule_has_a_line(changed: Callable[..., Domain]) -> None:
    domain = changed({"describe": lambda self: {1: "one"}, "API": 0})
    with pytest.raises(AssertionError) as caught:
        check_domain(domain)
    rules = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert rules == ["class_fits_the_contract", "description_is_json"]


def test_an_exception_of_the_domain_counts_as_a_broken_rule(
    changed: Callable[..., Domain],
) -> None:
    domain = changed({"objects": lambda self, x: x.no_such_attribute})
    with pytest.raises(AssertionError, match=r"objects_.*: AttributeError: .*no_such") as caught:
        check_domain(domain)
    assert isinstance(caught.value.__cause__, AttributeError)
