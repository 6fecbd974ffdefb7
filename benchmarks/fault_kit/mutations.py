"""Random damage to bytes and to texts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

__all__ = ["damaged_bytes", "damaged_text"]

# ---- bytes -------------------------------------------------------------------------------------

_NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\1")


def damaged_bytes(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Return a file with one or more faults: flipped, cut, torn, repeated, spliced, overwritten."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        content = rng.choice(_BYTES)(content, others, rng)
    return content


def _place(content: bytes, rng: random.Random) -> int:
    """Return a place; heads are more interesting than what follows."""
    most = len(content) if rng.random() < 0.5 else min(len(content), 64)
    return rng.randrange(most) if most else 0


def _flip(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 8, 64))):
        if changed:
            changed[_place(content, rng)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _number(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    place = _place(content, rng)
    size = rng.choice((1, 2, 4))
    return content[:place] + rng.choice(_NUMBERS)[:size] + content[place + size :]


def _cut(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    return content[: _place(content, rng)]


def _remove(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    place = _place(content, rng)
    return content[:place] + content[place + rng.choice((1, 2, 16, 256)) :]


def _repeat(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    place = _place(content, rng)
    part = content[place : place + rng.choice((1, 4, 64))]
    return content[:place] + part * rng.choice((2, 3, 1000)) + content[place:]


def _zeros(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    place, size = _place(content, rng), rng.choice((1, 16, 512))
    return content[:place] + rng.choice((b"\0", b"\xff")) * size + content[place + size :]


def _splice(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    other = rng.choice(others) if others else rng.randbytes(64)
    return content[: _place(content, rng)] + other[_place(other, rng) :]


def _noise(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    place = _place(content, rng)
    return content[:place] + rng.randbytes(rng.choice((1, 8, 300))) + content[place:]


_BYTES: tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...] = (
    *(_flip, _number, _cut, _remove, _repeat, _zeros, _splice, _noise),
)

# ---- texts -------------------------------------------------------------------------------------

_PIECES = (
    *(
        "\t",
        "\n",
        ":",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "!!python/object:os.system ",
        "|",
    ),
    *(
        "\0",
        "\x1b",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ud7ff",
        "\U0001f600",
        "\u0130",
        "é",
        "'",
        '"',
        "#",
    ),
    *("%", "@", "`", "<<: ", "? ", "~", ".nan", ".inf", "1e999", "9" * 5000, "0x" + "f" * 400),
    *(
        "0o7",
        "1_000",
        "²",
        "---\n",
        "...\n",
        "!!binary ",
        "!!set ",
        "true",
        "null",
        "=",
        "🎵: 🎵\n",
    ),
)


def damaged_text(text: str, rng: random.Random) -> bytes:
    """Return a text file whose lines, characters or bytes are not what they were."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        text = rng.choice((_insert, _delete, _lines, _exchange))(text, rng)
    content = text.encode("utf-8", "surrogatepass")
    return damaged_bytes(content, (), rng) if rng.random() < 0.2 else content


def _insert(text: str, rng: random.Random) -> str:
    place = rng.randint(0, len(text))
    return text[:place] + rng.choice(_PIECES) + text[place:]


def _delete(text: str, rng: random.Random) -> str:
    place = rng.randint(0, len(text))
    return text[:place] + text[place + rng.choice((1, 2, 9)) :]


def _lines(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    line = rng.choice(lines)
    indented = " " * rng.randint(0, 5) + line.lstrip()
    lines.insert(rng.randint(0, len(lines)), rng.choice((line, indented, line.upper())))
    if rng.random() < 0.5:
        del lines[rng.randrange(len(lines))]
    return "".join(lines)


def _exchange(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    words[rng.randrange(len(words))] = rng.choice((*_PIECES, *words))
    return " ".join(words)
