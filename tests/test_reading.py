"""Files of a user's as examples."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
import torch

from omnigan.errors import UserError
from omnigan.reading import examples_in


def test_a_file_without_an_example_is_a_mistake(
    mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = mixture.MixtureDomain(mixture.Config())
    for count in (2, 0):
        monkeypatch.setattr(domain, "load_files", lambda paths, n=count: torch.zeros(n, 2))
        if count:
            assert examples_in(domain, Path("mine.txt")).shape == (2, 2)
            continue
        with pytest.raises(UserError, match=r"mine\.txt: there is no example in it"):
            examples_in(domain, Path("mine.txt"))
