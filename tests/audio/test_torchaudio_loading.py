"""One sentence where torchaudio cannot be imported."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from omnigan.errors import UserError
from omnigan_audio import torchaudio_loading
from omnigan_audio.torchaudio_loading import torchaudio_module


@pytest.mark.parametrize(
    "error",
    [
        ImportError("No module named torchaudio"),
        OSError("libcudart.so.13: cannot open shared object file\nsecond line"),
        RuntimeError("CUDA versions differ"),
    ],
)
def test_what_does_not_fit_is_said_with_both_versions(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(name: str) -> None:
        raise error

    versions = {"torch": "2.15.0", "torchaudio": "2.11.0"}
    monkeypatch.setattr(torchaudio_loading, "import_module", broken)
    monkeypatch.setattr(torchaudio_loading, "version", versions.__getitem__)
    with pytest.raises(UserError) as raised:
        torchaudio_module()
    message = str(raised.value)
    assert "torchaudio 2.11.0 does not work beside torch 2.15.0" in message
    assert "torch 2.11 or 2.12 with torchaudio 2.11" in message
    assert str(error).splitlines()[0] in message
    assert "\n" not in message


def test_threads_import_it_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = 0, 0

    def slow(name: str) -> ModuleType:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.002)
        inside -= 1
        return ModuleType(name)

    monkeypatch.setattr(torchaudio_loading, "import_module", slow)
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(torchaudio_module) for _ in range(4)]
    assert [each.result().__name__ for each in found] == ["torchaudio"] * 4
    assert most == 1


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    monkeypatch.setitem(sys.modules, "torchaudio.functional", None)
    with pytest.raises(UserError, match="torchaudio"):
        torchaudio_module()


def test_the_spectra_do_not_import_torchaudio() -> None:
    code = (
        "import sys, omnigan_audio.spectra, omnigan_audio.networks;"
        "sys.exit('torchaudio' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
