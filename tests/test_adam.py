"""Adam is PyTorch's, and does not bring PyTorch's compiler along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

from omnigan.adam import Adam

TRAIN = """
import sys
import omnigan
omnigan.train({"domain": "mixture", "train": {"steps": 2, "device": "cpu"}}, out=sys.argv[1])
print([name for name in ("torch._dynamo", "sympy") if name in sys.modules])
"""


@pytest.mark.parametrize("foreach", [False, True])
def test_its_steps_are_those_of_pytorchs(foreach: bool) -> None:
    ours, theirs = (nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    first = Adam(ours.parameters(), 0.1, betas=(0.5, 0.9), foreach=foreach)
    second = torch.optim.Adam(theirs.parameters(), 0.1, betas=(0.5, 0.9), foreach=foreach)
    for step in range(4):
        x = torch.randn(7, 3)
        for network, optimizer in ((ours, first), (theirs, second)):
            optimizer.param_groups[0]["lr"] = 0.1 / (step + 1)
            optimizer.zero_grad(set_to_none=step % 2 == 0)
            network(x).square().sum().backward()
            optimizer.step()
        for mine, wanted in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(mine, wanted)


def test_training_does_not_import_the_compiler(mixture: ModuleType, tmp_path: Path) -> None:
    """Its import would take longer than everything else before the first step."""
    ended = subprocess.run(
        [sys.executable, "-c", TRAIN, str(tmp_path / "run")],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines()[-1] == "[]"
