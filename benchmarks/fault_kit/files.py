"""Whole files of every kind that a domain reads, small, to be damaged."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pretty_midi
import soundfile
from PIL import Image

from fault_kit.sources import WORDS

__all__ = ["Sample", "samples_of"]


@dataclass(frozen=True)
class Sample:
    """A source that a domain reads.

    Attributes:
        files: Content of each, by name.
        source: What of it is named as ``data.source``; "" is the folder itself.
        data: Other keys of the section ``data``; ``{}`` stands for the folder.
        damage: Names of what is damaged, one at a time; empty: a third of the files.
    """

    files: Mapping[str, bytes]
    source: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    damage: tuple[str, ...] = ()


@cache
def samples_of(domain: str) -> list[Sample]:
    """Return sources of every kind."""
    return {"audio": _sounds, "image": _images, "music": _music, "text": _texts}[domain]()


def _table(rows: list[list[Any]], separator: str = ",") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator).writerows(rows)
    return buffer.getvalue().encode()


# ---- music -------------------------------------------------------------------------------------


def _piece(number: int) -> bytes:
    rng = np.random.default_rng(number)
    tempo = 100.0 + number
    piece = pretty_midi.PrettyMIDI(initial_tempo=tempo, resolution=(96, 220, 480)[number % 3])
    piece.time_signature_changes.append(pretty_midi.TimeSignature((4, 3)[number % 2], 4, 0))
    piece.key_signature_changes.append(pretty_midi.KeySignature(number % 12, 0))
    for program, is_drum, name in ((0, False, "Piano"), (33, False, "Bass"), (0, True, "Kit")):
        track = pretty_midi.Instrument(program, is_drum, name)
        for beat in range(32):
            pitch, start = int(rng.integers(36, 72)), beat * 60 / tempo / 2
            track.notes.append(pretty_midi.Note(80, pitch, start, start + 0.2))
        track.control_changes.append(pretty_midi.ControlChange(64, 100, 1.0))
        track.pitch_bends.append(pretty_midi.PitchBend(100, 1.0))
        piece.instruments.append(track)
    piece.lyrics.append(pretty_midi.Lyric("la", 0.5))
    buffer = io.BytesIO()
    piece.write(buffer)
    return buffer.getvalue()


def _music() -> list[Sample]:
    files = {f"{'ab'[n % 2]}/{n:02}.mid": _piece(n) for n in range(9)}
    table = _table([["file", "label"], *([name, f"l{n % 2}"] for n, name in enumerate(files))])
    data = {"bars": 1, "meter": "auto"}
    return [
        Sample(files, data=data),
        Sample(files, data={**data, "labels": "folder"}),
        Sample(files, data={**data, "labels": "mode"}),
        Sample({"one.mid": _piece(0)}, "one.mid", data, ("one.mid",)),
        Sample({**files, "l.csv": table}, data={**data, "labels": "{}/l.csv"}, damage=("l.csv",)),
    ]


# ---- images ------------------------------------------------------------------------------------

_FORMATS = dict(png="PNG", jpg="JPEG", gif="GIF", webp="WEBP", bmp="BMP", tif="TIFF", ppm="PPM")


def _picture(number: int, kind: str) -> bytes:
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 256, (16, 12 + number % 3, 3)).astype(np.uint8)
    image = Image.fromarray(pixels)
    buffer = io.BytesIO()
    options: dict[str, Any] = {}
    if kind == "gif":
        options = {"save_all": True, "append_images": [image.rotate(90), image.rotate(180)]}
    elif kind == "png":
        image = image.convert(("RGB", "P", "LA", "L")[number % 4])
    elif kind == "tif":
        options = {"compression": ("raw", "tiff_lzw", "tiff_adobe_deflate")[number % 3]}
    elif kind == "jpg":
        exif = Image.Exif()
        exif[0x0112] = number % 8 + 1
        options = {"progressive": bool(number % 2), "exif": exif}
    image.save(buffer, _FORMATS[kind], **options)
    return buffer.getvalue()


def _idx(values: np.ndarray[Any, Any]) -> bytes:
    head = bytes([0, 0, 8, values.ndim])
    return head + b"".join(size.to_bytes(4, "big") for size in values.shape) + values.tobytes()


def _images() -> list[Sample]:
    kinds = list(_FORMATS)
    files = {f"{'ab'[n // 8]}/{n:02}.{kinds[n % 7]}": _picture(n, kinds[n % 7]) for n in range(16)}
    table = _table([["file", "label"], *([name, f"l{n % 2}"] for n, name in enumerate(files))])
    data = {"size": 8}
    labelled = {**data, "labels": "auto"}
    return [
        *[Sample(files, data=data)] * 3,
        Sample(files, data={**data, "labels": "folder"}),
        Sample({**files, "l.csv": table}, data={**data, "labels": "{}/l.csv"}, damage=("l.csv",)),
        *(Sample({name: it}, name, data, (name,)) for name, it in _archives(files).items()),
        *(
            Sample({name: it}, name, labelled if name.endswith("npz") else data, (name,))
            for name, it in _arrays().items()
        ),
        *(Sample(found, "", labelled, tuple(found)) for found in _sets()),
    ]


def _archives(files: Mapping[str, bytes]) -> dict[str, bytes]:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    found = {"x.zip": zipped.getvalue(), "x.gif": _picture(1, "gif")}
    for ending, mode in (("tar", "w"), ("tgz", "w:gz"), ("txz", "w:xz")):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as opened:  # type: ignore[call-overload]
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                opened.addfile(info, io.BytesIO(content))
        found[f"x.{ending}"] = buffer.getvalue()
    return found


def _arrays() -> dict[str, bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 10, 3)).astype(np.uint8)
    labels = (np.arange(12) % 3).astype(np.uint8)
    plain, packed, one = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(plain, images=pixels, labels=labels)
    np.savez_compressed(packed, images=pixels / 255.0, labels=labels, label_names=["a", "b", "c"])
    np.save(one, pixels)
    return {"x.npz": plain.getvalue(), "y.npz": packed.getvalue(), "x.npy": one.getvalue()}


def _sets() -> list[dict[str, bytes]]:
    """MNIST, compressed and not, and CIFAR-10."""
    rng = np.random.default_rng(0)
    digits = {
        "train-images-idx3-ubyte": _idx(rng.integers(0, 256, (12, 10, 10)).astype(np.uint8)),
        "train-labels-idx1-ubyte": _idx((np.arange(12) % 3).astype(np.uint8)),
    }
    cifar = {
        "data_batch_1.bin": b"".join(bytes([n % 10]) + rng.bytes(3072) for n in range(12)),
        "batches.meta.txt": b"\n".join(b"abcdefghij"[n : n + 1] for n in range(10)),
    }
    return [digits, {f"{name}.gz": gzip.compress(it) for name, it in digits.items()}, cifar]


# ---- sounds ------------------------------------------------------------------------------------

_SUBTYPES = (
    *(("wav", "WAV", "PCM_16"), ("wav", "WAV", "FLOAT"), ("wav", "WAV", "MS_ADPCM")),
    *(("flac", "FLAC", "PCM_16"), ("ogg", "OGG", "VORBIS"), ("aiff", "AIFF", "PCM_24")),
    *(("mp3", "MP3", "MPEG_LAYER_III"), ("opus", "OGG", "OPUS"), ("caf", "CAF", "PCM_16")),
    *(("au", "AU", "ULAW"), ("w64", "W64", "PCM_16")),
)


def _sound(number: int, kind: str, subtype: str) -> bytes:
    time = np.arange(6000) / 8000
    wave = np.sin(2 * np.pi * 110 * (number + 1) * time) * np.exp(-4 * time)
    channels = np.stack([wave, 0.5 * wave], 1) if number % 2 else wave
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.5 * channels, 8000, subtype=subtype, format=kind)
    return buffer.getvalue()


def _sounds() -> list[Sample]:
    files = {}
    for number in range(16):
        ending, kind, subtype = _SUBTYPES[number % len(_SUBTYPES)]
        files[f"{'ab'[number % 2]}/{number:02}.{ending}"] = _sound(number, kind, subtype)
    table = _table([["file", "label"], *([name, f"l{n % 2}"] for n, name in enumerate(files))])
    data = {"rate": 8000, "length": 1024}
    return [
        *[Sample(files, data=data)] * 2,
        Sample(files, data={**data, "labels": "folder", "cut": "start"}),
        Sample(files, data={**data, "cut": "random"}),
        Sample({**files, "l.csv": table}, data={**data, "labels": "{}/l.csv"}, damage=("l.csv",)),
    ]


# ---- texts -------------------------------------------------------------------------------------


def _texts() -> list[Sample]:
    lines = [f"{a} {b} sees {c}." for a in WORDS for b in WORDS for c in WORDS if a != b][:90]
    plain = "\n".join(lines).encode()
    paragraphs = "\n\n".join("\n".join(lines[n : n + 4]) for n in range(0, 80, 4)).encode()
    rows = [["text", "label"], *([line, f"l{n % 2}"] for n, line in enumerate(lines))]
    objects = "\n".join(json.dumps({"text": t, "label": f"l{n % 2}"}) for n, t in enumerate(lines))
    code = "".join(
        f'def f{n}(x):\n    """{line}"""\n    return x + {n}\n\n'
        for n, line in enumerate(lines[:40])
    ).encode()
    files = {
        "a.txt": plain,
        "b.md": paragraphs,
        "c.txt": plain[: len(plain) // 2],
        "d.py": code,
        "e.txt": "\n".join(lines).encode("utf-16"),
        "f.txt.gz": gzip.compress(plain),
    }
    data: dict[str, Any] = {"tokenizer": {"least": 1}}
    samples = [Sample(files, data=data)] * 2
    for name, content, more in (
        ("x.jsonl", objects.encode(), {"labels": "column"}),
        ("x.csv", _table(rows), {}),
        ("x.tsv", _table(rows, "\t"), {"labels": "column"}),
        ("x.txt", paragraphs, {}),
        ("x.py", code, {}),
        ("x.csv", _table(rows), {"labels": "column"}),
        ("x.txt.gz", gzip.compress(plain), {"tokenizer": {"kind": "character", "least": 1}}),
        ("x.txt", plain, {"tokenizer": {"kind": "bpe", "size": 300}}),
        ("x.txt", plain, {"tokenizer": {"kind": "byte"}}),
    ):
        samples.append(Sample({name: content}, name, {**data, **more}, (name,)))
    return samples
