"""A run from its recipe to its last step: folder, data, networks, training."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnigan.breaches import failures_of_rules_in_words
from omnigan.domain import Domain
from omnigan.engine.allocator import keep_freed_memory
from omnigan.engine.device import device_of, require_few, set_threads
from omnigan.engine.disk import (
    failures_elsewhere_in_words,
    failures_in_words,
    resume_command,
)
from omnigan.engine.fingerprint import Fingerprints, fingerprints, keep
from omnigan.engine.publishing import Publisher, Unpublished
from omnigan.engine.ranks.alone import Ranks
from omnigan.engine.ranks.differences import facts_of
from omnigan.engine.ranks.place import launcher, restarted
from omnigan.engine.reporter import Quiet, Reporter
from omnigan.engine.resuming import refuse_another
from omnigan.engine.runfolder import (
    RunFolder,
    choose_folder,
    latest_run,
    run_started_by,
    write_text,
)
from omnigan.engine.trainer import Trainer
from omnigan.errors import UserError
from omnigan.evaluation.enough import few_held_out
from omnigan.modelfile import write_domain
from omnigan.recipe.load import LoadedRecipe, dump_recipe, load_recipe
from omnigan.recipe.schema import Recipe, Train
from omnigan.testing.recipes import resolved

__all__ = ["Request", "chosen_folder", "run"]


@dataclass(frozen=True)
class Request:
    """What somebody asks for who trains a recipe.

    Attributes:
        recipe: A file, the name of a shipped recipe, or the values themselves.
        overrides: ``KEY=VALUE`` texts.
        out: The run folder; None: one in ``runs/``.
        resume: Go on with the run in it.
        force: Resume even if the recipe changed, or else the data.
        profile: Find out where the time of some steps goes.
        device: Takes the place of ``train.device``.
    """

    recipe: str | Path | Mapping[str, Any]
    overrides: Sequence[str] = ()
    out: Path | None = None
    resume: bool = False
    force: bool = False
    profile: bool = False
    device: str | None = None

    @property
    def goes_on_with_its_own(self) -> bool:
        """Whether the recipe is the one that the run to go on with has stored."""
        if not self.resume or self.out is None or isinstance(self.recipe, Mapping):
            return False
        return Path(self.recipe).resolve() == RunFolder(self.out).recipe.resolve()

    @property
    def all_overrides(self) -> list[str]:
        """``overrides``, and what the options mean."""
        wish = [] if self.device is None else [f"train.device={json.dumps(self.device)}"]
        return [*self.overrides, *wish]


def run(request: Request, reporter: Reporter, ranks: Ranks) -> Path:
    """Train a recipe and return the run folder.

    Args:
        request: What to train, and where.
        reporter: Told about progress, by the first process.
        ranks: The processes of the run.

    Raises:
        UserError: The recipe, the data or the folder is wrong.
        OmniganError: The disk is full or the machine fails otherwise, training diverged, or a
            signal asked it to stop.
    """
    if not ranks.first:
        reporter = Quiet()
    with ExitStack() as stack:
        if not ranks.first:
            stack.enter_context(failures_elsewhere_in_words(lambda: ranks.resuming))
        with ranks.turn():
            loaded = load_recipe(
                request.recipe, request.all_overrides, stored=request.goes_on_with_its_own
            )
            key = "train.device" if request.device is None else "device"
            device = device_of(loaded.recipe.train.device, ranks.place, key)
            _warn_of_crowds(loaded.recipe.train, reporter)
            threads = set_threads(loaded.recipe.train.threads, ranks.place.local_size)
            if device.type == "cpu":
                keep_freed_memory()
            own = stack.enter_context(_opened(request, loaded.name, ranks)) if ranks.first else None
            domain, recipe = _resolve(loaded, reporter)
        stack.enter_context(failures_of_rules_in_words(domain, recipe.domain))
        ranks.require_same(lambda: facts_of(recipe, domain.source("train")))
        path, resume = ranks.from_first(lambda: own and [str(own[0].path), own[1]])
        folder = RunFolder(Path(path))
        publisher = Publisher(folder, loaded.name, reporter) if ranks.first else Unpublished()
        if ranks.first:
            examples = fingerprints(domain)
            if resume:
                refuse_another(folder, recipe, domain, examples, force=request.force)
            facts = _described(domain, reporter)
        trainer = Trainer(
            domain,
            recipe,
            folder,
            device,
            reporter,
            ranks=ranks,
            publish=publisher.update,
            profiled=request.profile,
        )
        if ranks.first:
            _write_down(folder, domain, recipe, facts, examples)
            folder.write_environment(device, threads, ranks.place.size)
        ranks.advise(ranks.command(resume_command(folder)))
        if resume:
            _go_on(trainer, reporter)
        stack.callback(reporter.finish)
        with publisher:
            trainer.run()
    return folder.path


def _warn_of_crowds(train: Train, reporter: Reporter) -> None:
    for wish, key in (train.threads, "train.threads"), (train.workers, "train.workers"):
        warning = require_few(wish, key)
        if warning is not None:
            reporter.warn(warning)


@contextmanager
def _opened(request: Request, name: str, ranks: Ranks) -> Iterator[tuple[RunFolder, bool]]:
    """Open the run folder, and tell whether there is a run in it to go on with.

    Raises:
        UserError: It cannot be used.
    """
    folder, resume = chosen_folder(request, name)
    command = ranks.command(resume_command(folder))
    with (
        folder.locked(launcher()),
        folder.removed_if_refused(),
        failures_in_words(folder, command),
    ):
        yield folder, resume


def chosen_folder(request: Request, name: str) -> tuple[RunFolder, bool]:
    """Return the folder that a request means, and whether there is a run in it to go on with.

    Where torchrun has started its processes again, it is the one that the earlier ones had.

    Args:
        request: What to train, and where.
        name: Of the recipe.

    Raises:
        UserError: It cannot be used.
    """
    starter = launcher()
    if restarted() and starter is not None and not request.resume:
        path = request.out or run_started_by(starter, name)
        folder = RunFolder(path) if path else None
        if folder and folder.started_by(starter):
            return folder, folder.recipe.is_file()
    if request.resume:
        return _existing(request.out, name), True
    path = request.out or choose_folder(name)
    folder = RunFolder(path, made=request.out is None)
    folder.create()
    return folder, False


def _existing(out: Path | None, name: str) -> RunFolder:
    path = out or latest_run(name)
    if path is None or not path.is_dir():
        wish = f"{path} does not exist" if path else f"there is no run named {name}"
        raise UserError(f"--resume: {wish}. Name the run folder with --out, or leave out --resume.")
    return RunFolder(path)


def _resolve(loaded: LoadedRecipe, reporter: Reporter) -> tuple[Domain, Recipe]:
    domain = resolved(loaded, reporter.notify)
    sections = {name: getattr(domain.config, name) for name in type(domain.config).model_fields}
    return domain, loaded.recipe.model_copy(update=sections)


def _described(domain: Domain, reporter: Reporter) -> dict[str, Any]:
    """Say what the data is, before anything can be wrong with it, and return the facts."""
    facts = domain.describe()
    for sentence in facts.get("summary", ()):
        reporter.say(sentence)
    if few := few_held_out(domain):
        reporter.say(few)
    return facts


def _write_down(
    folder: RunFolder,
    domain: Domain,
    recipe: Recipe,
    facts: Mapping[str, Any],
    examples: Fingerprints,
) -> None:
    """Write what the run is, before its first step."""
    write_text(folder.recipe, dump_recipe(recipe))
    write_domain(folder.config, recipe.domain, domain)
    folder.write_data(facts)
    keep(folder.examples, examples)


def _go_on(trainer: Trainer, reporter: Reporter) -> None:
    if trainer.resume():
        reporter.say(f"Going on from step {trainer.adversaries.step}.")
    else:
        reporter.warn("No whole checkpoint was found: starting from the first step.")
