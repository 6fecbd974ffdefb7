"""From the data section of a recipe to training and held-out sounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from omnigan.datasets.files import check_readable
from omnigan.datasets.labels import counted
from omnigan.domain import Notify, Split, silent
from omnigan.errors import UserError
from omnigan_audio.data.clips import Clips, Parts, Reading
from omnigan_audio.data.facts import Facts
from omnigan_audio.data.labels import labels_of
from omnigan_audio.data.loudness import gains, level
from omnigan_audio.data.minutes import ADVICE, are_recordings
from omnigan_audio.data.pitches import pitches_of
from omnigan_audio.data.report import Findings
from omnigan_audio.data.samples import FULL, Places
from omnigan_audio.data.selection import distinct, labelled, loud, occurring, pitched
from omnigan_audio.data.sources import find
from omnigan_audio.data.store import Stored, stored_sounds
from omnigan_audio.data.stretches import Stretches, split_clips, split_recordings
from omnigan_audio.data_config import AudioData

__all__ = ["Audio", "load_audio"]


@dataclass(frozen=True)
class Audio:
    """The sounds of a source, split into two.

    Attributes:
        data: The config with nothing left open.
        stored: All sounds.
        train: Parts of them to train on, in random order.
        valid: Parts held out, in random order.
        labels: Label number of every sound, -1 for those not used; None if unconditional.
        pitches: MIDI pitch of every sound, -1 for those not used; None if not asked for.
        findings: What loading them met.
    """

    data: AudioData
    stored: Stored
    train: Stretches
    valid: Stretches
    labels: Places | None
    pitches: Places | None
    findings: Findings

    def source(self, split: Split) -> Clips:
        """Return the training or the held-out examples.

        Held-out ones are varied like those for training, so that what was learned from varied
        sounds is compared with its like.
        """
        parts = self.train if split == "train" else self.valid
        facts, data = self.stored.facts, self.data
        named = {"label": self.labels, "pitch": self.pitches}
        reading = Reading(
            data.samples, data.cut == "random", level(data.silence), data.gain, data.polarity
        )
        stretches = Parts(
            torch.from_numpy(parts.first),
            torch.from_numpy(parts.span),
            torch.from_numpy(facts.scale[parts.sound] / FULL),
            torch.from_numpy(gains(facts.peak[parts.sound], facts.rms[parts.sound], data.loudness)),
            {
                name: torch.from_numpy(values[parts.sound])
                for name, values in named.items()
                if values is not None
            },
        )
        return Clips(self.stored.samples, self.stored.file, stretches, reading)

    def label_counts(self) -> list[int]:
        """Return how many examples to train on each label has; empty where there are no labels."""
        if self.labels is None:
            return []
        clips = self.source("train")
        return counted(clips.parts.cond["label"][clips.owner].numpy(), self.data.label_names or ())

    def report(self) -> dict[str, Any]:
        """Return facts about the data as JSON values; ``summary`` is a list of sentences."""
        examples = {"train": len(self.source("train")), "valid": len(self.source("valid"))}
        return self.findings.plain(self.data, examples)


def load_audio(data: AudioData, notify: Notify = silent) -> tuple[AudioData, Audio]:
    """Read, resample, cut, label and split the sounds of a source.

    Args:
        data: The data section of a recipe.
        notify: Told how many sounds have been read, if they are not in the cache.

    Returns:
        The config with everything filled in that was left to the data, and the sounds.

    Raises:
        UserError: The source or a setting does not give sounds; the message says why.
    """
    found = find(data)
    told: list[str] = []
    texts = labels_of(data, found, told)
    pitches = pitches_of(data, found)
    stored = stored_sounds(found, data, notify)
    facts = stored.facts
    check_readable(facts.names, facts.reasons, data.source, "sound")
    findings = Findings(facts, found.ignored, in_memory=stored.file is None, table=told)
    rows = loud(data, facts, findings)
    if found.notes:
        rows = distinct(data, facts, rows, findings)
        findings.copies += len(found.notes) - len(facts.names)
        places = {name: number for number, name in enumerate(found.names)}
        order = [places[name] for name in facts.names]
        texts = [texts[place] for place in order]
        pitches = pitches if pitches is None else pitches[order]
    if pitches is not None:
        rows = pitched(rows, pitches, findings)
    data, labels, rows = labelled(data, rows, texts, findings)
    findings.used = rows
    heard = None if pitches is None else occurring(data, rows, labels, pitches)
    data = data.model_copy(update={"length": data.samples, "pitches": heard})
    train, valid = _split(data, facts, rows, labels, findings)
    return data, Audio(data, stored, train, valid, labels, pitches, findings)


def _split(
    data: AudioData, facts: Facts, rows: Places, labels: Places | None, findings: Findings
) -> tuple[Stretches, Stretches]:
    strata = [0] * len(rows) if labels is None else labels[rows].tolist()
    if data.cut == "random":
        train, valid = split_recordings(facts, rows, strata, data)
    else:
        train, valid = _split_clips(facts, rows, strata, data)
    groups, contents = (
        len(np.unique(each[rows], axis=0)) for each in (facts.groups, facts.digests)
    )
    findings.equal, findings.alike = len(rows) - contents, contents - groups
    findings.sounds = {
        name: len(np.unique(parts.sound)) for name, parts in (("train", train), ("valid", valid))
    }
    if labels is not None:
        numbers = Counter(labels[rows].tolist())
        findings.labels = Counter(
            {name: numbers[place] for place, name in enumerate(data.label_names or ())}
        )
    return train, valid


def _split_clips(
    facts: Facts, rows: Places, strata: Sequence[Hashable], data: AudioData
) -> tuple[Stretches, Stretches]:
    try:
        return split_clips(facts, rows, strata, data)
    except UserError as error:
        if not are_recordings(facts, rows, data):
            raise
        raise UserError(f"{error}, or parts of a long one: {ADVICE}") from error
