"""What is pushed is what is loaded, seen from this process and from one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import omnigan
from omnigan.cli import main

# of the client's own making, with some versions of what is below it
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_a_pushed_export_is_loaded_by_name(
    hub: Any, exported: Path, files: dict[str, bytes]
) -> None:
    commit = omnigan.push(exported, "me/ring")
    pushed = hub.repositories["me/ring"].commits[commit]
    assert {name: content for name, content in pushed.items() if name[0] != "."} == files
    expected = omnigan.load(exported).generate(5, seed=3).x

    hub.asked.clear()
    loaded = omnigan.load("hub:me/ring")
    assert loaded.commit == commit
    assert torch.equal(loaded.generate(5, seed=3).x, expected)
    assert hub.downloaded() == {"config.json", "model.safetensors", "README.md"}

    hub.asked.clear()
    again = omnigan.load(f"hub:me/ring@{commit}")
    assert torch.equal(again.generate(5, seed=3).x, expected)
    assert hub.downloaded() == set()  # they are in the cache


def test_commands_take_a_model_of_the_hub(
    hub: Any,
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["push", str(exported), "me/ring", "--private"]) == 0
    said = capsys.readouterr().out
    for name in ("config.json", "model.safetensors", "samples/points.txt"):
        assert name in said
    assert hub.repositories["me/ring"].private
    assert "omnigan.load('hub:me/ring@" in said

    assert main(["sample", "hub:me/ring", "--count", "3"]) == 0
    out, errors = capsys.readouterr()
    commit = hub.repositories["me/ring"].branches["main"]
    assert f"hub:me/ring is commit {commit}\n" in errors
    assert Path(out.strip()) == Path("generated/me_ring/seed-0/points.txt")
    assert main(["sample", str(exported), "--count", "3", "--out", "local"]) == 0
    capsys.readouterr()
    assert Path(out.strip()).read_bytes() == Path("local/points.txt").read_bytes()

    words = ["--samples", "10", "--features", "random", "--json"]  # too few for slow scores
    assert main(["evaluate", "hub:me/ring", *words]) == 0
    from_hub = json.loads(capsys.readouterr().out)
    assert main(["evaluate", str(exported), *words]) == 0
    assert from_hub == json.loads(capsys.readouterr().out)
    assert main(["interpolate", "hub:me/ring", "--frames", "2"]) == 0
    assert Path("generated/me_ring/path-0-1/points.txt").is_file()
    for command in (["score", "hub:me/ring", "x"], ["export", "hub:me/ring", "y"]):
        assert main(command) == 2
        assert "is an export" in capsys.readouterr().err


def test_a_branch_holds_another_version(hub: Any, exported: Path) -> None:
    first = omnigan.push(exported, "me/ring")
    (exported / "samples" / "points.txt").write_text("0 0\n")
    second = omnigan.push(exported, "me/ring", revision="wide")
    assert first != second
    assert omnigan.load("hub:me/ring").commit == first
    assert omnigan.load("hub:me/ring@wide").commit == second


def test_what_an_earlier_export_left_is_deleted_and_other_files_stay(
    hub: Any, exported: Path
) -> None:
    old = {"model.onnx": b"old", "samples/999.png": b"old", "notes.md": b"mine", "a/b.txt": b"mine"}
    hub.put("me/ring", old)
    commit = omnigan.push(exported, "me/ring")
    names = hub.repositories["me/ring"].commits[commit].keys()
    assert {"notes.md", "a/b.txt", "config.json"} <= names
    assert not {"model.onnx", "samples/999.png"} & names


@pytest.mark.parametrize("how", ["switched off", "gone"])
def test_without_network_the_cache_is_used(
    hub: Any, exported: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    from huggingface_hub import constants

    commit = omnigan.push(exported, "me/ring")
    expected = omnigan.load("hub:me/ring").generate(2).x
    if how == "gone":
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    else:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.asked.clear()
    for name in ("hub:me/ring", f"hub:me/ring@{commit}"):
        loaded = omnigan.load(name)
        assert loaded.commit == commit
        assert torch.equal(loaded.generate(2).x, expected)
    assert hub.asked == []


def test_another_process_with_nothing_but_the_environment(
    hub: Any, exported: Path, tmp_path: Path
) -> None:
    environment = os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_XET": "1",
    }
    script = (
        "import sys\nfrom omnigan.cli import main\n"
        f"sys.exit(main(['push', {str(exported)!r}, 'me/ring'])"
        " or main(['sample', 'hub:me/ring', '--count', '2', '--out', 'made']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    x = omnigan.load(exported).generate(2).x
    omnigan.load(exported).render(x, tmp_path / "expected")
    made = (tmp_path / "made" / "points.txt").read_bytes()
    assert made == (tmp_path / "expected" / "points.txt").read_bytes()
    assert (tmp_path / "home" / "hub" / "models--me--ring").is_dir()
