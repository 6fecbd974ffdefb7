"""A stand-in for the Hugging Face Hub: the part of its HTTP API that ``huggingface_hub`` calls."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

import omnigan

TOKEN = "hf_of_this_test"
LARGE = (".onnx", ".safetensors", ".png")
"""Endings of files that go through LFS."""


@dataclass
class Repository:
    """What is known of a model: commits by branch, and files by commit."""

    private: bool = False
    gated: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def commit(self, branch: str, files: dict[str, bytes]) -> str:
        text = repr((branch, len(self.commits), sorted(files))).encode()
        name = hashlib.sha1(text).hexdigest()
        self.commits[name] = files
        self.branches[branch] = name
        return name

    def find(self, revision: str) -> str | None:
        name = self.branches.get(revision, revision)
        return name if name in self.commits else None


class Hub(ThreadingHTTPServer):
    """The server; tests look at what was asked of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.repositories: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.names: dict[str, str] = {}  # of large files, by their hash
        self.sizes: dict[str, int] = {}  # that are told, where they are not the true ones

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, name: str, files: dict[str, bytes], **how: Any) -> str:
        repository = self.repositories.setdefault(name, Repository(**how))
        return repository.commit("main", files)

    def downloaded(self) -> set[str]:
        """Return the names of the files whose content was asked for."""
        found = set()
        for each in self.asked:
            if match := re.match(r"GET /[^/]+/[^/]+/resolve/[^/]+/(.+)", each):
                found.add(unquote(match[1]))
            elif each.startswith("GET /cdn/"):
                found.add(self.names[each.removeprefix("GET /cdn/")])
        return found


