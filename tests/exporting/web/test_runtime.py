"""onnxruntime-web is fetched once, is what npm publishes, and a failure says what to do."""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import tarfile
from pathlib import Path

import pytest

from omnigan.errors import OmniganError
from omnigan.exporting.web import runtime as module
from omnigan.exporting.web.runtime import FILES, NAME, VERSION, runtime

CONTENT = {"script": b"export {};", "wasm": b"\0asm"}


def packed(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in {"package/README.md": b"", **content}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Publish a small package, and return its file; there is neither npm nor anything cached."""
    archive = packed({FILES[name]: data for name, data in CONTENT.items()})
    path = tmp_path / "published.tgz"
    path.write_bytes(archive)
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    monkeypatch.setattr(module, "INTEGRITY", f"sha512-{digest}")
    monkeypatch.setattr(module, "ADDRESS", path.as_uri())
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return path


def install_npm(published: Path, script: str) -> Path:
    """Install a program named npm that notes its arguments and runs a script."""
    path = published.parent / "bin" / "npm"
    path.parent.mkdir()
    lines = [f"#!{sys.executable}", "import pathlib, sys", f"published = {str(published)!r}"]
    lines += ["with open(published + '.log', 'a') as log: print(*sys.argv[1:], file=log)", script]
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o755)
    return Path(f"{published}.log")


COPY = "pathlib.Path('package.tgz').write_bytes(pathlib.Path(published).read_bytes())"


def test_it_is_downloaded_once_without_npm(published: Path) -> None:
    assert runtime() == CONTENT
    published.unlink()
    assert runtime() == CONTENT


def test_npm_is_asked_where_there_is_one(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ADDRESS", "http://127.0.0.1:9/none.tgz")
    log = install_npm(published, COPY)
    assert runtime() == runtime() == CONTENT
    [asked] = log.read_text().splitlines()
    assert asked.startswith(f"pack {NAME}@{VERSION} ")


def test_a_damaged_cache_is_fetched_again(published: Path) -> None:
    runtime()
    [kept] = (published.parent / "cache").rglob("*.tgz")
    kept.write_bytes(kept.read_bytes()[:-1])
    assert runtime() == CONTENT
    assert kept.read_bytes() == published.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="npm is no script there")
@pytest.mark.parametrize("npm", [True, False])
def test_another_file_is_refused(published: Path, npm: bool) -> None:
    published.write_bytes(packed({FILES["script"]: b"other"}))
    if npm:
        install_npm(published, COPY)
    with pytest.raises(OmniganError, match=r"has not the hash that npm publishes\. Save "):
        runtime()
    assert not (published.parent / "cache").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="npm is no script there")
def test_failures_are_told_with_what_to_do(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ADDRESS", "http://127.0.0.1:9/none.tgz")
    says = r"not be fetched \(.*refused.*\)\. Connect to the network, or save .* as .*\.tgz\."
    with pytest.raises(OmniganError, match=says):
        runtime()
    install_npm(published, "sys.exit('npm error code E404\\nnpm error 404 Not Found')")
    with pytest.raises(OmniganError, match=r"\(npm error code E404\)") as told:
        runtime()
    assert "\n" not in str(told.value)


def test_a_file_that_a_user_saved_is_taken(published: Path) -> None:
    kept = published.parent / "cache" / NAME / f"{NAME}-{VERSION}.tgz"
    kept.parent.mkdir(parents=True)
    published.rename(kept)
    assert runtime() == CONTENT
