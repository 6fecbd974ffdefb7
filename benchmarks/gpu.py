"""What a GPU makes of a training step: in fp32, in bf16, with other layouts, and compiled.

    python benchmarks/gpu.py
    python benchmarks/gpu.py --peak 989           # a GPU's TFLOP/s in bf16, for its share
    python benchmarks/gpu.py --device cpu --tiny  # does this script work?

Three games of published size play on made-up data: R3GAN's for CIFAR (batch 512, R1 and R2 in every
step), WaveGAN's for a second at 16 kHz, and MuseGAN's kind for four bars. Each way of computing is
compared with fp32 as it comes, in the same process: examples a second, memory, and the largest
relative difference of what the first step reads off the same weights: losses, penalties and
gradient norms. A batch that does not fit is computed in parts, as few as fit (train.accumulate). A
way that fails is named with its reason. All of it ends within ten minutes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import soundfile
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from omnigan.domain import Batch
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import LoadedRecipe, load_recipe
from omnigan.values import BatchSource

LIMIT = 540.0
"""Seconds after which no other way is begun."""
ROUNDS = 5
PARTS = (1, 2, 4, 8, 16)
NEAR_ZERO = ("d_accuracy", "d_real", "d_fake")
"""Readings of fresh networks of which a relative difference says nothing."""
BF16 = "train.precision=bf16"


@dataclass(frozen=True)
class Game:
    """A game of published size.

    Attributes:
        recipe: Name of the recipe that it is made of.
        data: Fills a folder with made-up files.
        sizes: Overrides for a GPU.
        tiny: Further ones, for a test of this script.
    """

    recipe: str
    data: Callable[[Path], None]
    sizes: Sequence[str] = ()
    tiny: Sequence[str] = ()


@dataclass(frozen=True)
class Way:
    """One way to compute a step."""

    name: str
    overrides: Sequence[str] = ()
    contiguous: bool = False


@dataclass
class Result:
    """What was measured of one way."""

    rate: float
    spread: float
    memory: float
    readings: dict[str, float]


def _images(folder: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(
        folder / "images.npz",
        images=rng.integers(0, 256, (4096, 32, 32, 3), np.uint8),
        labels=rng.integers(0, 10, 4096),
    )


def _sounds(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(128):
        fading = np.exp(-np.linspace(0, 1 + number % 5, 16384))
        soundfile.write(folder / f"{number}.wav", 0.5 * fading * rng.uniform(-1, 1, 16384), 16000)


def _melodies(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(16):
        piece = pretty_midi.PrettyMIDI()
        for part in range(4):
            track = pretty_midi.Instrument(8 * part, name=f"Part {part + 1}")
            for beat in range(256):
                pitch = 60 - 8 * part + int(rng.integers(12))
                track.notes.append(pretty_midi.Note(80, pitch, beat / 2, beat / 2 + 0.5))
            piece.instruments.append(track)
        piece.write(str(folder / f"{number:02}.mid"))


GAMES = {
    "R3GAN, 32x32": Game(
        "image-cifar-32",
        _images,
        ["train.precision=fp32", "data.source={folder}/images.npz", "train.augment=0"],
        ["train.batch_size=8", "generator.width=16", "discriminator.width=16"],
    ),
    "WaveGAN, 16,384 samples": Game(
        "audio",
        _sounds,
        [
            "data={source: '{folder}', rate: 16000, length: 16384, labels: none}",
            "generator={body: wavegan, width: 64, z: 100, latent: uniform}",
            "discriminator={critics: [wavegan], widths: {wavegan: 64}}",
            "train.batch_size=64",
        ],
        ["generator.width=4", "discriminator.widths={wavegan: 4}", "train.batch_size=4"],
    ),
    "MuseGAN, 4 bars": Game(
        "music-musegan",
        _melodies,
        ["data={source: '{folder}', bars: 4, tracks: auto}", "train.batch_size=64"],
        ["generator.width=8", "discriminator.width=8", "train.batch_size=4"],
    ),
}
WAYS = (
    Way("fp32"),
    Way("fp32, contiguous", contiguous=True),
    Way("fp32, compiled", ["train.compile=default"]),
    Way("bf16", [BF16]),
    Way("bf16, compiled", [BF16, "train.compile=default"]),
    Way("bf16, compiled, CUDA graphs", [BF16, "train.compile=reduce-overhead"]),
)


def start(
    loaded: LoadedRecipe, way: Way, device: torch.device
) -> tuple[Adversaries, Iterator[Batch]]:
    """Return fresh players and their data, which are on the device if they fit."""
    domain, train = loaded.domain_class(loaded.domain_config).resolve(), loaded.recipe.train
    players = Adversaries(domain, train, 0, device)
    if way.contiguous:
        for network in (players.generator, players.discriminator, players.average):
            for weight in network.parameters():
                weight.data = weight.data.contiguous()
    source = domain.source("train")
    if isinstance(source, BatchSource) and hasattr(source, "resident"):
        source = source.resident(device)
    return players, batches(BatchOrder(source, train.batch_size, 0), 0, 0)


def measure(loaded: LoadedRecipe, way: Way, device: torch.device, seconds: float) -> Result:
    """Return how fast a way is, and what its first step reads."""
    torch.compiler.reset()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    players, data = start(loaded, way, device)
    readings = {name: float(value) for name, value in players.advance(data).items()}
    cycle = max((each.interval for each in players.train.penalties.values()), default=1)
    for _ in range(2 * cycle):
        players.advance(data)
    rates = []
    for _ in range(ROUNDS):
        steps, began = 0, _now(device)
        while steps % cycle or _now(device) - began < seconds / ROUNDS:
            players.advance(data)
            steps += 1
        rates.append(steps * players.train.batch_size / (_now(device) - began))
    memory = torch.cuda.max_memory_allocated(device) / 2**30 if device.type == "cuda" else 0.0
    rate = statistics.median(rates)
    return Result(rate, (max(rates) - min(rates)) / rate, memory, readings)


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


class Operations(TorchDispatchMode):
    """Counts the floating-point operations of matrix products and convolutions.

    torch's own counter also tells modules apart, which fails where a gradient is differentiated.
    """

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        count = flop_registry.get(func.overloadpacket)
        if count is not None:
            self.total += count(*args, **(kwargs or {}), out_val=out)
        return out


def operations(loaded: LoadedRecipe, device: torch.device) -> float:
    """Return the floating-point operations of a step with every penalty, per example."""
    players, data = start(loaded, WAYS[0], device)
    with Operations() as counter:
        players.advance(data)
    return counter.total / players.train.batch_size


def in_parts(
    recipe: str, overrides: Sequence[str], way: Way, device: torch.device, seconds: float
) -> tuple[LoadedRecipe, Result]:
    """Measure a way with as few parts of a batch as fit into memory; return the recipe, too.

    Raises:
        torch.OutOfMemoryError: Not even the smallest parts fit.
    """
    for parts in PARTS:
        loaded = load_recipe(recipe, [*overrides, *way.overrides, f"train.accumulate={parts}"])
        try:
            return loaded, measure(loaded, way, device, seconds)
        except torch.OutOfMemoryError as error:
            reason = error.with_traceback(None)  # which would hold the tensors of the attempt
    raise reason


def difference(found: Result, exact: Result) -> float:
    """Return the largest relative difference between the readings of two first steps."""
    return max(
        abs(value - exact.readings[name]) / max(abs(exact.readings[name]), 1e-6)
        for name, value in found.readings.items()
        if name not in NEAR_ZERO
    )


def play(name: str, folder: Path, options: argparse.Namespace, began: float) -> None:
    """Measure one game in every way; print lines of the table."""
    game, device = GAMES[name], torch.device(options.device)
    game.data(folder)
    sizes = [size.replace("{folder}", str(folder)) for size in game.sizes]
    sizes.append(f"train.device={device}")
    sizes += [*game.tiny] if options.tiny else []
    each, exact = 0.0, None
    for way in WAYS:
        if time.monotonic() - began > LIMIT:
            print(f"| {name} | {way.name} | not begun: time is up |", flush=True)
            continue
        try:
            loaded, result = in_parts(game.recipe, sizes, way, device, options.seconds)
            each = each or operations(loaded, device)
        except Exception as error:  # one way that fails says nothing about the others
            reason = str(error).strip().partition("\n")[0][:160]
            print(f"| {name} | {way.name} | failed: {reason} |", flush=True)
            continue
        exact = exact or result
        speed = each * result.rate / 1e12
        share = f"{speed / options.peak:.1%}" if options.peak else ""
        parts, ratio = loaded.recipe.train.accumulate, result.rate / exact.rate
        cells = [name, way.name, f"{parts}", f"{result.rate:,.1f}", f"{result.spread:.1%}"]
        cells += [f"{ratio:.2f}", f"{result.memory:.2f}", f"{speed:.3g}", share]
        print(f"| {' | '.join([*cells, f'{difference(result, exact):.1e}'])} |", flush=True)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each way, once it is warm")
    parser.add_argument("--peak", type=float, help="TFLOP/s of the device")
    parser.add_argument("--tiny", action="store_true", help="small networks and batches")
    options = parser.parse_args()
    named = torch.cuda.get_device_name() if options.device.startswith("cuda") else options.device
    torch.set_num_threads(1)
    print(f"{named}, torch {torch.__version__}; medians of {ROUNDS} rounds\n")
    head = "| game | way | parts | examples a second | spread | ratio | GiB | TFLOP/s | of peak |"
    print(f"{head} difference |\n{'|---' * head.count('|')}|")
    began = time.monotonic()
    for name in GAMES:
        with tempfile.TemporaryDirectory() as folder:
            play(name, Path(folder), options, began)


if __name__ == "__main__":
    main()
