"""Ranking files by a critic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from omnigan.arguments import Label
from omnigan.domain import Notify, silent
from omnigan.errors import UserError, UserErrors
from omnigan.evaluation.thinning import evenly
from omnigan.reading import files_of, read_examples
from omnigan.sampling import Trained
from omnigan.scoring.critic import Critic
from omnigan.scoring.scores import FileScore, LineScore, Scores, Unread
from omnigan.scoring.trial import Trial, trial_of

__all__ = ["ranked"]

MOST_PARTS = 256
"""Examples of one file that are judged."""


@dataclass(frozen=True)
class _Judged:
    """What the critic makes of a file: logits of some examples, and the texts of these."""

    logits: Sequence[float]
    texts: Sequence[str]
    examples: int
    left_out: str


def ranked(
    critic: Critic,
    trained: Trained,
    files: Sequence[Path],
    *,
    label: Label | None = None,
    samples: int | None = None,
    seed: int = 0,
    notify: Notify = silent,
) -> Scores:
    """Score files and rank them.

    Args:
        critic: The discriminator of a run.
        trained: Its generator, for the calibration.
        files: Each is read on its own, also each in a folder; what else is scored does not change
            its score.
        label: What they are; None: each example is judged as whatever label suits it best.
        samples: Most examples of each kind in the calibration; None: 500, or as many as fill
            512 MiB.
        seed: Of the calibration.
        notify: Told about progress.

    Raises:
        UserError: There is no such label, or none of the files can be read.
    """
    if not files:
        raise UserError("There are no files to score.")
    known = None if label is None else trained.choose_labels(1, seed, label)[0]
    parts, unread = _read(critic, files, known, notify)
    trial, why_not = None, ""
    try:
        trial = trial_of(critic, trained, samples, seed, label=known, notify=notify)
    except UserError as error:  # the data of a run may be elsewhere
        why_not = str(error)
    found = [_score(file, judged, trial) for file, judged in parts.items()]
    found.sort(key=lambda each: (-each.logit, each.file))
    return Scores(tuple(found), tuple(unread), critic.step, known, trial, why_not, seed)


def _read(
    critic: Critic, files: Sequence[Path], label: str | None, notify: Notify
) -> tuple[dict[str, _Judged], list[Unread]]:
    """Return what the critic makes of each file, and files without examples.

    Raises:
        UserError: There is no other kind.
    """
    parts: dict[str, _Judged] = {}
    unread = []
    named: list[Path] = []
    for path in files:
        try:
            named += files_of(critic.domain, path)
        except UserError as error:
            unread.append(Unread(str(path), _reason(error, path)))
    named = list(dict.fromkeys(named))  # a folder and a file in it
    for done, file in enumerate(named):
        notify("reading files", done, len(named))
        try:
            parts[str(file)] = _judged(critic, file, label)
        except UserError as error:
            unread.append(Unread(str(file), _reason(error, file)))
    notify("reading files", len(named), len(named))
    if not parts:
        raise UserErrors(f"{each.file}: {each.reason}" for each in unread)
    return parts, unread


def _judged(critic: Critic, file: Path, label: str | None) -> _Judged:
    """Return what the critic makes of a file.

    Raises:
        UserError: It cannot be read.
    """
    found = read_examples(critic.domain, file)
    count = len(found.x)
    places = evenly(count, min(count, MOST_PARTS))
    logits = critic.best(found.x[places], label).tolist()
    texts = [found.texts[place] for place in places.tolist()] if found.texts else []
    return _Judged(logits, texts, count, found.left_out)


def _reason(error: UserError, file: Path) -> str:
    return str(error).replace(f"{file}, ", "").replace(f"{file}: ", "")


def _score(file: str, judged: _Judged, trial: Trial | None) -> FileScore:
    mean = sum(judged.logits) / len(judged.logits)
    probability, chances = None, None
    if trial is not None:
        probability = float(trial.calibration(np.array([mean]))[0])
        chances = trial.calibration(np.array(judged.logits)).tolist()
    lines = tuple(
        LineScore(text, judged.logits[place], None if chances is None else chances[place])
        for place, text in enumerate(judged.texts)
    )
    return FileScore(
        file, mean, probability, tuple(judged.logits), judged.examples, lines, judged.left_out
    )
