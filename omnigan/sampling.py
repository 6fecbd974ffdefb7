"""Loading a trained generator: from a run, one of its checkpoints, an export, or the Hub."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import torch

from omnigan.engine import checkpoint
from omnigan.engine.checkpoint import BadCheckpoint, Checkpoint
from omnigan.engine.content import fill
from omnigan.engine.device import pick_device
from omnigan.engine.fingerprint import kept
from omnigan.engine.runfolder import RunFolder, no_run, step_of
from omnigan.errors import UserError
from omnigan.exporting.read import is_export, read_export
from omnigan.hub.reference import Reference, is_reference
from omnigan.modelfile import build_generator, label_counts_of, newer, read_model
from omnigan.trained import Trained

__all__ = ["Trained", "load", "run_of"]


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=3)


def load(
    path: str | Path,
    device: str | torch.device = "cpu",
    *,
    best: bool = False,
    warn: Callable[[str], None] = _warn,
) -> Trained:
    """Load an export, the newest whole checkpoint of a run, or the run's best weights.

    Args:
        path: An export, a run folder, or one checkpoint folder in it; or ``hub:owner/name``, an
            export on the Hugging Face Hub, with ``@`` and a branch, a tag or a commit behind it.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``, or a device of torch.
        best: The weights that did best in the evaluations of the run (``log.evaluate_every``).
        warn: Told if a newer omnigan has written it; default: a Python warning.

    Raises:
        UserError: There is no run and no export, or its files do not fit together.
        OmniganError: The Hub cannot be reached.
    """
    folder, commit = _here(path)
    if not folder.is_dir():
        raise no_run(path)
    place = pick_device(device, "device")
    if caution := newer(run_of(folder).config, path):
        warn(caution)
    if is_export(folder):
        if best:
            raise UserError(f"{folder} is an export: it has one set of weights, no best ones.")
        export = read_export(folder)
        return Trained(
            export.domain,
            export.network,
            export.step,
            place,
            commit,
            origin=path,
            label_counts=export.label_counts,
            fingerprints=export.fingerprints,
        )
    return _of_run(folder, best, place, path)


def _of_run(folder: Path, best: bool, device: torch.device, origin: str | Path) -> Trained:
    """Load the newest checkpoint of a run that is whole, see :func:`load`."""
    run, choices = _checkpoints(folder, best)
    domain, values = read_model(run.config)
    counts = label_counts_of(values, domain, run.config)
    problems = []
    for choice in choices:
        try:
            checkpoint.read_state(choice)
            weights = checkpoint.read_part(choice, "ema")
        except BadCheckpoint as error:
            problems.append(str(error))
            continue
        network = build_generator(domain, run.config)
        fill(network, weights, f"{choice.folder}/ema.safetensors", run.config)
        return Trained(
            domain,
            network,
            choice.step,
            device,
            origin=origin,
            label_counts=counts,
            fingerprints=kept(run.examples),
        )
    if not choices:
        raise UserError(
            f"{folder} has no checkpoint that can be loaded: training writes the first one after "
            "log.checkpoint_every."
        )
    raise UserError(f"{folder} has no checkpoint that can be loaded ({'; '.join(problems)}).")


def _here(path: str | Path) -> tuple[Path, str | None]:
    """Return a folder on this machine, and its commit if it comes from the Hub."""
    if not is_reference(path):
        return Path(path), None
    from omnigan.hub.download import fetch

    fetched = fetch(Reference.of(path))
    return fetched.folder, fetched.commit


def run_of(folder: Path) -> RunFolder:
    """Return the run that a folder is, or is a checkpoint of."""
    place = folder.resolve()
    return RunFolder(folder if step_of(place.name) is None else place.parent.parent)


def _checkpoints(folder: Path, best: bool) -> tuple[RunFolder, list[Checkpoint]]:
    """Return a run and what may be loaded of it, newest first.

    Raises:
        UserError: It is no run, or has only begun, or there are no best weights.
    """
    run = run_of(folder)
    run.refuse_hardly_begun()
    inside = [] if run.config.exists() else sorted(folder.glob("*/config.json"))
    if inside:
        raise UserError(f"{folder} is no run, but holds some, such as {inside[-1].parent}.")
    one = step_of(folder.resolve().name)
    if one is not None:
        choices = [Checkpoint(folder, one)]
    else:
        choices = checkpoint.find(run.best if best else run.checkpoints)
    if best and (one is not None or not choices):
        raise UserError(
            f"{folder} has no best weights. A run keeps them at an evaluation (log.evaluate_every) "
            "that has a value of log.best. Load the newest weights instead."
        )
    return run, choices
