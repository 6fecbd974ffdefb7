"""Repositories that are not what they should be, and folders that must not be published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from torch import nn

import omnigan
from omnigan.cli import main
from omnigan.errors import OmniganError, UserError
from omnigan.hub.reference import Reference, is_reference, repository

# of the client's own making, with some versions of what is below it
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

Files = dict[str, bytes]
EVIL = {
    "../../escaped.txt": b"out of the folder",
    "..\\escaped.txt": b"out of the folder",
    "/absolute.txt": b"out of the folder",
    "pytorch_model.bin": b"\x80\x04\x95pickle",
    "sub/config.json": b"{}",
    "config.json.pkl": b"\x80\x04\x95pickle",
    "modeling.py": b"print('run')",
}


def test_nothing_but_three_files_is_ever_asked_for(hub: Any, files: Files, tmp_path: Path) -> None:
    hub.put("them/evil", files | EVIL)
    omnigan.load("hub:them/evil")
    assert hub.downloaded() == {"config.json", "model.safetensors", "README.md"}
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert not {Path(name).name for name in EVIL} - {"config.json"} & written
    assert "escaped.txt" not in {path.name for path in tmp_path.parent.rglob("*.txt")}


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("model.safetensors", 2**33, r"model\.safetensors has 8\.6 GB.*hf download them/large"),
        ("model.safetensors", 10**8, r"describes a network of [\d,]+ bytes.*has 100,000,000"),
        ("model.safetensors", 100, r"describes a network of [\d,]+ bytes.*has 100"),
        ("config.json", 10**9, r"config\.json has 1\.0 GB"),
        ("README.md", 10**9, r"README\.md has 1\.0 GB"),
    ],
)
def test_what_is_too_large_is_not_downloaded(
    hub: Any, files: Files, name: str, size: int, says: str
) -> None:
    hub.put("them/large", files)
    hub.sizes[name] = size
    with pytest.raises(UserError, match=says):
        omnigan.load("hub:them/large")
    assert "model.safetensors" not in hub.downloaded()


def changed(files: Files, **values: Any) -> Files:
    return files | {"config.json": json.dumps(json.loads(files["config.json"]) | values).encode()}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda files: {"README.md": b"hello"}, "not an export of omnigan: it has no config.json"),
        (lambda files: {"config.json": b"{}"}, "it has no model.safetensors"),
        (lambda files: files | {"config.json": b'{"model_type": "bert"}'}, "cannot be loaded: "),
        (lambda files: files | {"config.json": b"\x80\x04\x95"}, "cannot be loaded: config.json"),
        (lambda files: changed(files, domain="os.system"), "'domain'"),
        (lambda files: changed(files, dtype="fp8"), "'dtype' must be"),
        (lambda files: changed(files, format=9), "'format' is 9"),
    ],
)
def test_the_config_is_looked_at_before_the_model(
    hub: Any, files: Files, change: Callable[[Files], Files], says: str
) -> None:
    hub.put("them/other", change(files))
    with pytest.raises(UserError) as error:
        omnigan.load("hub:them/other")
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert "/cache/" not in str(error.value)
    assert "model.safetensors" not in hub.downloaded()


def test_a_network_of_endless_parts_is_not_built(
    hub: Any, files: Files, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []

    def endless(self: Any) -> nn.Module:
        parts = nn.ModuleList()
        while True:
            parts.append(nn.Linear(1, 1))
            built.append(1)

    hub.put("them/endless", files)
    hub.sizes["model.safetensors"] = 2**31
    monkeypatch.setattr(mixture.MixtureDomain, "generator", endless)
    monkeypatch.setattr("omnigan.exporting.claims.MOST_TENSORS", 50)
    with pytest.raises(UserError, match="a network much larger than the tensors that are there"):
        omnigan.load("hub:them/endless")
    assert len(built) < 500
    assert "model.safetensors" not in hub.downloaded()


def test_a_damaged_model_is_refused_as_a_local_one_is(hub: Any, files: Files) -> None:
    model = bytearray(files["model.safetensors"])
    model[-1] ^= 1
    hub.put("them/damaged", files | {"model.safetensors": bytes(model)})
    with pytest.raises(UserError, match="is damaged, or belongs to another export"):
        omnigan.load("hub:them/damaged")


@pytest.fixture
def strangers(hub: Any, files: Files, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a Hub with models of others, and no token for it."""
    monkeypatch.delenv("HF_TOKEN")
    hub.put("them/ring", files)
    hub.put("them/secret", files, private=True)
    hub.put("them/asked", files, gated=True)
    return hub


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("hub:them/none", "There is no model 'them/none' at"),
        ("hub:them/secret", "or it is private: then hf auth login"),
        ("hub:them/asked", "'them/asked' asks for consent"),
        ("hub:them/ring@v9", "'them/ring' has no revision 'v9'"),
        ("hub:ring", "'ring' is no repository of the Hub"),
        ("hub:them/ring@", "'' is no revision"),
        ("hub:them/ring@../x", "is no revision"),
        ("hub:../ring", "is no repository"),
    ],
)
def test_who_may_not_load_is_told_in_a_sentence(
    strangers: Any, capsys: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    with pytest.raises(UserError) as error:
        omnigan.load(name)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert main(["sample", name]) == 2
    assert says in capsys.readouterr().err


def test_no_network_and_no_cache(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="HF_HUB_OFFLINE is set, and it is not in the cache"):
        omnigan.load("hub:them/ring")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(OmniganError) as error:
        omnigan.load("hub:them/ring")
    assert error.value.exit_status == 1
    assert re.fullmatch(
        r"http://127\.0\.0\.1:9 cannot be used: [^(]*refused\. "
        r"Connect to the network, or name another Hub in HF_ENDPOINT\.",
        str(error.value),
    )


def test_half_a_download_is_no_export(
    hub: Any, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants, hf_hub_download

    hub.put("them/ring", files)
    hf_hub_download("them/ring", "config.json", endpoint=hub.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="not in the cache"):
        omnigan.load("hub:them/ring")


def test_references() -> None:
    assert Reference.of("hub:a/b-c.d") == Reference("a/b-c.d")
    assert Reference.of(Path("hub:a/b@refs/pr/1")) == Reference("a/b", "refs/pr/1")
    assert str(Reference.of("hub:a/b@v1")) == "hub:a/b@v1"
    assert repository("hub:a/b") == repository("a/b") == "a/b"
    assert not is_reference("a/b")
    assert not is_reference(Path("runs/hub:a"))
