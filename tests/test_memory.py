"""What users ask for that no memory holds is refused before the work."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch

from omnigan import api
from omnigan.errors import UserError
from omnigan.latent_space import interpolate
from omnigan.trained import Trained


@pytest.mark.parametrize("free", [10**9, None])
def test_more_samples_than_memory_holds_are_refused(
    mixture: ModuleType, monkeypatch: pytest.MonkeyPatch, free: int | None
) -> None:
    monkeypatch.setattr("omnigan.trained.free_memory", lambda device: free)
    domain = mixture.MixtureDomain(mixture.Config())
    trained = Trained(domain, domain.generator(), 0, torch.device("cpu"))
    known = "" if free is None else r", and 1\.0 GB are free"
    with pytest.raises(
        UserError, match=rf"10,000,000,000 samples would take 10,400\.0 GB of memory{known}\. Ask"
    ):
        trained.sample(10**10)
    for ask in (
        lambda: interpolate(trained, [1, 2, 3], 10**10),
        lambda: api.evaluate(trained, 10**10),
        lambda: trained.sample(10**8),
    ):
        with pytest.raises(UserError, match=r"0 samples would take|0,000,001 samples would take"):
            ask()
    assert len(trained.sample(100)) == 100
