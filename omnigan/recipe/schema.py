"""The engine's recipe sections: their names, types and defaults.

``data``, ``generator`` and ``discriminator`` belong to the domain and are validated with its own
:class:`omnigan.domain.DomainConfig`; everything else is here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from omnigan.numerals import LARGEST_SEED
from omnigan.recipe.quantities import (
    Adaptive,
    Beta,
    Duration,
    Number,
    Ramp,
    Steps,
    Strength,
    Weight,
)
from omnigan.section import Section

__all__ = [
    "Adaptive",
    "CompileMode",
    "Duration",
    "Ema",
    "Log",
    "LossName",
    "Number",
    "Penalty",
    "PenaltyName",
    "Ramp",
    "Recipe",
    "Stopping",
    "Train",
    "Warmup",
]

LossName = Literal[
    "relativistic", "non-saturating", "minimax", "hinge", "least-squares", "wasserstein"
]
CompileMode = Literal["none", "default", "reduce-overhead", "max-autotune"]
PenaltyName = Literal["r1", "r2", "gradient-penalty", "finite-difference-r1"]


class Penalty(Section):
    """A gradient penalty on the discriminator.

    Attributes:
        weight: Factor of the penalty. For ``r1`` and ``r2`` the term is
            ``weight / 2 * E[|grad|^2]``, for ``gradient-penalty`` ``weight * E[(|grad| - 1)^2]``.
        interval: Compute it every so many discriminator steps, multiplied by as many, so that its
            mean effect does not depend on the interval (lazy regularisation, Karras et al. 2020).
        sigma: Step of ``finite-difference-r1``, in units of the data; ignored by the others.
    """

    weight: Weight = 1.0
    interval: int = Field(default=1, ge=1)
    sigma: float = Field(default=0.01, gt=0)


class Ema(Section):
    """The moving average of the generator's weights that samples and exports use.

    Attributes:
        half_life: Duration after which a weight counts half; None follows the run's length (2 %).
        ramp: Early on the half-life is at most this share of the examples seen; None: no ramp.
    """

    half_life: Steps | None = None
    ramp: float | None = Field(default=0.05, gt=0)


class Warmup(Section):
    """Likelihood steps before the adversarial ones.

    Attributes:
        steps: The most there are; ``train.stopping`` may end them earlier.
        rate: Learning rate, a ramp being one over the warm-up; None: the generator's at its start.
    """

    steps: Steps
    rate: Weight | None = None


class Stopping(Section):
    """When likelihood training, a warm-up or a whole run, ends early.

    Attributes:
        patience: Looks at held-out examples in a row that find no improvement, until it ends.
        every: Duration from one look to the next; None: a twentieth of the likelihood steps.
    """

    patience: int = Field(default=5, ge=1)
    every: Steps | None = None


def _default_penalties() -> dict[PenaltyName, Penalty]:
    return {"r1": Penalty(interval=4), "r2": Penalty(interval=4)}


class Train(Section):
    """How the two networks are trained.

    Attributes:
        objective: ``adversarial``, or ``likelihood``, which leaves the discriminator alone: the
            generator alone learns, to make the examples likely.
        steps: Length of the run: steps, or examples as in ``"96k examples"``.
        warmup: Likelihood steps at the beginning of an adversarial run; None: there are none.
        stopping: When likelihood training, which there must be, ends early; None: never.
        batch_size: Real examples per discriminator update.
        accumulate: Split each batch into so many parts, to save memory; where it has fewer
            examples, into one for each.
        loss: The adversarial loss.
        penalties: Gradient penalties by name; an empty mapping switches them off.
        discriminator_steps: Discriminator updates per generator update.
        rate: Learning rate of both networks.
        generator_rate: Learning rate of the generator where it differs.
        discriminator_rate: Learning rate of the discriminator where it differs.
        betas: Adam's two decay rates.
        clip: Largest gradient norm of either network; None does not clip.
        ema: The moving average of the generator.
        augment: Strength of the domain's differentiable augmentation, 0 to 1, or how it adapts.
        terms: Weights of auxiliary generator losses, by name: the domain's, 1 when not named, and
            ``likelihood``, the engine's, which is left out when not named.
        precision: Number format of the first-order work; penalties are always fp32.
        compile: A mode of ``torch.compile``, for the networks and the slopes of their penalties;
            ``none``: they run as they are. It changes results within rounding.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        threads: CPU threads; ``auto`` takes one on a machine of two cores or fewer.
        workers: Loader processes; 0 reads in the training process. Never changes the result.
        max_rollbacks: How often a run goes back to its last checkpoint after NaN before it ends.
    """

    objective: Literal["adversarial", "likelihood"] = "adversarial"
    steps: Steps = Duration(count=3000)
    warmup: Warmup | None = None
    stopping: Stopping | None = None
    batch_size: int = Field(default=32, ge=1)
    accumulate: int = Field(default=1, ge=1)
    loss: LossName = "relativistic"
    penalties: dict[PenaltyName, Penalty] = Field(default_factory=_default_penalties)
    discriminator_steps: int = Field(default=1, ge=1)
    rate: Weight = Ramp(start=1e-3, end=1e-4)
    generator_rate: Weight | None = None
    discriminator_rate: Weight | None = None
    betas: tuple[Beta, Beta] = (0.0, 0.99)
    clip: float | None = Field(default=None, gt=0)
    ema: Ema = Ema()
    augment: Strength = 0.0
    terms: dict[str, Number] = Field(default_factory=dict)
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: CompileMode = "none"
    device: str = "auto"
    threads: Annotated[int, Field(ge=1, le=1024)] | Literal["auto"] = "auto"
    workers: int = Field(default=0, ge=0, le=256)
    max_rollbacks: int = Field(default=3, ge=0)

    @model_validator(mode="after")
    def _leaves_steps_after_the_warmup(self) -> Train:
        if self.objective == "adversarial" and self.likelihood_steps() >= self.total_steps():
            raise ValueError("warmup.steps must be fewer than steps, which count the warm-up, too")
        return self

    @model_validator(mode="after")
    def _stops_only_likelihood_training(self) -> Train:
        if self.stopping is not None and not self.likelihood_steps():
            raise ValueError(
                "has stopping, which ends likelihood training, but there is none: leave stopping "
                "out, or set warmup, or objective: likelihood"
            )
        return self

    def total_steps(self) -> int:
        """Return the length of the run in steps."""
        return self.steps.steps(self.batch_size)

    def likelihood_steps(self) -> int:
        """Return how many steps, from the first, are likelihood steps unless they end early."""
        if self.objective == "likelihood":
            return self.total_steps()
        return self.warmup.steps.steps(self.batch_size) if self.warmup else 0


class Log(Section):
    """What a run writes, and how often.

    Attributes:
        every: Steps between lines of ``metrics.jsonl``.
        samples_every: Steps between sample folders; None: twenty times a run.
        samples: Number of samples in each, always from the same latents.
        checkpoint_every: Steps between checkpoints; None: twenty times a run.
        keep: How many of the newest checkpoints are kept (at least two).
        evaluate_every: Steps between evaluations with the domain's metrics; None: never.
        evaluate_samples: Samples of each evaluation.
        best: The metric by which the best weights are kept; ``auto``: the domain's choice.
    """

    every: Steps = Duration(count=25)
    samples_every: Steps | None = None
    samples: int = Field(default=8, ge=1)
    checkpoint_every: Steps | None = None
    keep: int = Field(default=2, ge=2)
    evaluate_every: Steps | None = None
    evaluate_samples: int = Field(default=256, ge=2)
    best: str = "auto"


class Recipe(Section):
    """A whole recipe. ``config`` is the domain's own config, validated by the domain's class."""

    domain: str
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)
    data: Any = None
    generator: Any = None
    discriminator: Any = None
    train: Train = Train()
    log: Log = Log()


LOSSES: tuple[str, ...] = get_args(LossName)
PENALTIES: tuple[str, ...] = get_args(PenaltyName)
