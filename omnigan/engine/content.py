"""What training has changed, as numbers and tensors by name: taken from players, and given back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from omnigan.adam import Adam
from omnigan.engine.ranks.alone import Content
from omnigan.engine.step import Adversaries
from omnigan.errors import UserError

__all__ = ["PARTS", "content_of", "counters", "fill", "put", "tensors"]

PARTS = ("generator", "discriminator", "ema", "optimizers", "kept")
"""What :func:`tensors` returns; ``kept`` only while likelihood training looks for its best."""


def content_of(adversaries: Adversaries) -> Content:
    """Return what a checkpoint of the present step would hold of the networks."""
    return counters(adversaries), tensors(adversaries)


def counters(adversaries: Adversaries) -> dict[str, Any]:
    """Return where training is, as JSON values."""
    return {
        "step": adversaries.step,
        "attempt": adversaries.attempt,
        "augment": adversaries.strength.adapted,
        "likelihood_ended": adversaries.ended,
        "examples": adversaries.step * adversaries.train.batch_size,
    }


def tensors(adversaries: Adversaries) -> dict[str, dict[str, Tensor]]:
    """Return what each file of a checkpoint holds, on the CPU."""
    found = {
        "generator": _plain(adversaries.generator.state_dict()),
        "discriminator": _plain(adversaries.discriminator.state_dict()),
        "ema": _plain(adversaries.average.state_dict()),
        "optimizers": dict(_moments(adversaries)),
    }
    return found if adversaries.kept is None else {**found, "kept": _plain(adversaries.kept)}


def _plain(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in weights.items()}


def _optimized(adversaries: Adversaries) -> Iterator[tuple[str, Adam, Tensor]]:
    """Yield every trained parameter with a name that does not depend on its place in a list."""
    for side in ("generator", "discriminator"):
        network: nn.Module = getattr(adversaries, side)
        for name, parameter in network.named_parameters():
            yield f"{side}.{name}", getattr(adversaries.optimizers, side), parameter


def _moments(adversaries: Adversaries) -> Iterator[tuple[str, Tensor]]:
    for name, optimizer, parameter in _optimized(adversaries):
        for key, value in optimizer.state.get(parameter, {}).items():
            yield f"{name}.{key}", value.detach().cpu().contiguous()


def put(content: Content, adversaries: Adversaries) -> None:
    """Give networks, optimisers and counters what a checkpoint holds.

    Raises:
        UserError: The tensors do not fit the recipe's networks.
    """
    state, files = content
    for part, network in (
        ("generator", adversaries.generator),
        ("discriminator", adversaries.discriminator),
        ("ema", adversaries.average),
    ):
        fill(network, files[part], f"step-{state['step']:08d}/{part}.safetensors")
    moments = files["optimizers"]
    for name, optimizer, parameter in _optimized(adversaries):
        optimizer.state.pop(parameter, None)  # in case a run goes back to before its first step
        keys = [key for key in ("step", "exp_avg", "exp_avg_sq") if f"{name}.{key}" in moments]
        if keys:
            # Copies, since what is read is a view of the file, which will be deleted.
            optimizer.state[parameter] = {
                key: moments[f"{name}.{key}"].to(
                    "cpu" if key == "step" else adversaries.device, copy=True
                )
                for key in keys
            }
    adversaries.step = int(state["step"])
    adversaries.attempt = int(state["attempt"])
    # Checkpoints from before augmentation could adapt do not have it, and do not need it.
    adversaries.strength.adapted = float(state.get("augment", adversaries.strength.adapted))
    # Nor those from before likelihood training, of which there was none.
    adversaries.ended = state.get("likelihood_ended")
    adversaries.kept = files.get("kept")


def fill(
    network: nn.Module, weights: Mapping[str, Tensor], where: str, config: Path | None = None
) -> None:
    """Copy weights into a network, strictly.

    Args:
        network: What they are for.
        weights: By name.
        where: Their file, for messages.
        config: What the network was built from, if a file, which may be to blame as well.

    Raises:
        UserError: A name or shape does not fit.
    """
    own = network.state_dict()
    wrong = sorted(own.keys() ^ weights.keys())
    wrong += [
        f"{n}: {list(weights[n].shape)} for {list(own[n].shape)}"
        for n in own
        if n in weights and weights[n].shape != own[n].shape
    ]
    if wrong:
        shown = ", ".join(wrong[:3]) + (" ..." if len(wrong) > 3 else "")
        blame = "" if config is None else f". Has {config} been edited, or is it of another run?"
        raise UserError(f"{where} does not fit the networks of this recipe: {shown}{blame}")
    network.load_state_dict(weights)
