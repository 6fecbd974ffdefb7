"""The folder of a web page: the page's own files, the generator, and the program that runs it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from omnigan.errors import UserError, listed
from omnigan.exporting.onnx.check import session_of
from omnigan.exporting.onnx.inputs import Input, inputs_of
from omnigan.exporting.web.directions import find_directions
from omnigan.exporting.web.pack import pack
from omnigan.exporting.web.runtime import VERSION, runtime
from omnigan.sampling import Trained

__all__ = ["LARGEST", "prepare", "write_page"]

TYPES = ("float32", "float64", "int64", "int32", "bool")
"""Of inputs, that a browser's runtime takes and ``inputs.js`` makes."""
LARGEST = 900_000_000
"""Bytes of the largest generator that a page takes. This much loads and 1.45 GB do not (Chromium
156): WebAssembly has 4 GiB, and holds the weights several times while it loads them."""
MADE = {
    "image": "Pictures",
    "piano-roll": "Music",
    "waveform": "Sounds",
    "text": "Texts",
    "numbers": "Examples",
}
"""What a generator makes, by how it is shown."""
CARD = "README.md"
LICENCES = """\
The generator's own licence, if it names one, is in README.md.

The scripts of this page are part of omnigan, which has the Apache License 2.0:
https://www.apache.org/licenses/LICENSE-2.0

The files script-*.js and wasm-*.js in the folder data hold onnxruntime-web {version}. Its licence
and those of its parts follow.
"""
KEPT = ("inputs", "labels", "output", "show")
"""What the page takes from ``generator.json`` as it is."""


def prepare(trained: Trained) -> dict[str, bytes]:
    """Return what runs a generator in the browser, before the work that needs it.

    Raises:
        UserError: A browser cannot take the generator.
        OmniganError: onnxruntime-web cannot be fetched.
    """
    draws = trained.domain.standalone().draws
    given = [name for name, draw in draws.items() if draw.kind == "given"]
    if given:
        raise UserError(
            f"This generator makes something of what it is given ('{given[0]}'), which a page has "
            "no way to ask for. Export it with --format onnx."
        )
    for each in map(Input.to_json, inputs_of(trained)):
        if each["dtype"] not in TYPES:
            raise UserError(
                f"A browser's numbers are {listed(TYPES)}, and '{each['name']}' is "
                f"{each['dtype']}. Let the domain give one of them, and the network convert it, or "
                "export with --format onnx."
            )
    size = sum(each.nbytes for each in trained.network.state_dict().values())
    if size > LARGEST:
        raise UserError(
            f"The generator has {size / 1e9:.1f} GB, and a browser takes {LARGEST / 1e9:.1f} GB at "
            "most. Train a smaller one (generator.width), or export it with --format onnx."
        )
    return runtime()


def write_page(exported: Path, out: Path, title: str, runs_it: Mapping[str, bytes]) -> None:
    """Write a page that runs an exported generator.

    Args:
        exported: A folder with ``model.onnx``, ``generator.json`` and ``README.md``.
        out: An existing folder to write into.
        title: What the page is called.
        runs_it: What :func:`prepare` returned.

    """
    spec = json.loads((exported / "generator.json").read_text(encoding="utf-8"))
    with resources.as_file(resources.files("omnigan.exporting.web") / "page") as page:
        shutil.copytree(page, out, dirs_exist_ok=True)
    data = out / "data"
    data.mkdir()
    model = exported / spec["model"]["file"]
    contents: dict[str, bytes | Path] = {**runs_it, "model": model}
    files = {name: asdict(pack(content, name, data)) for name, content in contents.items()}
    settings = _settings(spec, title) | {"directions": _directions(model, spec), "files": files}
    script = f"omnigan.settings = {json.dumps(settings)};\n"
    (data / "settings.js").write_text(script, encoding="ascii")
    (out / "licences.txt").write_text(_licences(), encoding="utf-8")
    shutil.copyfile(exported / CARD, out / CARD)


def _settings(spec: Mapping[str, Any], title: str) -> dict[str, Any]:
    made = MADE.get(spec["show"]["kind"], MADE["numbers"])
    about = f"{made} from a generator that runs in your browser. Trained with omnigan."
    return {"title": title, "about": about, **{key: spec[key] for key in KEPT}}


def _directions(model: Path, spec: Mapping[str, Any]) -> list[dict[str, list[float]]]:
    return find_directions(session_of(model), spec)


def _licences() -> str:
    """Return the licences of what is in the folder besides the generator."""
    whose = resources.files("onnxruntime")
    found = [whose / name for name in ("LICENSE", "ThirdPartyNotices.txt")]
    texts = [file.read_text(encoding="utf-8") for file in found if file.is_file()]
    return "\n----\n\n".join([LICENCES.format(version=VERSION), *texts])
