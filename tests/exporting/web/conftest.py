"""Small generators of every kind as ONNX exports, the pages made of them, and a browser on one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from omnigan.errors import OmniganError
from omnigan.exporting.web.page import write_page
from omnigan.exporting.web.runtime import runtime

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")

LATENT = 8
WIDTH = 24
LABELS = ("low", "high")
TRACKS = [
    {"name": "Lead", "program": 40, "drums": False, "monophonic": True, "low": 62, "high": 70},
    {"name": "Kit", "program": 0, "drums": True, "monophonic": False, "low": 60, "high": 71},
]
PIANO_ROLL = {
    "kind": "piano-roll",
    "tempo": 60.0,
    "meter": [3, 4],
    "steps_per_beat": 2,
    "low": 60,
    "velocity": 90,
    "resolution": 480,
    "ticks_per_step": 240,
    "tracks": TRACKS,
}
TYPES = {"float64": 11, "int32": 6, "bool": 9}
"""Types of more inputs of the generator of numbers, which are called the same, as ONNX counts."""
PIECES = ["", " the", " cat", " \u00e9t\u00e9", [32, 226, 130], [172], " <b>&", "\n"]
KINDS: dict[str, dict[str, Any]] = {
    "image": {"shape": [3, 8, 6], "show": {"kind": "image"}},
    "piano-roll": {"shape": [2, 2, 12, 12], "low": 0.0, "show": PIANO_ROLL},
    "waveform": {"shape": [1, 2000], "show": {"kind": "waveform", "rate": 4000}},
    "text": {
        "shape": [6],
        "low": 0.0,
        "high": 7.0,
        "symbols": 8,
        "show": {"kind": "text", "end": 0, "strip": " ", "pieces": PIECES},
    },
    "numbers": {"shape": [3], "show": {"kind": "numbers"}},
}


def network(kind: str, shape: list[int], symbols: int | None) -> Any:
    """Return a perceptron ``z [B, 8], label [B] -> x`` with an output that suits the kind.

    That of texts is also given a temperature ``[B]``.
    """
    from onnx import TensorProto, helper, numpy_helper

    typed = TYPES if kind == "numbers" else {}
    rng = np.random.default_rng(len(kind))
    size = int(np.prod(shape)) * (symbols or 1)
    values = {
        "first": rng.standard_normal((LATENT, WIDTH)) / 2,
        "by_label": rng.standard_normal((len(LABELS), WIDTH)),
        "second": rng.standard_normal((WIDTH, size)) / 4,
    }
    constants = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in values.items()]
    sides = np.array([-1, *shape, *([symbols] if symbols else [])])
    constants.append(numpy_helper.from_array(sides, "sides"))
    constants.append(numpy_helper.from_array(np.array([-1, 1]), "column"))
    node, value = helper.make_node, helper.make_tensor_value_info
    warmth = ["temperature"] if kind == "text" else []
    nodes = [
        node("MatMul", ["z", "first"], ["a"]),
        node("Gather", ["by_label", "label"], ["b"]),
        node("Add", ["a", "b"], ["c"]),
        *(node("Cast", [name], [f"{name} cast"], to=TensorProto.FLOAT) for name in typed),
        *(node("Reshape", [name, "column"], [f"{name} cast"]) for name in warmth),
        node("Sum", ["c", *(f"{name} cast" for name in [*typed, *warmth])], ["all"]),
        node("Tanh", ["all"], ["d"]),
        node("MatMul", ["d", "second"], ["e"]),
        node("Reshape", ["e", "sides"], ["f"]),
    ]
    if kind == "piano-roll":
        constants.append(numpy_helper.from_array(np.float32(0.25), "threshold"))
        nodes += [node("Greater", ["f", "threshold"], ["g"])]
    elif kind == "text":
        nodes += [node("ArgMax", ["f"], ["g"], axis=-1, keepdims=0)]
    else:
        nodes += [node("Tanh", ["f"], ["g"])]
    nodes += [node("Cast", ["g"], ["x"], to=TensorProto.FLOAT)]
    graph = helper.make_graph(
        nodes,
        "generator",
        [
            value("z", TensorProto.FLOAT, ["batch", LATENT]),
            value("label", TensorProto.INT64, ["batch"]),
            *(value(name, number, ["batch", 1]) for name, number in typed.items()),
            *(value(name, TensorProto.FLOAT, ["batch"]) for name in warmth),
        ],
        [value("x", TensorProto.FLOAT, ["batch", *shape])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def described(kind: str) -> dict[str, Any]:
    """Return what the ``generator.json`` of a kind says."""
    facts = KINDS[kind]
    drawn: dict[str, Any] = {"kind": "normal"}
    typed: list[dict[str, Any]] = []
    if kind == "numbers":
        drawn = {"kind": "uniform", "low": -2.0, "high": 2.0}
        choice = {"kind": "choice", "values": [[0, 1]] * len(LABELS)}
        more = {"shape": [1], "role": "latent", "draw": choice}
        typed = [{"name": name, "dtype": name, **more} for name in TYPES]
    if kind == "text":
        setting = {"kind": "setting", "low": 0.1, "high": 3.0, "usual": 1.0}
        temperature = {"name": "temperature", "shape": [], "dtype": "float32"}
        typed = [{**temperature, "role": "condition", "draw": setting}]
    latent = {"name": "z", "shape": [LATENT], "dtype": "float32", "role": "latent", "draw": drawn}
    label = {"name": "label", "shape": [], "dtype": "int64", "role": "condition"}
    return {
        "format": 1,
        "domain": kind,
        "model": {"file": "model.onnx"},
        "inputs": [latent, {**label, "draw": {"kind": "label"}}, *typed],
        "labels": [{"name": name, "inputs": {"label": i}} for i, name in enumerate(LABELS)],
        "output": {
            "name": "x",
            "shape": facts["shape"],
            "low": facts.get("low", -1.0),
            "high": facts.get("high", 1.0),
            "symbols": facts.get("symbols"),
        },
        "show": facts["show"],
    }


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an ONNX export of every kind; do not change them."""
    folder = tmp_path_factory.mktemp("exports")
    for kind in KINDS:
        facts = described(kind)
        (folder / kind).mkdir()
        model = network(kind, facts["output"]["shape"], facts["output"]["symbols"])
        onnx.save(model, folder / kind / "model.onnx")
        (folder / kind / "generator.json").write_text(json.dumps(facts))
        (folder / kind / "README.md").write_text("# A card\n")
    return folder


