"""The discriminator of a run, ready to judge."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from omnigan.domain import Batch, Conditions, Domain
from omnigan.engine import checkpoint
from omnigan.engine.checkpoint import BadCheckpoint, Checkpoint
from omnigan.engine.content import fill
from omnigan.engine.losses import mean_logits
from omnigan.errors import OmniganError, UserError
from omnigan.exporting.facts import read_recipe
from omnigan.exporting.read import is_export
from omnigan.hub.reference import is_reference
from omnigan.sampling import Trained, run_of

__all__ = ["Critic", "critic_of", "refuse_exports"]

CHUNK = 16


class Critic:
    """A discriminator that gives one number to each example: larger is more like real data.

    Several critics, and what they say about places of an example, are averaged, the places first.

    Attributes:
        domain: Whose examples it judges.
        network: The discriminator.
        step: Training steps behind its weights.
    """

    def __init__(self, domain: Domain, network: nn.Module, step: int, device: torch.device) -> None:
        self.domain = domain
        self.network = network.to(device).eval().requires_grad_(False)
        self.step = step
        self._device = device

    def logits(self, batch: Batch) -> Tensor:
        """Return one logit ``[N]`` (float64) for each example under its own conditions.

        The network always runs on a full chunk: kernels differ in the last bit between batch
        sizes, and a score must not depend on what else is scored.

        Raises:
            OmniganError: One of them is not finite.
        """
        n = len(batch)
        found = [torch.zeros(0, dtype=torch.float64)]
        for first in range(0, n, CHUNK):
            rows = torch.arange(first, first + CHUNK).clamp(max=n - 1)
            cond = {name: value[rows].to(self._device) for name, value in batch.cond.items()}
            with torch.no_grad():
                judged = self.network(batch.x[rows].to(self._device), **cond)
            found.append(mean_logits(judged).double().cpu()[: n - first])
        logits = torch.cat(found)
        if not bool(logits.isfinite().all()):
            raise OmniganError("The discriminator of this run gives numbers that are not finite.")
        return logits

    def best(self, x: Tensor, label: str | None = None) -> Tensor:
        """Return the logits ``[N]`` of examples whose conditions are not known.

        Args:
            x: ``[N, *shape]``.
            label: What they are; None: each is judged as every label, and the largest logit counts.

        Raises:
            OmniganError: A logit is not finite.
        """
        known = [label] if label is not None else self.domain.labels()
        labels: list[str | None] = [*known] or [None]
        return torch.stack([self.logits(Batch(x, self._as(x, name))) for name in labels]).amax(0)

    def _as(self, x: Tensor, label: str | None) -> Conditions:
        return self.domain.conditions_of(x, label) if len(x) else {}


def refuse_exports(path: Path) -> None:
    """Refuse what holds a generator alone.

    Raises:
        UserError: It is an export.
    """
    if is_reference(path) or is_export(path):
        raise UserError(
            f"{path} is an export, which holds no discriminator to score with: name the run that "
            "it was made of."
        )


def critic_of(path: Path, trained: Trained) -> Critic:
    """Return the discriminator that belongs to a generator which was loaded from a run.

    Args:
        path: The run folder, or one checkpoint folder in it.
        trained: What was loaded from there.

    Raises:
        UserError: Its checkpoint holds no discriminator, or one of another recipe, or one that was
            never trained.
    """
    run = run_of(path)
    if read_recipe(run.recipe).train.objective == "likelihood":
        raise UserError(
            f"{path} was trained by likelihood, which leaves the discriminator as it was: there is "
            "nothing to score with."
        )
    folder = path if path != run.path else run.checkpoints / f"step-{trained.step:08d}"
    if not (folder / "discriminator.safetensors").is_file():
        raise UserError(f"{folder} holds no discriminator: name the run, for its newest weights.")
    try:
        weights = checkpoint.read_part(Checkpoint(folder, trained.step), "discriminator")
    except BadCheckpoint as error:
        raise UserError(f"{folder}: {error}") from error
    network = trained.domain.discriminator()
    fill(network, weights, f"{folder}/discriminator.safetensors", run.config)
    return Critic(trained.domain, network, trained.step, trained.device)
