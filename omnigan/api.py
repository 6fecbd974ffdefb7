"""What a program calls: train a recipe, load a run, evaluate it, export it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from omnigan.arguments import Label, seed_in_range, several, whole
from omnigan.domain import Notify, silent
from omnigan.engine.ranks import joined
from omnigan.engine.reporter import Quiet, Reporter
from omnigan.engine.running import Request, run
from omnigan.errors import UserError
from omnigan.evaluation.curves import Curves, at_temperatures
from omnigan.evaluation.evaluate import Evaluation, Evaluator
from omnigan.evaluation.identity import other_data
from omnigan.evaluation.material import refuse_too_large, usual_samples
from omnigan.evaluation.two_sample import LEAST
from omnigan.exporting.write import export
from omnigan.hub.upload import plan_of, upload
from omnigan.sampling import Trained, load
from omnigan.scoring.critic import critic_of, refuse_exports
from omnigan.scoring.files import ranked
from omnigan.scoring.scores import Scores

__all__ = ["Trained", "curves", "evaluate", "export", "load", "push", "score", "train"]


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=4)


def train(
    recipe: str | Path | Mapping[str, Any],
    overrides: str | Sequence[str] = (),
    *,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    device: str | torch.device | None = None,
    profile: bool = False,
    reporter: Reporter | None = None,
) -> Path:
    """Train a recipe and return the run folder.

    Where torchrun has started several processes, all of them call this, and train one run together.

    Args:
        recipe: A file, the name of a shipped recipe, or the values themselves.
        overrides: A ``KEY=VALUE`` text, or several.
        out: The run folder; default: the first free ``runs/<recipe>-<nnn>``.
        resume: Go on in ``out`` (default: the newest run of that recipe).
        force: Resume even if the recipe changed, or else the data.
        device: Takes the place of ``train.device``; may be a device of torch.
        profile: Find out where the time of some early steps goes, for ``profile.txt`` and
            ``profile.json``.
        reporter: Told about progress.

    Raises:
        UserError: The recipe, the data or ``out`` is wrong.
        OmniganError: The disk is full or the machine fails otherwise, training diverged, or a
            signal asked it to stop.
    """
    folder = None if out is None else Path(out)
    place = None if device is None else str(device)
    request = Request(recipe, several(overrides), folder, resume, force, profile, place)
    with joined() as ranks:
        return run(request, reporter or Quiet(), ranks)


def evaluate(
    run: str | Path | Trained,
    samples: int | None = None,
    seed: int = 0,
    *,
    features: str = "auto",
    best: bool = False,
    device: str | torch.device | None = None,
    notify: Notify = silent,
    warn: Callable[[str], None] = _warn,
) -> Evaluation:
    """Compute all metrics of a generator, beside the same metrics of real data.

    Args:
        run: A run folder, or what :func:`load` returned.
        samples: Generated examples, two or more, and at most as many held-out ones; None: 1,000,
            or as many as fill 512 MiB.
        seed: Of every draw.
        features: What distributions are compared in: ``auto``, ``classifier``, ``random``,
            ``inception``, ``domain``, or an .onnx or .safetensors file.
        best: Of a run folder: the weights that did best in the evaluations of the run.
        device: Of a run folder: ``auto``, ``cpu``, ``cuda`` or ``mps``, or a device of torch;
            default: the CPU.
        notify: Told about progress.
        warn: Told if the data are not those of the training, or a newer omnigan has written the
            run; default: a Python warning.

    Raises:
        UserError: There is no run, it has no held-out examples, there are no such features, or too
            little memory; or ``best`` or ``device`` is given for what is loaded already.
    """
    trained = _loaded(run, device, warn, best=best)
    samples, seed = _drawn(trained, samples), seed_in_range(seed)
    trained.refuse_too_many(samples)
    _tell(trained, warn)
    refuse_too_large(trained.domain, samples, warn)
    evaluator = Evaluator(
        trained.domain, samples, seed, features=features, notify=notify, device=trained.device
    )
    return evaluator.score(trained, samples)


def curves(
    runs: Mapping[str, Trained],
    temperatures: Sequence[float],
    samples: int | None = None,
    seed: int = 0,
    *,
    features: str = "auto",
    notify: Notify = silent,
    warn: Callable[[str], None] = _warn,
) -> Curves:
    """Evaluate generators at several temperatures; for the arguments see :func:`evaluate`.

    Args:
        runs: What :func:`load` returned, by name.
        temperatures: Passed on as the wish ``temperature=0.8`` of every example.
        samples: Generated examples at each.
        seed: Of every draw.
        features: What distributions are compared in.
        notify: Told about progress.
        warn: As in :func:`evaluate`.

    Raises:
        UserError: A domain has no temperature, or not these; or the runs have no scores in common.
    """
    domains = [trained.domain for trained in runs.values()]
    made = Curves.of(domains, {})
    for trained in runs.values():
        _tell(trained, warn)
        refuse_too_large(trained.domain, _drawn(trained, samples), warn)
    found = {
        name: at_temperatures(
            trained,
            temperatures,
            samples=_drawn(trained, samples),
            seed=seed_in_range(seed),
            features=features,
            notify=notify,
        )
        for name, trained in runs.items()
    }
    return replace(made, runs=found)


def push(
    folder: str | Path, repository: str, *, private: bool = False, revision: str | None = None
) -> str:
    """Upload an export to the Hugging Face Hub, with the token that ``hf auth login`` keeps.

    Args:
        folder: The export; nothing else may be in it.
        repository: ``owner/name``; made if it is not there.
        private: Whether a new repository is private; one that is there has to be.
        revision: The branch, made if it is not there; None: the main one.

    Returns:
        The commit.

    Raises:
        UserError: It is no whole export, something else is in it, or this user may not upload it.
        OmniganError: The Hub cannot be reached.
    """
    return upload(plan_of(Path(folder)), repository, private=private, revision=revision)


def score(
    run: str | Path,
    files: str | Path | Sequence[str | Path],
    *,
    label: Label | None = None,
    samples: int | None = None,
    seed: int = 0,
    device: str | torch.device = "cpu",
    notify: Notify = silent,
    warn: Callable[[str], None] = _warn,
) -> Scores:
    """Rank files by how real the discriminator of a run finds them.

    Args:
        run: A run folder, or one checkpoint folder in it.
        files: One or several, of any kind that the run could be trained on, or folders of them.
        label: What they are; None: each is judged as whatever label suits it best.
        samples: Examples of each kind that probabilities are calibrated with, 16 or more; None:
            500, or as many as fill 512 MiB.
        seed: Of the calibration.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``, or a device of torch.
        notify: Told about progress.
        warn: As in :func:`evaluate`.

    Raises:
        UserError: There is no run, or it holds no trained discriminator; there is no such label; or
            none of the files can be read.
    """
    seed = seed_in_range(seed)
    if samples is not None:
        samples = whole("samples", samples, LEAST)
    path = Path(run)
    refuse_exports(path)
    trained = load(path, device, warn=warn)
    critic = critic_of(path, trained)
    _tell(trained, warn)
    names = [Path(file) for file in several(files)]
    return ranked(critic, trained, names, label=label, samples=samples, seed=seed, notify=notify)


def _loaded(
    run: str | Path | Trained,
    device: str | torch.device | None,
    warn: Callable[[str], None],
    *,
    best: bool,
) -> Trained:
    if not isinstance(run, Trained):
        return load(run, "cpu" if device is None else device, best=best, warn=warn)
    if best or device is not None:
        raise UserError(
            "best and device say how a run is loaded, and this one is loaded already: give them to "
            "load(), or give the run folder instead."
        )
    return run


def _drawn(trained: Trained, samples: int | None) -> int:
    """Return how many examples are generated for an evaluation."""
    return usual_samples(trained.domain) if samples is None else whole("samples", samples, 2)


def _tell(trained: Trained, warn: Callable[[str], None]) -> None:
    if other := other_data(trained):
        warn(other)