@pytest.fixture(scope="session")
def runs_it(_cache: None) -> dict[str, bytes]:
    """Return the files of onnxruntime-web."""
    try:
        return runtime()
    except OmniganError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def pages(
    exports: Path, runs_it: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with the page of every kind; do not change them."""
    folder = tmp_path_factory.mktemp("pages")
    for kind in KINDS:
        (folder / kind).mkdir()
        write_page(exports / kind, folder / kind, f"my {kind}", runs_it)
    return folder


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def server(pages: Path) -> Iterator[str]:
    """Serve the pages as any static server does, and return their address."""
    handler = partial(QuietHandler, directory=str(pages))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


class Visitor:
    """A person at a page, which is open in a tab of its own."""

    def __init__(self, driver: Any, downloads: Path) -> None:
        self.driver = driver
        self.downloads = downloads
        driver.get_log("browser")
        driver.get_log("performance")
        driver.switch_to.new_window("tab")
        self.tab = driver.current_window_handle

    def run(self, script: str, *given: object) -> Any:
        return self.driver.execute_script(script, *given)

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def wait(self, condition: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            status = self.run("return document.querySelector('#status')?.textContent")
            assert time.monotonic() < end, f"not true in time: {condition} (status: {status})"
            time.sleep(0.02)

    def open(self, address: str) -> Visitor:
        """Open a page, and wait for its first samples."""
        self.driver.get("about:blank")  # an address that differs behind the # is not loaded anew
        self.driver.get(address)
        self.wait("omnigan.last.length || document.querySelector('#status.problem')")
        return self

    def again(self, wishes: str) -> Visitor:
        """Go back to an open page, with what stands behind the # in its address."""
        self.driver.switch_to.window(self.tab)
        new = f"{wishes}&visit={time.monotonic_ns()}"
        self.change(lambda: self.run("location.hash = arguments[0]", new))
        return self

    def change(self, action: Callable[[], object]) -> None:
        """Do something, and wait for the samples that come of it."""
        self.run("omnigan.last = []")
        action()
        self.wait("omnigan.last.length")

    def set(self, selector: str, value: object) -> None:
        """Give a field a value, as a person who leaves it does."""
        script = (
            "const [field, value] = arguments; field.value = value;"
            "field.dispatchEvent(new Event('input')); field.dispatchEvent(new Event('change'));"
        )
        self.change(lambda: self.run(script, self.find(selector), value))

    def last(self) -> tuple[dict[str, NDArray[Any]], NDArray[np.float32]]:
        """Return the inputs and the output of the newest samples."""
        script = """
            const plain = ({ data, shape }) => [Array.from(data, Number), shape];
            return omnigan.last.map(({ inputs, output }) => [
                Object.entries(inputs).map(([name, value]) => [name, value.type, ...plain(value)]),
                plain(output),
            ]);"""
        inputs: dict[str, list[NDArray[Any]]] = {}
        outputs = []
        for given, (data, shape) in self.run(script):
            for name, kind, numbers, sides in given:
                inputs.setdefault(name, []).append(np.array(numbers, kind).reshape(sides))
            outputs.append(np.array(data, np.float32).reshape(shape))
        joined = {name: np.concatenate(parts) for name, parts in inputs.items()}
        return joined, np.concatenate(outputs)

    def saved(self, button: str) -> tuple[str, bytes]:
        """Press a button and return the name and the content of the file that it saves."""
        where = {"behavior": "allow", "downloadPath": str(self.downloads)}
        self.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
        self.run("arguments[0].click()", self.find(button))
        end = time.monotonic() + 20
        while True:
            files = [path for path in self.downloads.iterdir() if path.suffix != ".crdownload"]
            if files and files[0].stat().st_size:
                content = files[0].read_bytes()
                files[0].unlink()
                return files[0].name, content
            assert time.monotonic() < end, f"{button} saves nothing"
            time.sleep(0.02)

    def problems(self) -> list[str]:
        """Return what the console says."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return every address that was asked for since the page was opened."""
        events = (json.loads(e["message"])["message"] for e in self.driver.get_log("performance"))
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]


@pytest.fixture(scope="session")
def visited() -> dict[str, Visitor]:
    """Return the pages that are open, each in a tab of its own."""
    return {}


@pytest.fixture
def visit(
    browser: Any, visited: dict[str, Visitor], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Visitor]:
    """Return a function that opens an address, or goes back to it: opening takes a second."""

    def open_or_return(address: str) -> Visitor:
        page, _, wishes = address.partition("#")
        if page in visited:
            return visited[page].again(wishes)
        downloads = tmp_path_factory.mktemp("downloads")
        visitor = Visitor(browser, downloads).open(address)
        visited[page] = visitor
        return visitor

    return open_or_return
