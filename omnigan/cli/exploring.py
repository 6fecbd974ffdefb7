"""``omnigan interpolate``, ``invert`` and ``augment``: use a trained generator."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnigan.cli.common import loaded, print_json, reporting
from omnigan.cli.options import Json, Run, Seed
from omnigan.cli.places import destination, file_names

if TYPE_CHECKING:
    from torch import Tensor

    from omnigan.domain import Domain

__all__ = ["augment", "interpolate", "invert"]

Out = Annotated[
    Path | None, typer.Option(help="Folder for the files; otherwise in generated/ of the run.")
]


def interpolate(
    run: Run,
    *,
    seeds: Annotated[str, typer.Option(help="Samples to go through, as in 1,2,3.")] = "0,1",
    frames: Annotated[int, typer.Option(min=1, help="Steps from one to the next.")] = 16,
    label: Annotated[
        str | None,
        typer.Option(help="Of the whole way; otherwise that of the first seed's sample."),
    ] = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Walk from sample to sample; images become a film."""
    from omnigan.latent_space import interpolate as walk
    from omnigan.returned import artifacts

    stops = _seeds(seeds)
    trained = loaded(run)
    folder = destination(out, run, "path", *map(str, stops), label)
    x = walk(trained, stops, frames, label)
    folder.mkdir(parents=True, exist_ok=True)
    domain = trained.domain
    files = artifacts(domain, "animate", domain.animate(x, folder))
    if json:
        told = [{**asdict(artifact), "path": str(artifact.path)} for artifact in files]
        print_json({"out": str(folder), "seeds": stops, "label": label, "files": told})
        return
    for artifact in files:
        print(artifact.path)


def _seeds(text: str) -> list[int]:
    from omnigan.errors import UserError
    from omnigan.numerals import LARGEST_SEED, whole_number

    seeds = [whole_number(part, LARGEST_SEED) for part in text.split(",")]
    found = [seed for seed in seeds if seed is not None]
    if len(found) < len(seeds):
        raise UserError(
            f"--seeds must be whole numbers from 0 to {LARGEST_SEED} with commas between, "
            f"not '{text}'."
        )
    return found


def invert(
    run: Run,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Your own files.")],
    *,
    label: Annotated[
        str | None, typer.Option(help="What the files show; otherwise every label is tried.")
    ] = None,
    steps: Annotated[int, typer.Option(min=0, help="Of the search.")] = 300,
    seed: Seed = 0,
    out: Out = None,
    json: Json = False,
) -> None:
    """Find your own files in the latent space.

    Writes each file beside what the generator makes of it, and the latent vectors.
    """
    import torch
    from safetensors.torch import save_file

    from omnigan.latent_space import invert as search
    from omnigan.returned import artifacts

    trained = loaded(run)
    folder = destination(out, run, "inverted", files[0].stem, label)
    target, names = _examples(trained.domain, files)
    with reporting() as reporter:
        found = search(trained, target, label=label, steps=steps, seed=seed, notify=reporter.notify)
    folder.mkdir(parents=True, exist_ok=True)
    pairs = torch.stack([target, found.x], 1).flatten(0, 1)
    domain = trained.domain
    written = [
        *artifacts(domain, "render", domain.render(pairs, folder)),  # each, then what was found
        *artifacts(domain, "compare", domain.compare(target, found.x, folder)),
    ]
    save_file(dict(found.inputs), folder / "latent.safetensors")
    found_for = zip(names, found.distances.tolist(), found.start.tolist(), strict=True)
    if json:
        values = [
            {"file": name, "distance": after, "before": before} for name, after, before in found_for
        ]
        print_json({"files": values, "out": str(folder)})
        return
    for name, after, before in found_for:
        print(f"{name}: distance {after:.4f} (the best random sample: {before:.4f})")
    print(written[-1].path)


def _examples(domain: Domain, files: Sequence[Path]) -> tuple[Tensor, list[str]]:
    """Return the examples in files and the name of each; what cannot be read is said.

    Raises:
        UserError: Nothing can be read.
    """
    import torch

    from omnigan.errors import UserError, UserErrors
    from omnigan.reading import examples_in

    found, names, problems = [], [], []
    for file in files:
        try:
            found.append(examples_in(domain, file))
        except UserError as error:
            problems.append(str(error))
            continue
        parts = len(found[-1])  # a long file may hold several examples
        behind = [f" ({part} of {parts})" for part in range(1, parts + 1)] if parts > 1 else [""]
        names += [f"{file}{text}" for text in behind]
    if not names:
        raise UserErrors(problems)
    for problem in problems:
        print(f"not read: {problem}", file=sys.stderr)
    return torch.cat(found), names


def augment(
    run: Run,
    *,
    per_class: Annotated[int, typer.Option(min=1, help="Samples of each label.")] = 100,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder to make; each label is a folder in it.")],
    json: Json = False,
) -> None:
    """Write a labelled synthetic data set."""
    from omnigan.errors import UserError
    from omnigan.returned import artifacts
    from omnigan.told import after_a_while

    trained = loaded(run)
    labels = trained.domain.labels()
    if not labels:
        raise UserError(f"{run} was trained without labels; {_without_labels(trained.domain)}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"--out: {out} exists and is not an empty folder.")
    trained.refuse_too_many(per_class)
    folders = {label: out / name for label, name in file_names(labels).items()}
    with reporting() as reporter:
        for done, (label, folder) in enumerate(folders.items()):
            reporter.notify("labels", done, len(labels))
            folder.mkdir(parents=True)
            notify = after_a_while(reporter.notify)
            x = trained.generate(per_class, seed, label, notify=notify).x
            domain = trained.domain
            artifacts(domain, "render_many", domain.render_many(x, folder, notify))
        reporter.notify("labels", len(labels), len(labels))
    if json:
        places = {label: str(folder) for label, folder in folders.items()}
        print_json({"out": str(out), "seed": seed, "per_class": per_class, "labels": places})
    else:
        print(f"{len(labels)} labels of {per_class} samples: {out}")


def _without_labels(domain: Domain) -> str:
    """Say what to do with a generator that knows no labels."""
    from omnigan.recipe.fields import known_keys

    if "labels" in known_keys(type(domain.config), ("data",)):
        return "set data.labels and train again"
    return "'omnigan sample' makes samples without any"
