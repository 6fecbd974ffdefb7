"""What exports weigh, and how fast they make samples.

Run it alone on the machine, from the repository's root, on runs or on fresh generators:

    python benchmarks/exports.py
    python benchmarks/exports.py runs/image-001 runs/text-001

Each format of each generator is loaded by a process of its own, on one thread. Loading includes the
imports of the libraries that it takes; the first sample comes after that. Times are CPU-seconds.
A page is opened from the disk in Chromium, if that is there with its chromedriver and selenium: its
time is what somebody waits until the first samples are drawn, its size that of the whole folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

RECIPES = {
    "image": [],
    "music": [],
    "audio": ["data.max_files=200"],
    "text": [],
}
FORMATS = {
    "safetensors fp32": {},
    "safetensors bf16": {"dtype": "bf16"},
    "onnx": {"format": "onnx"},
}
BATCH, ROUNDS = 16, 10
PATIENCE = 120  # seconds


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    parser.add_argument("--omnigan", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--onnx", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.omnigan:
        print(json.dumps(with_omnigan(options.omnigan)))
    elif options.onnx:
        print(json.dumps(with_onnxruntime(options.onnx)))
    else:
        measure(options.runs)


def measure(given: list[Path]) -> None:
    """Export runs, or the recipes after one step, in each format, and measure each export."""
    import omnigan

    print("| generator | format | MB | load, s | first sample, s | samples per second |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        runs = {run.name: run for run in given}
        for name, overrides in {} if runs else RECIPES.items():
            few = [*overrides, "train.steps=1", "log.samples=2", "train.device=cpu"]
            runs[name] = omnigan.train(name, few, out=folder / "runs" / name)
        for name, run in runs.items():
            for kind, options in FORMATS.items():
                out = omnigan.export(run, folder / kind / name, **options)
                program = "onnx" if kind == "onnx" else "omnigan"
                command = [sys.executable, __file__, f"--{program}", str(out)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                load, first, rate = json.loads(done.stdout)
                file = out / ("model.onnx" if kind == "onnx" else "model.safetensors")
                size = file.stat().st_size / 1e6
                print(f"| {name} | {kind} | {size:.2f} | {load:.2f} | {first:.3f} | {rate:.0f} |")
            if has_chromium():
                page = omnigan.export(run, folder / "web" / name, format="web")
                size = sum(file.stat().st_size for file in page.rglob("*") if file.is_file()) / 1e6
                waited = in_chromium(page)
                print(f"| {name} | web page | {size:.2f} | - | {waited:.1f} of wall time | - |")


def with_omnigan(folder: Path) -> list[float]:
    """Return CPU-seconds until an export is loaded and has made a sample, and samples a second."""
    began = time.process_time()
    import torch

    import omnigan

    torch.set_num_threads(1)
    trained = omnigan.load(folder)
    loaded = time.process_time()
    trained.generate(1)
    first = time.process_time()
    inputs = trained.latents(BATCH, 0)
    inputs |= trained.conditions(trained.choose_labels(BATCH, 0, None), 0)
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        trained.decode(inputs)
        times.append(time.process_time() - start)
    return [loaded - began, first - loaded, BATCH / min(times)]


def with_onnxruntime(folder: Path) -> list[float]:
    """Return the same of a model in onnxruntime."""
    began = time.process_time()
    import numpy as np
    import onnxruntime

    sys.path.insert(0, str(folder))
    import example

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnxruntime.InferenceSession(folder / "model.onnx", options)
    loaded = time.process_time()
    facts = json.loads((folder / "generator.json").read_text(encoding="utf-8"))
    rng = np.random.default_rng(0)
    model.run(None, example.draw(facts, 1, rng))
    first = time.process_time()
    inputs = example.draw(facts, BATCH, rng)
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        model.run(None, inputs)
        times.append(time.process_time() - start)
    return [loaded - began, first - loaded, BATCH / min(times)]


def has_chromium() -> bool:
    """Tell whether pages can be opened."""
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    return all(programs) and find_spec("selenium") is not None


def in_chromium(page: Path) -> float:
    """Return the seconds from opening a page to its first samples."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        began = time.monotonic()
        driver.get((page / "index.html").resolve().as_uri())
        while not driver.execute_script("return window.omnigan?.last?.length"):
            if time.monotonic() - began > PATIENCE:
                raise TimeoutError(f"{page} shows nothing after {PATIENCE} s")
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        driver.quit()


if __name__ == "__main__":
    main()
