"""onnxruntime-web, the program that runs a generator in the browser: fetched once, then cached."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path

from omnigan.cache import cache_folder, write_atomically
from omnigan.errors import OmniganError

__all__ = ["ADDRESS", "FILES", "VERSION", "runtime"]

NAME = "onnxruntime-web"
VERSION = "1.30.0"
INTEGRITY = (
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZ"
    "ClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
"""What the npm registry publishes for this version, in the notation of package-lock.json."""
ADDRESS = f"https://registry.npmjs.org/{NAME}/-/{NAME}-{VERSION}.tgz"
FILES = {
    "script": "package/dist/ort.wasm.bundle.min.mjs",
    "wasm": "package/dist/ort-wasm-simd-threaded.wasm",
}
"""What a page needs of it. This build can use threads, but works without: those would need the
headers COOP and COEP from the server."""
LONGEST = 300.0
"""Seconds that a download may take."""


def runtime() -> dict[str, bytes]:
    """Return the files of onnxruntime-web by the names in :data:`FILES`.

    The package comes from npm the first time, through ``npm pack`` where npm is installed, since
    that honours the user's registry, and is kept in the user's cache. It is used only if it has the
    published hash.

    Raises:
        OmniganError: It is not in the cache and cannot be fetched, or it is another file.
    """
    kept = cache_folder(NAME) / f"{NAME}-{VERSION}.tgz"
    archive = kept.read_bytes() if kept.is_file() else b""
    if not _is_published(archive):
        archive = _fetched(kept)
        write_atomically(kept, archive)
    return _members(archive)


def _is_published(archive: bytes) -> bool:
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    return f"sha512-{digest}" == INTEGRITY


def _members(archive: bytes) -> dict[str, bytes]:
    wanted = {path: name for name, path in FILES.items()}
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as members:
        for member in members:
            content = members.extractfile(member) if member.name in wanted else None
            if content is not None:
                found[wanted[member.name]] = content.read()
    return found


def _fetched(kept: Path) -> bytes:
    npm = shutil.which("npm")
    try:
        archive = _packed(npm) if npm else _downloaded()
    except (OSError, ValueError, subprocess.SubprocessError, HTTPException) as error:
        raise OmniganError(
            f"{NAME} {VERSION}, which runs the generator in the browser, could not be fetched "
            f"({_reason(error)}). Connect to the network, or save {ADDRESS} as {kept}."
        ) from error
    if not _is_published(archive):
        raise OmniganError(
            f"What {'npm pack' if npm else ADDRESS} gave for {NAME} {VERSION} has not the hash "
            f"that npm publishes. Save {ADDRESS} as {kept} from a network that you trust."
        )
    return archive


def _packed(npm: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"{NAME}@{VERSION}", "--ignore-scripts", "--loglevel=error"]
        command += ["--pack-destination", "."]  # whatever the user's settings say
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=LONGEST
        )
        [archive] = Path(folder).glob("*.tgz")
        return archive.read_bytes()


def _downloaded() -> bytes:
    with urllib.request.urlopen(ADDRESS, timeout=LONGEST) as answer:
        content: bytes = answer.read()
    return content


def _reason(error: Exception) -> str:
    """Return the first thing that went wrong, on one line."""
    told = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
    lines = [line.strip() for line in (told or str(error)).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")
