"""Which sounds of a source are used: those that are heard, labelled and unlike each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from omnigan.datasets.labels import chosen_names, label_numbers
from omnigan.errors import UserError
from omnigan_audio.data.facts import Facts
from omnigan_audio.data.loudness import decibels, level
from omnigan_audio.data.report import Findings
from omnigan_audio.data.samples import Places
from omnigan_audio.data_config import AudioData

__all__ = ["distinct", "labelled", "loud", "occurring", "pitched"]


def loud(data: AudioData, facts: Facts, findings: Findings) -> Places:
    """Return the numbers of sounds that are not silent.

    Raises:
        UserError: There is none.
    """
    rows = facts.rows()
    heard = (facts.rms if data.cut == "random" else facts.peak)[rows]
    is_loud = (heard >= level(data.silence)) & (heard > 0)
    findings.silent = [facts.names[row] for row in rows[~is_loud].tolist()]
    if not is_loud.any():
        raise UserError(
            f"data.silence: every sound in '{data.source}' is silent; the loudest has "
            f"{decibels(float(heard.max()))}, and below {data.silence:g} dB of full scale they "
            "are left out. Check the files, or lower data.silence"
        )
    return rows[is_loud]


def distinct(data: AudioData, facts: Facts, rows: Places, findings: Findings) -> Places:
    """Return the first of sounds that are alike, at the level that the examples have."""
    levels = np.zeros(len(rows))
    if data.loudness == "none":
        levels = np.round(2 * 20 * np.log10(facts.peak[rows]))
    keys = np.stack([facts.groups[rows], levels.astype(np.int64)], axis=1)
    _, firsts = np.unique(keys, axis=0, return_index=True)
    findings.copies = len(rows) - len(firsts)
    return rows[np.sort(firsts)]


def labelled(
    data: AudioData, rows: Places, texts: Sequence[str | None], findings: Findings
) -> tuple[AudioData, Places | None, Places]:
    """Return the config with ``label_names``, label numbers ``[N]``, and what has a label.

    Raises:
        UserError: ``data.label_names`` does not suit.
    """
    if data.labels == "none":
        if data.label_names:
            raise UserError(
                "data.label_names: there are names, but data.labels is 'none'; say where the "
                "labels come from, or leave the names out"
            )
        return data, None, rows
    names = chosen_names(data.label_names, [texts[row] for row in rows.tolist()], "sound")
    numbers = label_numbers(texts, names)
    used = rows[numbers[rows] >= 0]
    findings.unlabelled = len(rows) - len(used)
    return data.model_copy(update={"label_names": names}), numbers, used


def pitched(rows: Places, pitches: Places, findings: Findings) -> Places:
    """Return what has a pitch.

    Raises:
        UserError: No sound that is left has one.
    """
    used = rows[pitches[rows] >= 0]
    findings.without_pitch = len(rows) - len(used)
    findings.pitches = Counter(pitches[used].tolist())
    if not len(used):
        raise UserError(
            "data.pitch: no sound that is left has a pitch; write data.pitch: none, or choose "
            "others"
        )
    return used


def occurring(
    data: AudioData, rows: Places, labels: Places | None, pitches: Places
) -> tuple[tuple[int, ...], ...]:
    """Return the pitches that occur with each label, or one list where there are no labels."""
    parts = [rows]
    if labels is not None:
        names = data.label_names or ()
        parts = [rows[labels[rows] == number] for number in range(len(names))]
    return tuple(tuple(np.unique(pitches[part]).tolist()) for part in parts)
