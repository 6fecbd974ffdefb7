"""What is published: a whole export, all of it, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import omnigan
from omnigan.cli import main
from omnigan.errors import UserError
from omnigan.exporting.read import read_export
from omnigan.hub.upload import belongs, plan_of

# of the client's own making, with some versions of what is below it
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

Files = dict[str, bytes]


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("config.json", True),
        ("model.onnx", True),
        ("samples/000.png", True),
        ("samples/all.wav", True),
        ("samples/.env", False),
        ("samples/a/b.png", False),
        ("samples/run.py", False),
        (".env", False),
        ("token", False),
        ("optimizers.safetensors", False),
        ("sub/config.json", False),
        ("other/000.png", False),
        ("../config.json", False),
    ],
)
def test_what_belongs_to_an_export(name: str, mine: bool) -> None:
    assert belongs(name) is mine


@pytest.mark.parametrize(
    "name", [".env", "id_rsa", "samples/.token", "training/data.csv", ".git/config", "model.pkl"]
)
def test_what_does_not_belong_is_not_uploaded(hub: Any, exported: Path, name: str) -> None:
    (exported / name).parent.mkdir(exist_ok=True)
    (exported / name).write_text("secret")
    with pytest.raises(UserError, match=rf"will not be published: '{name}'|{name}"):
        omnigan.push(exported, "me/ring")
    assert hub.asked == []


def test_a_file_beside_the_samples_is_uploaded_only_if_the_card_names_it(
    exported: Path,
) -> None:
    before = [name for name, _ in plan_of(exported).files]
    assert any(name.startswith("samples/") for name in before)
    (exported / "samples" / "my-voice.wav").write_bytes(b"RIFF")
    with pytest.raises(UserError, match=r"'samples/my-voice\.wav \(which README\.md does not name"):
        plan_of(exported)
    with (exported / "README.md").open("a", encoding="utf-8") as card:
        card.write("\n![A voice](samples/my-voice.wav)\n")
    after = [name for name, _ in plan_of(exported).files]
    assert sorted(after) == sorted([*before, "samples/my-voice.wav"])


def test_files_of_the_domains_own_are_uploaded_as_it_gives_them(
    exported: Path, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported / "tokenizer.json"
    path.write_bytes(b"words")
    with pytest.raises(UserError, match=r"will not be published: 'tokenizer\.json'"):
        plan_of(exported)
    own = {path.name: b"words"}
    monkeypatch.setattr(mixture.MixtureDomain, "assets", lambda self: own, raising=False)
    assert (path.name, 5) in plan_of(exported).files
    path.write_bytes(b"secret")
    with pytest.raises(UserError, match=r"'tokenizer\.json \(which is not what omnigan export"):
        plan_of(exported)


def test_links_and_pipes_are_not_followed(hub: Any, exported: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    link = exported / "samples" / "999.txt"
    link.symlink_to(secret)
    with pytest.raises(UserError, match=r"999\.txt \(a link\)"):
        omnigan.push(exported, "me/ring")
    link.unlink()
    (exported / "samples" / "more").symlink_to(tmp_path)
    with pytest.raises(UserError, match=r"more \(a link\)"):
        omnigan.push(exported, "me/ring")
    (exported / "samples" / "more").unlink()
    os.mkfifo(exported / "model.onnx")
    with pytest.raises(UserError, match=r"model\.onnx"):
        omnigan.push(exported, "me/ring")
    assert hub.asked == []


def test_a_run_is_to_be_exported_first(hub: Any, tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    with pytest.raises(
        UserError, match=r"is a run\. Make an export of it, with omnigan export .*n "
    ):
        omnigan.push(tmp_path / "run", "me/ring")
    assert hub.asked == []


def test_only_a_whole_export_is_uploaded(hub: Any, exported: Path, tmp_path: Path) -> None:
    (exported / "model.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(UserError, match="damaged"):
        omnigan.push(exported, "me/ring")
    (exported / "model.safetensors").unlink()
    with pytest.raises(UserError, match="not a whole export"):
        omnigan.push(exported, "me/ring")
    with pytest.raises(UserError, match="There is no folder"):
        omnigan.push(tmp_path / "nowhere", "me/ring")
    assert hub.asked == []


def test_who_may_not_upload_is_told(
    hub: Any, exported: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.put("me/public", files)
    with pytest.raises(UserError, match="'me/public' is there and public"):
        omnigan.push(exported, "me/public", private=True)
    assert len(hub.repositories["me/public"].commits) == 1
    for name in ("ring", "me/ring/x", "../ring"):
        with pytest.raises(UserError, match="is no repository of the Hub"):
            omnigan.push(exported, name)
    with pytest.raises(UserError, match="is no revision"):
        omnigan.push(exported, "me/ring", revision="..")
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")
    with pytest.raises(UserError, match="You may not do this with 'me/"):
        omnigan.push(exported, "me/public")
    with pytest.raises(UserError, match="You may not do this with 'me/"):
        omnigan.push(exported, "me/new")
    assert "hf_of_somebody_else" not in str(hub.asked)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("/home/somebody/photos", True),
        ("C:\\Users\\somebody\\photos", True),
        ("~/photos/cats", True),
        ("mnist", False),
        ("photos/cats", False),
        ("/", False),
    ],
)
def test_folders_of_a_machine_are_named_before_they_are_published(
    exported: Path, monkeypatch: pytest.MonkeyPatch, source: str, told: bool
) -> None:
    whole = read_export(exported)
    config = json.loads((exported / "config.json").read_text())
    config["config"]["data"]["source"] = source
    (exported / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr("omnigan.hub.upload.read_export", lambda folder: whole)
    found = plan_of(exported).warnings
    assert any("names a folder of your machine" in each for each in found) is told


def test_what_a_person_should_know_before(
    hub: Any, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan_of(exported).warnings == ()
    card = exported / "README.md"
    card.write_text(card.read_text().replace("license: mit\n", ""))
    [warning] = plan_of(exported).warnings
    assert "names no licence" in warning
    assert main(["push", str(exported), "me/ring", "--dry-run"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("warning: the model card names no licence")
    assert said.out.endswith("Nothing was uploaded.\n")
    card.unlink()
    shutil.rmtree(exported / "samples")
    assert "no model card" in plan_of(exported).warnings[0]
    assert hub.asked == []
    assert main(["push", str(exported), "me/ring", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["commit"] == hub.repositories["me/ring"].branches["main"]
    assert {"config.json", "model.safetensors"} <= {each["file"] for each in told["files"]}
