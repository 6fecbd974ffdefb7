"""From the texts of a source to rows of symbols."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from omnigan.datasets.copies import equal
from omnigan.datasets.labels import chosen_names, label_names, label_numbers
from omnigan.datasets.splits import split
from omnigan.domain import Notify
from omnigan.errors import UserError
from omnigan_text.data.copies import digests_of
from omnigan_text.data.encoding import Encoded, encode_texts
from omnigan_text.data.gather import Gathered, gather
from omnigan_text.data.report import Findings, Lengths
from omnigan_text.data.sequences import Places, Sequences
from omnigan_text.data.sources import Found
from omnigan_text.data_config import TextData
from omnigan_text.oracle import Oracle
from omnigan_text.tokens import Codec

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """Examples: those to train on in random order, then those held out.

    Attributes:
        data: The config with nothing left open.
        sequences: ``[N]``, without END.
        labels: ``[N]`` int64; None if unconditional.
        findings: What was met.
    """

    data: TextData
    sequences: Sequences
    labels: Places | None
    findings: Findings


def prepare(found: Found, data: TextData, notify: Notify) -> Prepared:
    """Read a source, split it, and make symbols of its texts.

    Raises:
        UserError: The source or a setting does not give texts; the message says why.
    """
    if data.source == "oracle":
        return _drawn(data)
    gathered = gather(found, data, notify)
    findings = _findings(found, gathered, data)
    rows = _labelled(gathered, data, findings)
    texts = [gathered.texts[row] for row in rows]
    labels = [gathered.labels[row] for row in rows]
    train, valid = _split(texts, labels, data, findings)
    encoded = encode_texts(data, texts, train, valid, notify)
    return _finished(encoded, texts, labels, findings)


def _drawn(data: TextData) -> Prepared:
    """Draw sequences from an oracle."""
    oracle = Oracle.of(data.oracle)
    if data.length not in ("auto", oracle.length):
        raise UserError(
            f"data.length: the oracle's sequences have {oracle.length} symbols, not "
            f"{data.length}; change data.oracle.length, or leave data.length out"
        )
    rng = torch.Generator().manual_seed(data.oracle.seed + 1)  # not that of the weights
    drawn = oracle.sample(data.oracle.examples, rng).to(torch.int32).numpy()
    digests = np.ascontiguousarray(drawn).view(np.uint8)
    places = split(
        equal(digests), [0] * len(drawn), digests, data.held_out, data.split_seed, noun="sequence"
    )
    rows = drawn[np.concatenate(places)]
    data = data.model_copy(
        update={"length": oracle.length, "symbols": oracle.symbols, "ends": False, "vocabulary": ""}
    )
    sequences = Sequences(rows.reshape(-1), np.arange(len(rows) + 1) * oracle.length)
    train, valid = map(len, places)
    distinct = len(np.unique(rows[:train], axis=0))
    return Prepared(
        data,
        sequences,
        None,
        Findings(texts=len(drawn), examples=(train, valid), distinct=distinct),
    )


def _findings(found: Found, gathered: Gathered, data: TextData) -> Findings:
    names, reasons = found.names, gathered.reasons
    return Findings(
        files=len(names) - len(reasons),
        broken=[(names[number], why) for number, why in sorted(reasons.items())],
        lines=gathered.lines,
        table=gathered.table,
        ignored=dict(found.ignored.most_common()),
        python=platform.python_version() if data.source == "docstrings" else "",
        plain_text=gathered.plain,
        unit="paragraph" if gathered.paragraphs else "line",
        texts=len(gathered.texts),
        blank=gathered.blank,
        invalid=gathered.broken,
    )


def _labelled(gathered: Gathered, data: TextData, findings: Findings) -> Sequence[int]:
    """Return the places of texts that have a label that is wanted; all, if none is asked for.

    Raises:
        UserError: ``data.label_names`` does not suit.
    """
    everything = range(len(gathered.texts))
    if data.labels == "none":
        if data.label_names:
            raise UserError(
                "data.label_names: there are names, but data.labels is 'none'; say where the "
                "labels come from, or leave the names out"
            )
        return everything
    names = set(chosen_names(data.label_names, gathered.labels, "text"))
    rows = [row for row in everything if gathered.labels[row] in names]
    findings.unlabelled = len(everything) - len(rows)
    return rows


def _split(
    texts: Sequence[str], labels: Sequence[str | None], data: TextData, findings: Findings
) -> tuple[Places, Places]:
    """Return the places of texts to train on and of those held out, each in random order."""
    digests = digests_of(texts)
    groups = equal(digests)
    different = len(set(texts))
    findings.equal = len(texts) - different
    findings.alike = different - len(np.unique(groups))
    parts = split(groups, labels, digests, data.held_out, data.split_seed, noun="text")
    # Sources are often sorted, and shares of them must be alike.
    rng = np.random.default_rng(data.split_seed)
    train, valid = (rng.permutation(part) for part in parts)
    return train, valid


def _finished(
    encoded: Encoded, texts: Sequence[str], labels: Sequence[str | None], findings: Findings
) -> Prepared:
    data, examples = encoded.data, encoded.examples
    findings.long, findings.unknown = encoded.long, encoded.unknown
    findings.without_words, findings.unspaced = encoded.without_words, encoded.unspaced
    findings.pieces, findings.lengths = encoded.pieces, Lengths.of(encoded.lengths)
    numbers: Places | None = None
    if data.labels != "none":
        used = [labels[place] for place in examples.places.tolist()]
        trained = [label for label, here in zip(used, examples.training, strict=True) if here]
        names = data.label_names or label_names(trained)
        numbers = label_numbers(used, names)
        findings.untrained = int((numbers < 0).sum())
        examples, numbers = examples.only(numbers >= 0), numbers[numbers >= 0]
        counts = Counter(trained)
        findings.labels = {name: counts[name] for name in names}
        data = data.model_copy(update={"label_names": names})
    _check_amount(examples.training, findings, data)
    train = int(examples.training.sum())
    kept = [texts[place] for place in examples.places.tolist()]
    data = data.model_copy(update={"unit": findings.unit})
    findings.examples, findings.distinct = (train, len(kept) - train), len(set(kept[:train]))
    if data.tokenizer.kind == "folder":
        findings.changed = _changed(examples.sequences, kept, data)
    return Prepared(data, examples.sequences, numbers, findings)


def _check_amount(training: NDArray[np.bool_], findings: Findings, data: TextData) -> None:
    if training.all():
        raise UserError(
            f"data.source: no held-out text is left: {findings.long[1]} have more than "
            f"{data.tokens} tokens and {findings.unknown[1]} have words that the training texts "
            "do not have. Give more texts, raise data.held_out, or choose data.tokenizer.kind: bpe"
        )


def _changed(sequences: Sequences, texts: Sequence[str], data: TextData) -> int:
    """Count the texts that do not come back from the tokenizer as they were."""
    if data.long == "cut" or data.unknown == "mark":
        return 0
    codec = Codec.of(data)
    parts = np.split(sequences.symbols, sequences.starts[1:-1])
    return sum(codec.decode(part.tolist()) != text for part, text in zip(parts, texts, strict=True))
