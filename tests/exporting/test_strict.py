"""What is wrong with an export is told by file and key; nothing large is built to find out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save

import omnigan
from omnigan.errors import UserError

Change = Callable[..., Path]


def refused(folder: Path, *phrases: str) -> str:
    with pytest.raises(UserError) as caught:
        omnigan.load(folder)
    text = str(caught.value)
    assert str(folder) in text
    for phrase in phrases:
        assert phrase in text, text
    return text


def config_of(folder: Path) -> Any:
    return json.loads((folder / "config.json").read_text())


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_that_is_missing_is_named(exported: Path, name: str) -> None:
    (exported / name).unlink()
    refused(exported, "is not a whole export", f"it has no {name}")


@pytest.mark.parametrize(
    ("config", "phrases"),
    [
        ({"format": 2}, ["config.json: 'format' is 2; omnigan", "reads 1"]),
        ({"code": "print()"}, ["config.json", "it has 'code' besides"]),
        ({"domain": "mixtures"}, ["'domain'", "No domain 'mixtures'", "Did you mean 'mixture'?"]),
        ({"domain": "os:system"}, ["'domain'", "No domain 'os:system' is installed"]),
        ({"domain": 3}, ["'domain' must be the name"]),
        ({"domain": "\ud800"}, ["'domain' must be the name"]),
        ({"config": {"generator": {"width": 0}}}, ["'config.generator.width'"]),
        ({"config": {"generator": {"wdith": 8}}}, ["'config.generator.wdith'"]),
        ({"config": []}, ["'config"]),
        ({"space": {"shape": [3], "low": -2.0, "high": 2.0}}, ["'space' is", "[2]"]),
        ({"step": -1}, ["'step' must be"]),
        ({"step": True}, ["'step' must be"]),
        ({"weights": "newest"}, ["'weights' must be 'moving average'"]),
        ({"dtype": "fp16"}, ["'dtype' must be 'fp32' or 'bf16'"]),
        ({"dtype": "bf16"}, ["must be BF16"]),
        ({"sha256": "0" * 64}, ["model.safetensors is damaged"]),
        ({"sha256": None}, ["'sha256' must be"]),
        ({"examples_sha256": None}, ["'examples_sha256' must have a hash for 'train' and 'valid'"]),
        ({"examples_sha256": {"train": 3}}, ["'examples_sha256' must have"]),
        ({"examples_sha256": {"test": "0"}}, ["'examples_sha256' must have"]),
        ({"label_counts": [1] * 7}, ["'label_counts' must be", "each of the 8 labels"]),
        ({"label_counts": [0] * 8}, ["'label_counts' must be", "not 0 for all"]),
        ({"label_counts": [2**62] * 8}, ["'label_counts' must be"]),
        ({"label_counts": [1.5] * 8}, ["'label_counts' must be"]),
        ({"label_counts": [-1, 9, *[1] * 6]}, ["'label_counts' must be"]),
    ],
)
def test_a_wrong_value_is_told_by_its_key(
    changed: Change, config: dict[str, Any], phrases: list[str]
) -> None:
    refused(changed(config), *phrases)


def test_what_a_newer_omnigan_has_written_is_loaded_with_a_warning(changed: Change) -> None:
    folder = changed({"omnigan": "99.1.2rc1"})
    with pytest.warns(UserWarning, match=r"was written by omnigan 99\.1\.2, and this is ") as heard:
        omnigan.load(folder)
    assert [(str(each.message).count("\n"), each.filename) for each in heard] == [(0, __file__)]


@pytest.mark.parametrize("version", ["0.0.9", omnigan.__version__, "no version", None, [9]])
def test_other_versions_are_no_reason_to_warn(changed: Change, version: Any) -> None:
    omnigan.load(changed({"omnigan": version}))  # warnings are errors


@pytest.mark.parametrize(
    "config",
    [
        {f"key{number}": 1 for number in range(500)},
        {"format": [2] * 5000},
        {"space": {"shape": [2] * 5000, "low": -2.0, "high": 2.0}},
    ],
)
def test_much_that_is_wrong_is_told_in_short(changed: Change, config: dict[str, Any]) -> None:
    assert len(refused(changed(config))) < 700


def test_a_key_that_is_missing_is_named(exported: Path) -> None:
    whole = config_of(exported)
    for key in whole.keys() - {"examples_sha256"}:  # earlier versions did not write it
        rest = {name: value for name, value in whole.items() if name != key}
        (exported / "config.json").write_text(json.dumps(rest))
        refused(exported, "config.json", f"it lacks '{key}'")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1', "\udcff", "[" * 100_000, "9" * 5000])
def test_a_config_that_is_no_mapping_is_refused(exported: Path, text: str) -> None:
    (exported / "config.json").write_bytes(text.encode(errors="surrogateescape"))
    refused(exported, "config.json")


def with_tensors(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> bytes:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    return save(tensors)


NAME = "body.0.weight"


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (lambda all_: all_.pop(NAME), "'body.0.weight' is missing"),
        (lambda all_: all_.update({"more\n": torch.ones(2)}), "'more\\n' is not of this network"),
        (
            lambda all_: all_.update({NAME: torch.ones(4, 8)}),
            "'body.0.weight' is F32 [4, 8], must be F32 [8, 4]",
        ),
        (
            lambda all_: all_.update({NAME: torch.ones(8, 4, dtype=torch.float64)}),
            "'body.0.weight' is F64 [8, 4], must be F32 [8, 4]",
        ),
        (
            lambda all_: all_.update({NAME: torch.full((8, 4), torch.nan)}),
            "'body.0.weight' holds numbers that are not finite",
        ),
    ],
)
def test_a_wrong_tensor_is_told_by_its_name(
    exported: Path, changed: Change, change: Any, phrase: str
) -> None:
    changed(model=with_tensors(exported, change))
    refused(exported, "model.safetensors", phrase)


def test_a_torn_file_is_refused(exported: Path, changed: Change) -> None:
    whole = (exported / "model.safetensors").read_bytes()
    for size in (0, 4, 8, 100, len(whole) - 1):
        changed(model=whole[:size])
        refused(exported, "model.safetensors is damaged, or no safetensors file")
    changed(model=whole + b"\0")
    refused(exported, "model.safetensors is damaged")
    (exported / "model.safetensors").unlink()
    (exported / "model.safetensors").mkdir()
    refused(exported, "model.safetensors")


def test_a_bit_that_flipped_in_a_weight_is_noticed(exported: Path) -> None:
    model = exported / "model.safetensors"
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    refused(exported, "its hash is not the 'sha256'")


def test_sizes_are_compared_before_memory_is_taken(
    exported: Path, changed: Change, monkeypatch: pytest.MonkeyPatch, mixture: Any
) -> None:
    build = mixture.MixtureDomain.generator
    devices = []

    def watched(self: object) -> torch.nn.Module:
        network: torch.nn.Module = build(self)
        devices.append({value.device.type for value in network.parameters()})
        return network

    monkeypatch.setattr(mixture.MixtureDomain, "generator", watched)
    options = config_of(exported)["config"]
    options["generator"] |= {"width": 1024, "depth": 16}
    refused(changed({"config": options}), "a network much larger than the tensors that are there")
    assert devices == []  # it was not even finished
    options["generator"] |= {"width": 9, "depth": 2}
    refused(changed({"config": options}), "must be F32 [9, 4]")
    assert devices == [{"meta"}]

    huge = {NAME: {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [0, 2**62]}}
    header = json.dumps(huge).encode()
    changed(model=len(header).to_bytes(8, "little") + header)
    refused(exported, "model.safetensors is damaged")
    changed(model=(2**63).to_bytes(8, "little") + b"{}")
    refused(exported, "model.safetensors is damaged")


def test_a_run_is_still_a_run(run: Path, tmp_path: Path) -> None:
    assert omnigan.load(run).step == 4
    (tmp_path / "config.json").write_text((run / "config.json").read_text())
    with pytest.raises(UserError, match=re.escape("has no checkpoint that can be loaded")):
        omnigan.load(tmp_path)
