"""A rehearsal of a run: does it fit, how big is it, how long will it take?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor, nn

from omnigan.breaches import UNSEEN, failures_of_rules_in_words, refuse_breaches
from omnigan.check_report import CheckReport, Memory
from omnigan.domain import Batch, Domain, Notify, silent
from omnigan.engine.allocator import keep_freed_memory
from omnigan.engine.device import (
    free_memory,
    pick_device,
    require_few,
    resident_memory,
    set_threads,
)
from omnigan.engine.evaluating import deciding_metric
from omnigan.engine.likelihood import require_density
from omnigan.engine.loading import BatchOrder, check_enough
from omnigan.engine.losses import as_list
from omnigan.engine.seeds import generator
from omnigan.engine.step import Adversaries
from omnigan.engine.stopping import stopping_of
from omnigan.errors import UserError
from omnigan.evaluation.enough import few_held_out
from omnigan.pauses import pauses
from omnigan.recipe.load import LoadedRecipe
from omnigan.recipe.schema import Recipe
from omnigan.rehearsal import rehearse, seconds_by_threads
from omnigan.returned import artifacts
from omnigan.testing.recipes import resolved

__all__ = ["check"]


def check(
    loaded: LoadedRecipe,
    folder: Path,
    notify: Notify = silent,
    say: Callable[[str], None] = lambda sentence: None,
) -> CheckReport:
    """Read the data, build the networks, take a few steps and forget them.

    Args:
        loaded: The recipe.
        folder: Where one real example is rendered.
        notify: Told about long work.
        say: Told what was found in data that the recipe cannot run with: often it is the reason.

    Raises:
        UserError: The recipe cannot run with this data or on this machine.
        OmniganError: The domain breaks a rule.
    """
    device = pick_device(loaded.recipe.train.device)
    require_few(loaded.recipe.train.threads, "train.threads")
    require_few(loaded.recipe.train.workers, "train.workers")
    set_threads(loaded.recipe.train.threads)
    if device.type == "cpu":
        keep_freed_memory()  # as training does: the step is timed
    domain = resolved(loaded, notify)
    name = loaded.recipe.domain
    with failures_of_rules_in_words(domain, name):
        refuse_breaches(domain, name)
        try:
            report = _rehearsed(domain, loaded.recipe, device, folder, notify)
        except UserError:
            for sentence in _found(domain):
                say(sentence)
            raise
        refuse_breaches(domain, name, UNSEEN)
    return report


def _found(domain: Domain) -> list[str]:
    few = few_held_out(domain)
    return [*domain.describe().get("summary", ()), *([few] if few else [])]


def _rehearsed(
    domain: Domain, recipe: Recipe, device: torch.device, folder: Path, notify: Notify
) -> CheckReport:
    source = domain.source("train")
    check_enough(source, recipe.train.batch_size)
    stopping_of(domain, recipe.train)
    if recipe.log.evaluate_every:
        deciding_metric(domain, recipe)
    order = BatchOrder(source, recipe.train.batch_size, recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    memory, threads = free_memory(device), dict[int, float]()
    beside = resident_memory() if device.type == "cpu" else None
    with torch.random.fork_rng():
        # Compiling takes minutes, and would be most of what is measured.
        settings = recipe.train.model_copy(update={"compile": "none"})

        def players() -> Adversaries:
            fresh = Adversaries(domain, settings, recipe.seed, device)
            require_density(domain, fresh.average, recipe.train)
            if recipe.train.objective == "adversarial":
                fresh.ended = 0  # a warm-up says nothing about the steps after it
            return fresh

        found = rehearse(players, order, notify, memory)
        if device.type == "cpu" and found.whole:
            threads = seconds_by_threads(found.players, order, notify, found.seconds)
        between = pauses(found.players, recipe, folder, found.whole)
        needed = _memory(found.players, found.activations)
        latent, logits = _outputs(found.players, order[0].to(device))
    first = source.read(0, torch.Generator())
    return CheckReport(
        domain=recipe.domain,
        device=str(device),
        space=domain.space,
        train=len(source),
        valid=len(domain.source("valid")),
        latent={name: tuple(value.shape) for name, value in latent.items()},
        conditions={name: tuple(value.shape) for name, value in order[0].cond.items()},
        logits=[tuple(value.shape) for value in logits],
        generator=_count(found.players.generator),
        discriminator=_count(found.players.discriminator),
        memory=needed,
        free=memory,
        accumulate=found.accumulate(order.batch_size, needed.total - needed.activations),
        beside=beside,
        steps=recipe.train.total_steps(),
        seconds_per_step=found.seconds,
        pauses=between,
        compiled=recipe.train.compile != "none",
        threads=threads,
        artifacts=artifacts(domain, "render", domain.render(first.x[None], folder)),
        data=_found(domain),
    )


@torch.no_grad()
def _outputs(players: Adversaries, real: Batch) -> tuple[dict[str, Tensor], list[Tensor]]:
    latent = players.domain.latent(len(real), generator(players.seed, "check"))
    return latent, as_list(players.discriminator(real.x, **real.cond))


def _count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def _memory(players: Adversaries, activations: int) -> Memory:
    networks = players.generator, players.discriminator
    trained = [weight for network in networks for weight in network.parameters()]
    weights = chain(trained, players.average.parameters())
    size = _size(trained)
    return Memory(_size(weights), size, 2 * size, activations)


def _size(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
