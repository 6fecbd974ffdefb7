"""Rules for training, saving and resuming."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan.domain import Domain
from omnigan.engine import checkpoint
from omnigan.engine.content import tensors
from omnigan.engine.ema import follow, frozen_copy
from omnigan.engine.health import as_floats, check_finite
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.exporting.weights import fill_from, packed
from omnigan.recipe.schema import Train
from omnigan.testing.subject import Check, Subject, chance, require, same

__all__ = ["TRAINING_CHECKS"]

CPU = torch.device("cpu")
SAVED = 3
"""Steps before the checkpoint, and as many after it."""


def weights_are_plain_tensors(subject: Subject) -> None:
    """A state dict holds tensors that share no memory, as safetensors files need."""
    for name, network in zip(("generator", "discriminator"), subject.networks(), strict=True):
        owner: dict[int, str] = {}
        for key, value in network.state_dict().items():
            require(
                isinstance(value, Tensor), f"'{key}' in the {name}'s state dict is not a tensor."
            )
            if value.numel() == 0:
                continue
            place = value.untyped_storage().data_ptr()
            require(
                place not in owner,
                f"'{key}' and '{owner.get(place)}' of the {name} share their memory.",
            )
            owner[place] = key


def weights_are_all_there_is(subject: Subject) -> None:
    """A generator that was exported and loaded, or averaged with itself, gives the same output."""
    batch = subject.batch()
    generator = subject.networks(shaken=True)[0].eval()
    with chance(9):
        loaded = subject.domain.generator().eval()
    export = subject.folder / "model.safetensors"
    export.write_bytes(packed(generator, "fp32"))
    fill_from(export, loaded)
    average = frozen_copy(generator)
    follow(average, generator, 0.9)
    with torch.no_grad():
        first, second, third = (
            network(**subject.inputs(batch)) for network in (generator, loaded, average)
        )
    require(
        torch.equal(first, second),
        "A generator whose weights were saved and loaded gives another output: something random "
        "in it is neither a weight nor a buffer.",
    )
    require(
        torch.equal(first, third),
        "A copy of the generator gives another output, or its moving average where nothing moves.",
    )


def training_resumes_exactly(subject: Subject) -> None:
    """Steps, a checkpoint and more steps give the same weights as a resumed run, bit for bit."""
    with chance(0):
        straight = _fresh(subject)
        _advance(straight, subject)
        saved = checkpoint.save(subject.folder / "checkpoints", straight, {})
        _advance(straight, subject)
    with chance(1):
        resumed = _fresh(subject)
        checkpoint.restore(saved, resumed)
        _advance(resumed, subject)
    for part, expected in tensors(straight).items():
        require(
            same(expected, tensors(resumed)[part]),
            f"A resumed run ends with another {part} than an unbroken one: some chance comes from "
            "elsewhere than the arguments, or some state is not in the state dicts.",
        )


def _fresh(subject: Subject) -> Adversaries:
    return Adversaries(subject.domain, _settings(subject.domain, subject.size), 0, CPU)


def _settings(domain: Domain, size: int) -> Train:
    own = domain.DEFAULTS.get("train", {})
    fixed = {"steps": 2 * SAVED, "batch_size": size, "accumulate": 1, "augment": 1.0}
    return Train.model_validate({**own, **fixed})


def _advance(adversaries: Adversaries, subject: Subject) -> None:
    source = subject.domain.source("train")
    order = BatchOrder(source, subject.size, 0)
    data = batches(order, adversaries.batches_before(adversaries.step), workers=0)
    for _ in range(SAVED):
        check_finite(as_floats(adversaries.advance(data)), adversaries.step)


TRAINING_CHECKS: tuple[Check, ...] = (
    weights_are_plain_tensors,
    weights_are_all_there_is,
    training_resumes_exactly,
)
