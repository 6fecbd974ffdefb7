"""A user's own files, ranked by a critic: as a table, as JSON, as pictures."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from omnigan import __version__
from omnigan.errors import UserError
from omnigan.scoring.pictures import draw_logits, draw_reliability
from omnigan.scoring.trial import Trial

__all__ = ["FileScore", "LineScore", "Scores", "Unread"]

MEANING = (
    "Probability: that an example with this logit is real, if held-out examples and samples of "
    "this generator were mixed in equal parts. It says nothing about other generators."
)


@dataclass(frozen=True)
class LineScore:
    """What the critic makes of one text in a file."""

    text: str
    logit: float
    probability: float | None


@dataclass(frozen=True)
class FileScore:
    """What the critic makes of a file.

    Attributes:
        file: As it was named.
        logit: The mean over its parts; larger is more like real data.
        probability: Of the mean logit; None without calibration.
        parts: Logits of the examples in it, in their order: phrases, lines, stretches of sound.
        examples: How many there are; of very many, only some that are spread evenly are judged.
        lines: The texts among ``parts``, in their order; empty where examples are no texts.
        left_out: How much of the file is no example and why; ``""``: nothing.
    """

    file: str
    logit: float
    probability: float | None
    parts: tuple[float, ...]
    examples: int
    lines: tuple[LineScore, ...] = ()
    left_out: str = ""


@dataclass(frozen=True)
class Unread:
    """A file that could not be scored, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Scores:
    """The ranking.

    Attributes:
        files: Largest logit first.
        unread: Files that could not be read.
        step: Training steps behind the critic.
        label: What the files were judged as; None: each example as whatever label suits it best.
        trial: What the logits are worth, or None.
        why_no_trial: Why there are no probabilities, or ``""``.
        seed: Of every draw.
    """

    files: tuple[FileScore, ...]
    unread: tuple[Unread, ...]
    step: int
    label: str | None
    trial: Trial | None
    why_no_trial: str
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "files": [
                {
                    "file": each.file,
                    "logit": each.logit,
                    "probability": each.probability,
                    "examples": each.examples,
                    "parts": list(each.parts),
                    "lines": [asdict(line) for line in each.lines],
                    "left_out": each.left_out or None,
                }
                for each in self.files
            ],
            "unreadable": [{"file": each.file, "reason": each.reason} for each in self.unread],
            "step": self.step,
            "label": self.label,
            "seed": self.seed,
            "meaning": MEANING,
            "trial": self.trial.to_json() if self.trial else None,
            "why_no_trial": self.why_no_trial or None,
            "version": __version__,
        }

    def table(self) -> str:
        """Return text: what the numbers are worth, then aligned lines."""
        lines = [("logit", "probability", "parts", "file")]
        for each in self.files:
            chance = "-" if each.probability is None else f"{each.probability:.3f}"
            parts = str(len(each.parts))
            if len(each.parts) < each.examples:
                parts += f" of {each.examples}"
            lines.append((f"{each.logit:.4f}", chance, parts, each.file))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rows = [
            f"{logit:>{widths[0]}}  {chance:>{widths[1]}}  {parts:>{widths[2]}}  {file}"
            for logit, chance, parts, file in lines
        ]
        unread = [f"not read: {each.file}: {each.reason}" for each in self.unread]
        left_out = [f"{each.file}: {each.left_out}" for each in self.files if each.left_out]
        return "\n".join([*self._header(), "", *rows, *left_out, *unread])

    def _header(self) -> list[str]:
        opening = f"The critic of step {self.step:,}. Larger logits are more like real data."
        if self.trial is None:
            return [f"{opening} There are no probabilities: {self.why_no_trial}"]
        return [opening, MEANING, *self.trial.sentences()]

    def write(self, folder: Path) -> list[Path]:
        """Write ``scores.json``, and with a calibration ``reliability.png`` and ``logits.png``.

        Where files hold texts, ``lines.csv`` has each of them, the largest logit first.

        Raises:
            UserError: The folder cannot be written.
        """
        path = folder / "scores.json"
        pictures = folder / "reliability.png", folder / "logits.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
            written = [path, *self._write_lines(folder / "lines.csv")]
            if self.trial is None:
                return written
            draw_reliability(self.trial, pictures[0])
            draw_logits(self._marked(), self.trial, pictures[1])
        except OSError as error:
            raise UserError(f"{folder} cannot be written: {error.strerror}") from error
        return [*written, *pictures]

    def _write_lines(self, path: Path) -> list[Path]:
        """Write the texts of all files with their scores, if there are any."""
        lines = [(line, each.file) for each in self.files for line in each.lines]
        if not lines:
            return []
        lines.sort(key=lambda pair: -pair[0].logit)
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("logit", "probability", "file", "text"))
            rows.writerows((one.logit, one.probability, where, one.text) for one, where in lines)
        return [path]

    def _marked(self) -> Sequence[float]:
        return [each.logit for each in self.files]
