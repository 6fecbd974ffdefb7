"""Samples in an export: long sounds are made small, since people listen to them and no more."""

from __future__ import annotations

import io
from pathlib import Path

__all__ = ["smaller"]

SMALL = 2**18
"""Bytes up to which a WAV file stays what it is."""
QUALITY = 0.5
"""Of MP3 as libsndfile counts: 0 is the best, 1 the smallest; about 110 kbit a second in stereo."""


def smaller(path: Path) -> Path:
    """Turn a long WAV file into an MP3 file, which every browser plays, and return what is there.

    Where that cannot be, as for a rate that MP3 does not have, or where a file is called like that
    already, it stays.
    """
    made = path.with_suffix(".mp3")
    if path.suffix != ".wav" or path.stat().st_size <= SMALL or made.exists():
        return path
    import soundfile

    data = io.BytesIO()
    options = {"bitrate_mode": "VARIABLE", "compression_level": QUALITY}
    try:
        samples, rate = soundfile.read(str(path), dtype="float32")
        soundfile.write(data, samples, rate, format="MP3", **options)
    except (RuntimeError, ValueError, TypeError):  # or an older soundfile, without MP3 or options
        return path
    made.write_bytes(data.getvalue())
    path.unlink()
    return made
