"""Rows of symbols in the cache, made once.

A source with its settings has a folder of its own below ``text`` in the cache: ``rows.npy``,
``[N, T]``, the examples to train on before those held out, and ``facts.npz``, what else is known.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnigan.cache import cache_folder
from omnigan.datasets.contents import Contents, contents_of
from omnigan.datasets.copies import digest
from omnigan.datasets.rows import (
    Write,
    cache_key,
    make_rows,
    map_rows,
    pack,
    read_facts,
    unpack,
)
from omnigan.domain import Notify
from omnigan.thinning import evenly
from omnigan_text.data.prepare import Prepared, prepare
from omnigan_text.data.report import Findings
from omnigan_text.data.sequences import Places
from omnigan_text.data.sources import LABELS, Found
from omnigan_text.data_config import TextData

__all__ = ["Stored", "stored_texts"]

VERSION = 3
"""Raise it when the same source gives other examples or other facts."""

_CHUNK = 1 << 16  # rows that are written at a time
_CHECKED = 4096  # rows whose hash is compared when a cache is opened


@dataclass(frozen=True)
class Stored:
    """Examples in the cache.

    Attributes:
        data: The config with nothing left open.
        rows: ``[N, T]`` uint16 or int32, mapped from a file where there is one.
        labels: ``[N]`` int64; None if unconditional.
        findings: What was met when they were made.
        file: That file; None where the cache cannot be written.
    """

    data: TextData
    rows: NDArray[Any]
    labels: Places | None
    findings: Findings
    file: Path | None


def stored_texts(found: Found, data: TextData, notify: Notify) -> Stored:
    """Return the examples of a source from the cache, or make them and keep them there.

    If the cache cannot be written, they stay in memory.
    """
    contents = contents_of(found.path, found.parts, notify)
    file = cache_folder("text", _key(found, contents, data), "rows.npy")
    kept = _recalled(file)
    if kept is not None:
        return _here(kept, found, data)
    made = prepare(found, data, notify)

    def fill(write: Write) -> Prepared:
        for first in range(0, len(made.sequences), _CHUNK):
            places = np.arange(first, min(first + _CHUNK, len(made.sequences)))
            write(_rows(made, places))
        return made

    row, dtype = (made.data.tokens,), _type(made.data)

    def pack_unchanged(made: Prepared) -> bytes | None:
        return _packed(made) if contents.unchanged() else None

    rows, _, written = make_rows(file, row, dtype, fill, pack_unchanged)
    made.findings.in_memory = written is None
    return Stored(made.data, rows, made.labels, made.findings, written)


def _key(found: Found, contents: Contents, data: TextData) -> str:
    """Return a name for what examples depend on: contents of files, and not where these are."""
    settings = data.model_dump(mode="json")
    if found.files:
        settings["source"] = None
    if data.labels not in LABELS:
        settings["labels"] = None
    settings["tokenizer"]["folder"] = settings["oracle"]["file"] = None
    return cache_key(VERSION, settings, contents.identity, list(found.made_by))


def _here(kept: Stored, found: Found, data: TextData) -> Stored:
    """Return examples that were kept with what is said of their files now."""
    tokenizer = kept.data.tokenizer.model_copy(update={"folder": data.tokenizer.folder})
    oracle = kept.data.oracle.model_copy(update={"file": data.oracle.file})
    places = {"source": data.source, "labels": data.labels, "tokenizer": tokenizer}
    findings = kept.findings
    if found.files:
        lines = findings.lines
        if not found.files[1:]:
            lines = [(found.names[0], why) for _, why in lines]
        ignored = dict(found.ignored.most_common())
        findings = replace(findings, lines=lines, ignored=ignored)
    settled = kept.data.model_copy(update={**places, "oracle": oracle})
    return replace(kept, data=settled, findings=findings)


def _type(data: TextData) -> type[np.generic]:
    return np.uint16 if data.symbols <= 2**16 else np.int32


def _rows(made: Prepared, places: Places) -> NDArray[Any]:
    return made.sequences.taken(places).padded(made.data.tokens).astype(_type(made.data))


def _checked(count: int) -> Places:
    return np.array(evenly(count, min(count, _CHECKED)), np.int64)


def _packed(made: Prepared) -> bytes:
    words = {
        "data": made.data.model_dump(mode="json"),
        "findings": asdict(made.findings),
        "digest": digest(_rows(made, _checked(len(made.sequences)))).hex(),
    }
    return pack(words, {} if made.labels is None else {"labels": made.labels})


def _recalled(file: Path) -> Stored | None:
    """Return what a file of the cache holds, None if it is not there or damaged."""
    try:
        words, arrays = unpack(read_facts(file))
        rows = map_rows(file)
        data = TextData.model_validate(words["data"])
        findings = Findings.restored(words["findings"])
        if digest(np.ascontiguousarray(rows[_checked(len(rows))])).hex() != words["digest"]:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    labels = arrays.get("labels")
    if rows.shape[1:] != (data.length,) or (labels is not None and len(labels) != len(rows)):
        return None
    return Stored(data, rows, labels, findings, file)
