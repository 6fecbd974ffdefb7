"""Damage to what a run has saved or read, to its clock and to its numbers."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from fault_kit.harms import Clock, NotANumber
from fault_kit.trials import Bench, Outcome
from omnigan.engine import checkpoint

__all__ = [
    "DAMAGES",
    "clock_jumps",
    "damaged_cache",
    "damaged_checkpoint",
    "data_changed",
    "data_gone_while_running",
    "not_a_number",
]

PARTS = ("generator", "discriminator", "ema", "optimizers")


def _truncate(path: Path, rng: random.Random) -> None:
    os.truncate(path, rng.randrange(path.stat().st_size))


def _flip(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content) - 1)] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _empty(path: Path, rng: random.Random) -> None:
    path.write_bytes(b"")


def _delete(path: Path, rng: random.Random) -> None:
    path.unlink()


def _folder(path: Path, rng: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _swap(path: Path, rng: random.Random) -> None:
    other = path.with_name(rng.choice([f"{part}.safetensors" for part in PARTS]))
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def _other_step(path: Path, rng: random.Random) -> None:
    others = [each for each in path.parent.parent.iterdir() if each != path.parent]
    shutil.copy(rng.choice(others) / path.name, path)


def _file_for_folder(path: Path, rng: random.Random) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_text("")


DAMAGES: Mapping[str, Callable[[Path, random.Random], None]] = {
    "truncated": _truncate,
    "a bit flipped": _flip,
    "emptied": _empty,
    "deleted": _delete,
    "a folder instead": _folder,
    "two files swapped": _swap,
    "of another step": _other_step,
    "a file instead of the checkpoint": _file_for_folder,
}


def damaged_checkpoint(bench: Bench, rng: random.Random, damage: str, *, both: bool) -> Outcome:
    """Damage the newest checkpoint of a run that was killed, or both."""
    out = bench.stopped()
    found = checkpoint.find(out / "checkpoints")
    for each in found if both else found[:1]:
        name = rng.choice([*(f"{part}.safetensors" for part in PARTS), "state.json"])
        if (each.folder / name).is_file():
            DAMAGES[damage](each.folder / name, rng)
    ended = bench.train(out)
    return bench.compared(out) if ended.status == 0 else bench.says(ended)


def damaged_cache(bench: Bench, rng: random.Random, damage: str) -> Outcome:
    """Damage every file in the cache of the data between a kill and going on."""
    out = bench.stopped()
    cache = Path(bench.environment["OMNIGAN_CACHE"])
    for path in sorted(path for path in cache.rglob("*") if path.is_file()):
        DAMAGES[damage](path, rng)
    return bench.resumed(out, bench.train(out))


def clock_jumps(bench: Bench, seconds: float, *, back: bool) -> Outcome:
    """Let the clock jump during a run."""
    out = bench.new()
    ended = bench.train(out, [Clock(seconds, 2, back)])
    return bench.compared(out) if ended.status == 0 else bench.says(ended)


def data_changed(bench: Bench, rng: random.Random, how: str) -> Outcome:
    """Change the data between a kill and going on: refused with a word, until it is put back."""
    out = bench.stopped()
    data, kept = bench.folder / "data", bench.folder / "data-kept"
    shutil.copytree(data, kept)
    try:
        _harm_data(data, rng, how)
        ended = bench.train(out)
    finally:
        shutil.rmtree(data, ignore_errors=True)
        kept.rename(data)
    if ended.status == 0:
        return Outcome("lost", f"{how}: trained on other data without a word")
    return bench.resumed(out, ended) if ended.sentence else bench.says(ended)


def _harm_data(data: Path, rng: random.Random, how: str) -> None:
    files = sorted(path for path in data.rglob("*") if path.is_file())
    if how == "all deleted":
        shutil.rmtree(data)
    elif how == "one deleted":
        rng.choice(files).unlink()
    elif how == "one truncated":
        path = rng.choice(files)
        os.truncate(path, path.stat().st_size // 2)
    else:  # one is another's
        path = rng.choice(files[1:])
        content = bytearray(files[0].read_bytes())
        if path.suffix == ".txt":
            content[:3] = b"odd"
        path.write_bytes(content)


def data_gone_while_running(bench: Bench) -> Outcome:
    """Delete the data while a run trains: what it has read is enough."""
    out = bench.new()
    data, kept = bench.folder / "data", bench.folder / "data-kept"
    child = bench.start(out)
    while not checkpoint.find(out / "checkpoints") and not child.ends_within(0.002):
        pass
    data.rename(kept)
    try:
        ended = child.wait()
    finally:
        kept.rename(data)
    return bench.compared(out) if ended.status == 0 else bench.resumed(out, ended)


def not_a_number(bench: Bench, where: str, attempts: float) -> Outcome:
    """Put NaN into a run: it goes back and ends well, or says what is wrong."""
    out = bench.new()
    ended = bench.train(out, [NotANumber(where, 5, attempts)])
    if ended.status == 0 and "went back to step" in ended.said:
        bench.forget(out)
        return Outcome("sentence", ended.said)
    if ended.status == 0:
        return Outcome("lost", "nobody noticed")
    return bench.says(ended)
