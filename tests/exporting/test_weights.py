"""What of a network is rounded in a file of half the size, and that it is read back as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from omnigan.exporting.claims import check_bytes, check_claims
from omnigan.exporting.weights import fill_from, packed


def test_bf16_rounds_what_was_learnt_and_nothing_else(
    mixture: ModuleType,
    mixture_recipe: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    build: Callable[..., torch.nn.Module] = mixture.MixtureDomain.generator
    rates = torch.tensor([1e-4, 44100.3, 123456.7])

    def with_rates(self: object) -> torch.nn.Module:
        network = build(self)
        network.register_buffer("rates", torch.zeros_like(rates))
        return network

    monkeypatch.setattr(mixture.MixtureDomain, "generator", with_rates)
    kind = mixture.MixtureDomain
    domain = kind(kind.Config.model_validate({"data": mixture_recipe["data"]})).resolve()
    network, again = domain.generator(), domain.generator()
    network.rates.copy_(rates)
    file, config = tmp_path / "model.safetensors", tmp_path / "config.json"
    file.write_bytes(packed(network, "bf16"))
    check_claims(file, domain, "bf16", config)
    check_bytes(file.stat().st_size, domain, "bf16", config)
    fill_from(file, again)
    assert torch.equal(again.rates, rates)
    kinds = {name: value.dtype for name, value in load_file(file).items()}
    assert kinds.pop("rates") is torch.float32
    assert set(kinds.values()) == {torch.bfloat16}
    for name, weight in network.named_parameters():
        assert torch.equal(again.get_parameter(name), weight.bfloat16().float())
