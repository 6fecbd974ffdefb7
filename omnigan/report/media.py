"""Sample files as data that a page holds in itself."""

from __future__ import annotations

import base64
import io
import struct
import warnings
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedded", "Kind", "embed", "estimate", "kind_of", "sound_seconds"]

Kind = Literal["image", "audio", "midi", "text", "other"]

_TYPES: dict[str, tuple[Kind, str]] = {
    ".png": ("image", "image/png"),
    ".jpg": ("image", "image/jpeg"),
    ".jpeg": ("image", "image/jpeg"),
    ".webp": ("image", "image/webp"),
    ".gif": ("image", "image/gif"),
    ".wav": ("audio", "audio/wav"),
    ".flac": ("audio", "audio/flac"),
    ".ogg": ("audio", "audio/ogg"),
    ".mp3": ("audio", "audio/mpeg"),
    ".mid": ("midi", "audio/midi"),
    ".midi": ("midi", "audio/midi"),
    ".txt": ("text", "text/plain"),
}
LARGE_PICTURE = 2**20
MOST_PIXELS = 2**26
LONGEST_SIDE = 2048
SMALL_SOUND = 2**15
RATE = 16_000
"""Of sounds that are encoded anew: the least whole part of theirs that is not below this."""
LONGEST_SOUND = 45
QUALITY = 0.7
"""Of Vorbis, as libsndfile counts: 0 is the best, 1 the smallest."""
BYTES_A_SECOND = 10_000  # more than Vorbis takes at such rates and this quality
BLOCK = 2**15  # libsndfile overflows its stack when it is given a long sound at once
MOST_TEXT = 20_000
MOST_MIDI = 2**16


@dataclass(frozen=True)
class Embedded:
    """A file as the page holds it.

    Attributes:
        kind: What it is.
        content: A ``data:`` address, or the text itself.
        size: Width and height of a picture in pixels, else None.
        note: How it differs from the file, or "".
        smaller: Whether it is a sound of less quality than the file.
    """

    kind: Kind
    content: str
    size: tuple[int, int] | None = None
    note: str = ""
    smaller: bool = False

    def __len__(self) -> int:
        return len(escape(self.content).encode() if self.kind == "text" else self.content)


def kind_of(path: Path) -> Kind:
    """Return what a file is by its name."""
    return _TYPES.get(path.suffix.lower(), ("other", ""))[0]


def estimate(path: Path) -> int:
    """Return about how many bytes of the page a file takes, rather too many."""
    size = path.stat().st_size
    kind = kind_of(path)
    if kind == "audio" and size > SMALL_SOUND:
        size = min(size, int(min(sound_seconds(path), LONGEST_SOUND) * BYTES_A_SECOND))
    elif kind == "image" and size > LARGE_PICTURE:
        size = LARGE_PICTURE // 2  # mostly less as WebP
    elif kind == "text":
        size = min(size, MOST_TEXT)
    return size * 4 // 3 + 100


def sound_seconds(path: Path) -> float:
    """Return how long a sound is; 0 where that cannot be told."""
    import soundfile

    try:
        return float(soundfile.info(str(path)).duration)
    except (RuntimeError, OSError):
        return 0.0


def embed(path: Path) -> Embedded | None:
    """Return a file in a form that a page holds; None where it should be linked to.

    Pictures and small sounds are taken as they are. Pictures over 1 MiB become WebP, longer sounds
    Vorbis in one channel of at most 16 kHz.

    Raises:
        OSError: It cannot be read.
    """
    kind, media_type = _TYPES.get(path.suffix.lower(), ("other", ""))
    size = path.stat().st_size
    if kind == "other" or size == 0 or path.is_symlink():
        return None
    if kind == "text":
        return _text(path, size)
    if kind == "midi":
        return Embedded(kind, _address(path.read_bytes(), media_type)) if size < MOST_MIDI else None
    if kind == "audio":
        if size <= SMALL_SOUND:
            return Embedded(kind, _address(path.read_bytes(), media_type))
        return _sound(path)
    return _picture(path, media_type, large=size > LARGE_PICTURE)


def _address(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def _text(path: Path, size: int) -> Embedded:
    with path.open("rb") as file:
        text = file.read(MOST_TEXT).decode("utf-8", "replace")
    note = f"the first {MOST_TEXT:,} of {size:,} bytes" if size > MOST_TEXT else ""
    return Embedded("text", text, note=note)


def _picture(path: Path, media_type: str, *, large: bool) -> Embedded | None:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                width, height = picture.size
                if not large:
                    return Embedded("image", _address(path.read_bytes(), media_type), picture.size)
                if width * height > MOST_PIXELS or getattr(picture, "is_animated", False):
                    return None
                smaller = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
                smaller.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombWarning):
        return None
    except Image.DecompressionBombError:
        return None
    data = io.BytesIO()
    smaller.save(data, "WEBP", quality=85, method=2)
    note = f"shown as WebP of {smaller.width}x{smaller.height}"
    return Embedded("image", _address(data.getvalue(), "image/webp"), smaller.size, note)


def _sound(path: Path) -> Embedded | None:
    import soundfile

    data = io.BytesIO()
    options = {"format": "OGG", "subtype": "VORBIS", "compression_level": QUALITY}
    try:
        with soundfile.SoundFile(str(path)) as file:
            samples = file.read(LONGEST_SOUND * file.samplerate, "float32", always_2d=True)
            cut = file.frames > len(samples)
            rate = file.samplerate
        mono = sum(samples.T[1:], start=samples.T[0]) / samples.shape[1]
        mono, rate = _slower(mono, rate)
        with soundfile.SoundFile(data, "w", rate, 1, **options) as encoded:
            for start in range(0, len(mono), BLOCK):
                encoded.write(mono[start : start + BLOCK])
    except (RuntimeError, OSError):  # what libsndfile cannot read
        return None
    note = f"the first {LONGEST_SOUND} s" if cut else ""
    return Embedded("audio", _address(data.getvalue(), "audio/ogg"), note=note, smaller=True)


def _slower(samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], int]:
    """Keep one of so many samples, behind a low pass, while that leaves enough a second."""
    factor = rate // RATE
    if factor < 2 or not len(samples):
        return samples, rate
    reach = 16 * factor
    places = np.arange(-reach, reach + 1)
    kernel = np.sinc(places / factor) * np.hanning(2 * reach + 3)[1:-1]
    kernel = (kernel / kernel.sum()).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(samples, reach), len(kernel))
    return windows[::factor] @ kernel, rate // factor
