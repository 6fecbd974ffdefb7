"""What is done to the files of exports before they are loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

from omnigan.errors import UserError

HEADER = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
MODEL = len(HEADER).to_bytes(8, "little") + HEADER + bytes(8)
CONFIG = json.dumps({"domain": "text", "config": {"generator": {"width": 8}}}).encode()


def test_damaged_weights_mostly_have_the_right_hash(
    kit: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = kit("exports")
    seen: list[tuple[bytes, bytes]] = []

    def load(folder: str, warn: Any) -> NoReturn:
        files = [Path(folder, name).read_bytes() for name in (module.CONFIG, module.MODEL)]
        seen.append((files[0], files[1]))
        raise UserError("refused")

    monkeypatch.setattr(module, "_whole", lambda domain: (CONFIG, MODEL))
    monkeypatch.setattr(module.omnigan, "load", load)
    for seed in range(200):
        with pytest.raises(UserError, match="refused"):
            module.damaged_export("text", seed)
    same = [pair for pair in seen if pair == (CONFIG, MODEL)]
    assert len(same) < 10  # of damage that happens to change nothing
    changed = [(config, model) for config, model in seen if model != MODEL]
    right = [hashlib.sha256(model).hexdigest().encode() in config for config, model in changed]
    assert 60 < len(changed) < 140
    assert 0.75 * len(changed) < sum(right) < len(changed)
    configs = {config for config, model in seen if model == MODEL}
    assert len(configs) > 50
