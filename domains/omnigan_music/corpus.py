"""From the data section of a recipe to training and held-out pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

from omnigan.datasets.labels import counted
from omnigan.datasets.sentences import tally
from omnigan.domain import Notify, Split, silent
from omnigan.errors import UserError
from omnigan.wording import numbered
from omnigan_music.config import MusicData
from omnigan_music.duplicates import related
from omnigan_music.grid import Grid, Voice
from omnigan_music.ingest import ingest
from omnigan_music.labels import labels_of
from omnigan_music.phrases import Phrases, windows
from omnigan_music.pieces import Piece, quantise
from omnigan_music.raw import RawPiece
from omnigan_music.report import OTHER_METER, Findings
from omnigan_music.settings import commonest_meter, resolve
from omnigan_music.splits import split_by_piece, split_by_time
from omnigan_music.tracks import untaken

__all__ = ["Corpus", "load_corpus"]


@dataclass(frozen=True)
class Corpus:
    """Pieces on the grid, split into two.

    Attributes:
        data: The config with nothing left open.
        grid: The grid of every piece.
        train: Pieces to train on.
        valid: Held-out pieces.
        findings: What was found and done on the way.
    """

    data: MusicData
    grid: Grid
    train: tuple[Piece, ...]
    valid: tuple[Piece, ...]
    findings: Findings

    def source(self, split: Split) -> Phrases:
        """Return the phrases of a split.

        Held-out ones are transposed like those for training, so that what was learned from
        transposed phrases is compared with its like.

        Raises:
            UserError: There is none.
        """
        is_train = split == "train"
        phrases = Phrases(
            self.train if is_train else self.valid,
            self.grid,
            self.data.hop,
            self.data.transpose,
            self.data.label_names or (),
        )
        if not len(phrases):
            kind = "training" if is_train else "held-out"
            raise UserError(
                f"data: the {kind} part of the music has no phrase of {self.grid.bars} bars. "
                "Lower data.bars, or give more music"
            )
        return phrases

    def label_counts(self) -> list[int]:
        """Return how many phrases to train on each label has; empty where there are no labels."""
        names = self.data.label_names or ()
        return counted(self.source("train").labels, names) if names else []

    def report(self) -> dict[str, Any]:
        """Return facts about the data as JSON values."""
        labels = self._labels()
        return {
            "summary": self._summary(),
            "preprocessing": self._preprocessing(),
            "source": self.data.source,
            "meter": self.data.meter,
            "steps per beat": self.grid.steps_per_beat,
            "bars per phrase": self.grid.bars,
            "tempo": self.grid.tempo,
            "tracks": [asdict(voice) for voice in self.grid.voices],
            "pieces": {"train": len(self.train), "valid": len(self.valid)},
            "phrases": {split: len(self.source(split)) for split in get_args(Split)},
            "labels": labels,
            **self.findings.plain(),
        }

    def _preprocessing(self) -> str:
        """Return how files became examples: scores of other phrases are other scores."""
        grid, data = self.grid, self.data
        voices = ", ".join(f"{voice.name} {voice.low} to {voice.high}" for voice in grid.voices)
        moved = f", transposed by up to {numbered(data.transpose, 'semitone')}"
        return (
            f"{numbered(grid.steps_per_beat, 'step')} a beat of {data.meter}, phrases of "
            f"{numbered(grid.bars, 'bar')}, {numbered(data.hop, 'bar')} apart"
            f"{moved if data.transpose else ''}, pitches of tracks: {voices}"
        )

    def _labels(self) -> dict[str, int]:
        labels = (piece.label for piece in self.train + self.valid)
        return dict(sorted(Counter(label for label in labels if label is not None).items()))

    def _summary(self) -> list[str]:
        """Return what a person should know before training, one plain sentence each."""
        grid = self.grid
        counts = self.findings.counts
        voices = "; ".join(
            f"{voice.name} ({_kind(voice)}, pitches {voice.low} to {voice.high})"
            for voice in grid.voices
        )
        train, valid = (
            f"{len(phrases)} from {numbered(len(pieces), 'piece')}"
            for phrases, pieces in (
                (self.source("train"), self.train),
                (self.source("valid"), self.valid),
            )
        )
        labels = tally("Pieces by label", self._labels())
        return [
            f"Music: {numbered(self.findings.read, 'piece')}, {counts['notes']} notes in "
            f"{counts['bars']} bars of {self.data.meter}.",
            *self.findings.left_out(self.data.meter, grid.bars),
            f"Grid: {numbered(grid.steps_per_beat, 'step')} a beat, {grid.tempo:g} quarter notes "
            "a minute.",
            f"Tracks: {voices}.",
            *self.findings.unheard(),
            f"Phrases of {numbered(grid.bars, 'bar')}: {train} to train on, {valid} held out.",
            *([labels] if labels else []),
            *self.findings.sentences(),
        ]


def _kind(voice: Voice) -> str:
    if voice.drums:
        return "drums"
    return "one note at a time" if voice.monophonic else "chords"


def load_corpus(data: MusicData, notify: Notify = silent) -> tuple[MusicData, Corpus]:
    """Read, fill in settings, put on the grid, remove duplicates and split.

    Returns:
        The config with everything filled in that was left to the data, and the corpus.

    Raises:
        UserError: The source or a setting does not give a corpus; the message says why.
    """
    ingested = ingest(data.source, data.max_file_mb, notify)
    named = data.label_names is not None
    told: list[str] = []
    labels = labels_of(data, ingested.pieces, told)
    data = resolve(data, ingested.pieces, labels)
    grid = Grid.of(data)
    findings = Findings(
        read=len(ingested.pieces), broken=ingested.broken, skipped=ingested.skipped, table=told
    )
    pieces = _usable(data, grid, ingested.pieces, labels, findings)
    relation = related(pieces, grid.voices)
    findings.duplicates = tuple(
        (pieces[copy].name, pieces[original].name) for copy, original in relation.duplicates
    )
    groups = [[pieces[number] for number in group] for group in relation.groups]
    findings.variants = sum(len(group) for group in groups if len(group) > 1)
    if not named:
        data, findings.unused_labels = _of_used_labels(data, groups)
    if len(groups) > 1:
        findings.split = "piece"
        train, valid = split_by_piece(groups, data.held_out, data.split_seed)
    else:
        findings.split = "time"
        train, valid = split_by_time(groups[0], data.held_out, grid)
    return data, Corpus(data, grid, tuple(train), tuple(valid), findings)


def _of_used_labels(
    data: MusicData, groups: Iterable[Iterable[Piece]]
) -> tuple[MusicData, tuple[str, ...]]:
    """Return the config with the labels that pieces have, and the labels that lost all theirs."""
    used = {piece.label for group in groups for piece in group}
    names = data.label_names or ()
    kept = tuple(name for name in names if name in used)
    return data.model_copy(update={"label_names": kept}), tuple(n for n in names if n not in used)


def _usable(
    data: MusicData,
    grid: Grid,
    raw: Sequence[RawPiece],
    labels: Sequence[str | None],
    findings: Findings,
) -> list[Piece]:
    """Return the pieces on the grid that have a label, if labels are in use, and a phrase."""
    pieces, without_phrase = [], []
    counts = findings.counts
    assert not isinstance(data.tracks, str)  # resolved
    for item, label in zip(raw, labels, strict=True):
        counts.update(item.counts)
        if data.labels != "none" and label not in (data.label_names or ()):
            counts["pieces without a label"] += 1
            continue
        piece, done = quantise(item, data.tracks, grid, label)
        counts.update(done)
        if windows(piece, grid, data.hop):
            findings.untaken.update(untaken(data.tracks, item))
            pieces.append(piece)
        else:
            without_phrase.append((item.name, _own_meter(item)))
    counts["pieces without a phrase"] = len(without_phrase)
    findings.without_phrase = tuple(without_phrase)
    if not pieces:
        found = commonest_meter(raw)
        hint = "" if found == data.meter else f" The commonest meter is {found}."
        raise UserError(
            f"data: no piece has {grid.bars} bars of {data.meter} in a row with notes in at least "
            f"half of them.{hint} Change data.meter, data.bars or data.tracks"
        )
    return pieces


def _own_meter(piece: RawPiece) -> str:
    try:
        return commonest_meter([piece])
    except UserError:
        return OTHER_METER
