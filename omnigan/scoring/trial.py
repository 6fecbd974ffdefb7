"""What the logits of a critic are worth: probabilities, and how well they hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from omnigan.domain import Batch, Notify, silent
from omnigan.errors import UserError
from omnigan.evaluation.classes import in_turn
from omnigan.evaluation.material import usual_samples
from omnigan.evaluation.real import read
from omnigan.evaluation.two_sample import LEAST, wilson
from omnigan.sampling import Trained
from omnigan.scoring.calibration import (
    Bin,
    Calibration,
    bins_of,
    calibration_error,
    expected_error,
    fitted,
    log_loss,
)
from omnigan.scoring.critic import Critic
from omnigan.scoring.ranking import Numbers, auc, auc_interval

__all__ = ["Interval", "Trial", "trial_of", "trial_with"]

MOST = 500
"""Examples of each kind unless somebody says it: intervals of an AUC of 1/2 reach 0.05 then."""


@dataclass(frozen=True)
class Interval:
    """A measure with its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Trial:
    """A critic's logits of examples of which it is known what they are.

    The first half of the held-out and of the generated ones is what the calibration is fitted to;
    everything else is measured on the second.

    Attributes:
        calibration: From logits to probabilities of being real.
        accuracy: Share told right, generated or real, by a probability above 1/2.
        auc: Share of pairs in which the real example has the larger logit.
        train_auc: Share of pairs of a training and a held-out example in which the former has it:
            above 1/2 where the critic knows its training examples by heart.
        calibration_error: Mean difference of probability and share, over ten bins.
        expected_error: What that would be by chance if the probabilities were exactly right.
        log_loss: In nats; log 2 of who knows nothing.
        bins: What the reliability picture shows.
        logits: All of them, by kind: ``train``, ``held_out`` and ``generated``.
        tested: Examples of each kind that the measures are of.
    """

    calibration: Calibration
    accuracy: Interval
    auc: Interval
    train_auc: Interval
    calibration_error: float
    expected_error: float
    log_loss: float
    bins: tuple[Bin, ...]
    logits: dict[str, Numbers]
    tested: int

    @property
    def knows_nothing(self) -> bool:
        """Whether 1/2 is among the values that the area may have, or above them all."""
        return self.auc.low <= 0.5

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "calibration": self.calibration.name,
            "tested": self.tested,
            **{name: asdict(getattr(self, name)) for name in ("accuracy", "auc", "train_auc")},
            "calibration_error": self.calibration_error,
            "expected_error": self.expected_error,
            "log_loss": self.log_loss,
            "bins": [asdict(each) for each in self.bins],
            "mean_logits": {name: float(value.mean()) for name, value in self.logits.items()},
        }

    def sentences(self) -> list[str]:
        """Return what was found, and what follows from it, for a person."""
        means = {name: float(value.mean()) for name, value in self.logits.items()}
        found = [
            f"On {self.tested} held-out real and {self.tested} generated examples that it was not "
            f"calibrated on: accuracy {_said(self.accuracy)}, AUC {_said(self.auc)}, calibration "
            f"error {self.calibration_error:.3f} ({self.expected_error:.3f} would be chance), log "
            f"loss {self.log_loss:.3f} (0.693 knows nothing); {self.calibration.name} calibration.",
            f"Mean logits: training examples {means['train']:.3f}, held-out ones "
            f"{means['held_out']:.3f}, generated ones {means['generated']:.3f}. A training example "
            f"is ranked above a held-out one in {_said(self.train_auc)} of pairs; 0.5 would be no "
            "overfitting.",
        ]
        if self.auc.high < 0.5:
            found.append(
                "The critic ranks generated examples above held-out ones: it has overfitted, and "
                "its ranking of other files carries no information."
            )
        elif self.knows_nothing:
            found.append(
                "The interval of the AUC contains 0.5: this critic cannot be shown to tell "
                "generated from held-out examples, so its ranking carries no information."
            )
        return found


def _said(measure: Interval) -> str:
    return f"{measure.value:.3f} ({measure.low:.3f} to {measure.high:.3f})"


def trial_with(train: Numbers, held_out: Numbers, generated: Numbers, seed: int) -> Trial:
    """Calibrate logits on the first halves, and measure on the second.

    Both are cut in the order they come in, and a twentieth between the halves is unused:
    neighbouring examples of one piece or file may overlap.

    Args:
        train: Logits of training examples.
        held_out: Of held-out ones.
        generated: Of as many generated ones.
        seed: Of what errors are expected by chance.
    """
    n = len(held_out)
    half, gap = n // 2, max(1, n // 20)
    calibration = fitted(held_out[: half - gap], generated[: half - gap])
    real, others = held_out[half:], generated[half:]
    p_real, p_others = calibration(real), calibration(others)
    right = int((p_real > 0.5).sum() + (p_others <= 0.5).sum())
    bins = bins_of(p_real, p_others)
    return Trial(
        calibration=calibration,
        accuracy=Interval(right / (2 * len(real)), *wilson(right, 2 * len(real))),
        auc=_area(real, others),
        train_auc=_area(train, held_out),
        calibration_error=calibration_error(bins),
        expected_error=expected_error(np.concatenate([p_real, p_others]), seed),
        log_loss=log_loss(p_real, p_others),
        bins=tuple(bins),
        logits={"train": train, "held_out": held_out, "generated": generated},
        tested=len(real),
    )


def _area(real: Numbers, others: Numbers) -> Interval:
    area = auc(real, others)
    return Interval(area, *auc_interval(area, len(real), len(others)))


def trial_of(
    critic: Critic,
    trained: Trained,
    samples: int | None = None,
    seed: int = 0,
    *,
    label: str | None = None,
    notify: Notify = silent,
) -> Trial:
    """Let a critic judge training, held-out and freshly generated examples.

    Args:
        critic: The discriminator of a run.
        trained: Its generator.
        samples: Most examples of each kind; None: `MOST`, or as many as fill 512 MiB.
        seed: Of every draw.
        label: Whether the files that will be scored have a known label: then each example is
            judged under its own conditions, else under those of whatever label suits it best.
        notify: Told about progress.

    Raises:
        UserError: There are too few examples, or the data are not there.
    """
    domain = critic.domain
    most = min(MOST, usual_samples(domain)) if samples is None else samples
    notify("calibrating", 0, 3)
    held_out = in_turn(domain, read(domain, "valid", most, seed)).batch
    n = len(held_out)
    if n < LEAST:
        raise UserError(f"a calibration needs {LEAST} held-out examples, and there are {n}.")
    found = {}
    batches = {
        "train": read(domain, "train", n, seed).batch,
        "held_out": held_out,
        "generated": _generated(trained, held_out, seed),
    }
    for done, (name, batch) in enumerate(batches.items()):
        notify("calibrating", done, 3)
        logits = critic.best(batch.x) if label is None else critic.logits(batch)
        found[name] = logits.numpy()
    notify("calibrating", 3, 3)
    return trial_with(**found, seed=seed)


def _generated(trained: Trained, held_out: Batch, seed: int) -> Batch:
    """Return as many samples as held-out examples.

    They are made for the same conditions, so that these do not tell real from generated.
    """
    if held_out.cond:
        return trained.generate_for(held_out.cond, seed)
    return trained.generate(len(held_out), seed)
