"""What it costs to find data again in the cache: hashes of files, and a folder of small images.

    python benchmarks/caches.py --folder /somewhere/with/3/GB

CPU-seconds, on one core with ``taskset -c 0`` and ``OMP_NUM_THREADS=1``, of files that the machine
has in memory, since they are written just before.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from omnigan.digest import sha256_of
from omnigan_image.data import load_images
from omnigan_image.data_config import ImageData

SMALL, BYTES = 10_000, 4_000
LARGE = 2048  # MiB
IMAGES, SIDE = 5_000, 32
TIMES = ("first", "second", "third")
SETTLED = 3.0  # seconds after which hashes of files are remembered


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU-seconds of some work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def write_files(folder: Path) -> list[Path]:
    """Write small files, each unlike the others."""
    noise = np.random.default_rng(0).bytes(SMALL + BYTES)
    files = [folder / str(number) for number in range(SMALL)]
    for number, file in enumerate(files):
        file.write_bytes(noise[number : number + BYTES])
    return files


def write_large(file: Path) -> None:
    """Write a large file."""
    noise = np.random.default_rng(0).bytes(2**20)
    with file.open("wb") as opened:
        for _ in range(LARGE):
            opened.write(noise)


def write_images(folder: Path) -> None:
    """Write images of noise in ten folders."""
    rng = np.random.default_rng(0)
    for number in range(IMAGES):
        file = folder / str(number % 10) / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE), np.uint8)).save(file)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where files are written, and deleted afterwards")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as scratch:
        below = Path(scratch)
        os.environ["OMNIGAN_CACHE"] = str(below / "cache")
        for name in ("small", "images"):
            (below / name).mkdir()
        small = write_files(below / "small")
        write_large(below / "large")
        write_images(below / "images")
        time.sleep(SETTLED)
        rows: list[tuple[str, Callable[[], object]]] = [
            (f"hashing {SMALL:,} files of {BYTES:,} bytes", lambda: list(map(sha256_of, small))),
            (f"hashing one file of {LARGE} MiB", lambda: sha256_of(below / "large")),
        ]
        for source in (str(below / "images"), "mnist"):
            read = partial(load_images, ImageData(source=source))
            rows += [(f"{Path(source).name}, {when} time", read) for when in TIMES]
        print("| | CPU-seconds |\n|---|---|")
        for name, work in rows:
            print(f"| {name} | {seconds(work):.3f} |", flush=True)


if __name__ == "__main__":
    main()