class Answer(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: Any) -> None:
        pass

    # ---- plumbing --------------------------------------------------------------------------

    def handle_one(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        if self.headers.get("Transfer-Encoding") == "chunked":
            self.body = self._chunks()
        path = urlsplit(self.path).path
        self.server.asked.append(f"{self.command} {path}")
        for method, pattern, answer in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and self.command in method.split():
                answer(self, *map(unquote, match.groups()))
                return
        self.say(404, {"error": f"no such route: {self.command} {path}"})

    do_GET = do_HEAD = do_POST = do_PUT = handle_one

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def say(self, status: int, value: Any, **headers: str) -> None:
        self.send(status, json.dumps(value).encode(), **headers)

    def send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @property
    def known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def repository(self, name: str) -> Repository | None:
        """Return a repository, or answer that there is none for this user."""
        found = self.server.repositories.get(name)
        if found is None or (found.private and not self.known):
            status = 404 if self.known else 401
            self.say(status, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
            return None
        return found

    def may_write(self) -> bool:
        if not self.known:
            self.say(
                403, {"error": "Forbidden"}, X_Error_Message="You do not have the rights to do this"
            )
        return self.known

    # ---- reading ---------------------------------------------------------------------------

    def info(self, name: str, revision: str = "main") -> None:
        repository = self.repository(name)
        if repository is None:
            return
        commit = repository.find(revision)
        if commit is None:
            self.say(404, {"error": "Invalid rev"}, X_Error_Code="RevisionNotFound")
            return
        files = repository.commits[commit]
        told = self.server.sizes
        siblings = [
            {"rfilename": path, "size": told.get(path, len(content)), "blobId": "0" * 40}
            for path, content in files.items()
        ]
        self.say(
            200,
            {"id": name, "sha": commit, "private": repository.private, "siblings": siblings},
        )

    def resolve(self, name: str, revision: str, path: str) -> None:
        repository = self.repository(name)
        if repository is None:
            return
        if repository.gated and not self.known:
            self.say(403, {"error": "Gated"}, X_Error_Code="GatedRepo")
            return
        commit = repository.find(revision)
        content = None if commit is None else repository.commits[commit].get(path)
        if content is None:
            self.say(404, {"error": "Entry not found"}, X_Error_Code="EntryNotFound")
            return
        sha = hashlib.sha256(content).hexdigest()
        headers = {"X_Repo_Commit": str(commit), "ETag": f'"{sha}"'}
        if path.endswith(LARGE):
            self.server.objects[sha] = content
            self.server.names[sha] = path
            headers |= {"X_Linked_Size": str(len(content)), "X_Linked_ETag": f'"{sha}"'}
            # of another name, as on the Hub: a client must not send its token there
            other = self.server.url.replace("127.0.0.1", "localhost")
            self.send(302, b"", Location=f"{other}/cdn/{sha}", **headers)
        else:
            self.send(200, content, **headers)

    def cdn(self, sha: str) -> None:
        assert "Authorization" not in self.headers
        self.send(200, self.server.objects[sha], ETag=f'"{sha}"')

    # ---- writing ---------------------------------------------------------------------------

    def create(self) -> None:
        wish = json.loads(self.body)
        name = f"{wish['organization']}/{wish['name']}"
        if name in self.server.repositories:
            self.say(409, {"error": "You already created it", "url": f"{self.server.url}/{name}"})
        elif self.may_write():
            private = wish.get("visibility") == "private" or bool(wish.get("private"))
            self.server.put(name, {".gitattributes": b""}, private=private)
            self.say(200, {"url": f"{self.server.url}/{name}", "name": name})

    def branch(self, name: str, branch: str) -> None:
        repository = self.repository(name)
        if repository is None or not self.may_write():
            return
        if branch in repository.branches:
            self.say(409, {"error": "Reference already exists"})
            return
        repository.branches[branch] = repository.branches["main"]
        self.say(201, {})

    def yaml(self) -> None:
        self.say(200, {"errors": [], "warnings": []})

    def preupload(self, name: str, revision: str) -> None:
        repository = self.repository(name)
        if repository is None or not self.may_write():
            return
        if repository.find(revision) is None:
            self.say(404, {"error": "Invalid rev"}, X_Error_Code="RevisionNotFound")
            return
        modes = [
            {
                "path": each["path"],
                "uploadMode": "lfs" if each["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
            }
            for each in json.loads(self.body)["files"]
        ]
        self.say(200, {"files": modes})

    def batch(self, name: str) -> None:
        if self.repository(name) is None or not self.may_write():
            return
        wish = json.loads(self.body)
        assert (wish["operation"], wish["hash_algo"]) == ("upload", "sha256")
        objects = [
            each
            | {
                "actions": {
                    "upload": {"href": f"{self.server.url}/lfs/{each['oid']}"},
                    "verify": {"href": f"{self.server.url}/verify"},
                }
            }
            for each in wish["objects"]
        ]
        self.say(200, {"transfer": "basic", "objects": objects})

    def store(self, sha: str) -> None:
        right = hashlib.sha256(self.body).hexdigest() == sha
        if right:
            self.server.objects[sha] = self.body
        self.say(200 if right else 400, {})

    def verify(self) -> None:
        wish = json.loads(self.body)
        right = len(self.server.objects.get(wish["oid"], b"")) == wish["size"]
        self.say(200 if right else 404, {})

    def commit(self, name: str, branch: str) -> None:
        repository = self.repository(name)
        if repository is None or not self.may_write():
            return
        files = dict(repository.commits[repository.branches[branch]])
        for line in self.body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.server.objects[value["oid"]]
            elif entry["key"] == "deletedFile":
                del files[value["path"]]
            else:
                assert entry["key"] == "header"
        oid = repository.commit(branch, files)
        url = f"{self.server.url}/{name}/commit/{oid}"
        self.say(200, {"success": True, "commitOid": oid, "commitUrl": url})


_MODEL = r"/api/models/([^/]+/[^/]+)"
ROUTES = [
    ("GET HEAD", r"/cdn/([0-9a-f]+)", Answer.cdn),
    ("GET", _MODEL, Answer.info),
    ("GET", _MODEL + "/revision/([^/]+)", Answer.info),
    ("GET HEAD", r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", Answer.resolve),
    ("POST", "/api/repos/create", Answer.create),
    ("POST", "/api/validate-yaml", Answer.yaml),
    ("POST", _MODEL + "/branch/([^/]+)", Answer.branch),
    ("POST", _MODEL + "/preupload/([^/]+)", Answer.preupload),
    ("POST", r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", Answer.batch),
    ("PUT", "/lfs/([0-9a-f]+)", Answer.store),
    ("POST", "/verify", Answer.verify),
    ("POST", _MODEL + "/commit/([^/]+)", Answer.commit),
]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Return a stand-in that ``huggingface_hub`` of this process uses, with an empty cache."""
    from huggingface_hub import constants

    server = Hub()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    for name, value in {
        "ENDPOINT": server.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "HF_TOKEN_PATH": str(tmp_path / "token"),
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_DISABLE_TELEMETRY": True,
        "HF_HUB_OFFLINE": False,
    }.items():
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"folder": tmp_path_factory.mktemp("exports")}


@pytest.fixture
def exported(
    mixture: ModuleType, mixture_recipe: dict[str, Any], made: dict[str, Path], tmp_path: Path
) -> Path:
    """Return an export of a tiny run, a copy that a test may change."""
    if "export" not in made:
        run = omnigan.train(mixture_recipe, out=made["folder"] / "run")
        made["export"] = omnigan.export(run, made["folder"] / "export", licence="mit")
    return Path(shutil.copytree(made["export"], tmp_path / "model"))


@pytest.fixture
def files(exported: Path) -> dict[str, bytes]:
    """Return the files of the export by name."""
    return {
        path.relative_to(exported).as_posix(): path.read_bytes()
        for path in exported.rglob("*")
        if path.is_file()
    }
