"""Lines of text files, in whatever encoding they say, without trusting their size."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, cast

from omnigan.walk import oddity

__all__ = ["MOST", "Unusable", "read_lines"]

MOST = 1 << 20
"""Most characters of a line, and of an example."""

_HEAD = 8192  # bytes that are looked at to tell text from other files
_BLOCK = 1 << 20
_MARKS = {  # byte order marks; that of UTF-16 begins like that of UTF-32
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Unusable(ValueError):
    """A file is no text, or not what its ending says; the message says why."""


def read_lines(file: Path) -> Iterator[str]:
    r"""Yield the lines of a text file, each with ``\n`` at its end, however they end there.

    The text is UTF-8, or what a byte order mark says. A file whose name ends in .gz is unpacked.
    Only one line is held at a time.

    Raises:
        Unusable: It is not text, in another encoding, or has a line that is too long.
        OSError: It cannot be opened.
    """
    encoding = "utf-8"
    try:
        with _opened(file) as stream:
            encoding = _encoding(_head(stream))
            text = io.TextIOWrapper(stream, encoding, newline=None)
            for number, line in enumerate(iter(partial(text.readline, MOST + 1), ""), 1):
                if len(line) > MOST:
                    raise Unusable(
                        f"line {number} has more than {MOST:,} characters, so it is hardly a text "
                        "with an example on each line"
                    )
                if "\0" in line:
                    raise Unusable(f"line {number} has a zero byte, so it is no text file")
                yield line
    except UnicodeDecodeError as error:
        raise Unusable(_undecodable(file, encoding)) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unusable(f"it is a damaged .gz file ({error})") from error


def _opened(file: Path) -> IO[bytes]:
    if odd := oddity(file):
        raise Unusable(odd)
    if file.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(file, "rb"))
    return file.open("rb")


def _head(stream: IO[bytes]) -> bytes:
    assert isinstance(stream, io.BufferedReader | gzip.GzipFile)
    return stream.peek(_HEAD)[:_HEAD]


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        raise Unusable("it is a binary file, or UTF-16 without a byte order mark; save it as UTF-8")
    return "utf-8"


def _undecodable(file: Path, encoding: str) -> str:
    """Say where the first bytes are that do not belong to an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    name = encoding.removesuffix("-sig").upper()
    offset, line, beyond_ascii = 0, 1, False
    with _opened(file) as stream:
        while True:
            block = stream.read(_BLOCK)
            pending = decoder.getstate()[0]
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                begun = error.object[: error.start]
                line += begun.count(b"\n")
                offset += error.start - len(pending)
                mixed = beyond_ascii or not begun.isascii()
                value = error.object[error.start]
                break
            offset, line = offset + len(block), line + text.count("\n")
            beyond_ascii = beyond_ascii or not text.isascii()
    advice = (
        f"what is before it is {name}, so the file mixes encodings"
        if mixed
        else "if it is Windows or Latin-1 text, save it as UTF-8"
    )
    return (
        f"it is not {name} text: byte 0x{value:02X} at offset {offset:,} (line {line:,}) belongs "
        f"to another encoding; {advice}"
    )
