"""``omnigan sample`` and ``omnigan evaluate``: what a generator makes, and how good it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnigan.cli.common import harmless, loaded, print_json, reporting
from omnigan.cli.options import Best, Json, Run, Seed
from omnigan.cli.places import destination, file_name, generated_folder, named, refuse_file

if TYPE_CHECKING:
    from omnigan.domain import Artifact, Domain
    from omnigan.evaluation.results import Evaluation
    from omnigan.sampling import Trained

__all__ = ["evaluate", "sample"]


def sample(
    run: Run,
    *,
    count: Annotated[int, typer.Option(min=1, help="Number of samples.")] = 8,
    seed: Seed = 0,
    label: Annotated[
        str | None,
        typer.Option(
            help="Samples of one label only; otherwise labels come in the shares of the data."
        ),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(help="What else to ask for: a file, or NAME=VALUE; see the domain's page."),
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(help="How texts begin; --condition prefix=...")
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="Below 1 likelier, above 1 more varied; --condition temperature=..."),
    ] = None,
    best: Best = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; otherwise generated/ in the run.")
    ] = None,
    json: Json = False,
) -> None:
    """Write samples as files."""
    from omnigan.told import after_a_while

    trained = loaded(run, best=best)
    short = {"prefix": prefix, "temperature": None if temperature is None else f"{temperature:g}"}
    wishes = [*(condition or []), *_wishes(trained.domain, short)]
    words = ["best" if best else None, f"seed-{seed}", label and file_name(label)]
    folder = destination(out, run, *words, *map(named, wishes))
    if wishes and not trained.has_latents:
        count = 1  # all samples would be the same
    trained.refuse_too_many(count)
    with reporting() as reporter:
        notify = after_a_while(reporter.notify)
        x = trained.generate(count, seed, label, wishes, notify).x
        artifacts = trained.render(x, folder, notify)
    labels = trained.choose_labels(count, seed, label)
    whose = [_label_of(artifact, labels) for artifact in artifacts]
    if json:
        files = [_told(*each) for each in zip(artifacts, whose, strict=True)]
        told = {"step": trained.step, "seed": seed, "label": label, "labels": labels}
        print_json({**told, "files": files})
    else:
        for artifact, its in zip(artifacts, whose, strict=True):
            looks_on = its is not None and sys.stdout.isatty()
            print(f"{artifact.path} ({harmless(str(its))})" if looks_on else artifact.path)
        # Whoever looks on may as well read; a program gets the paths alone.
        if artifacts and artifacts[-1].kind == "text" and sys.stdout.isatty():
            print(harmless(artifacts[-1].path.read_text(encoding="utf-8")), end="")


def _label_of(artifact: Artifact, labels: Sequence[str | None]) -> str | None:
    """Return the label of what a file shows; None where there is none, or are several.

    A file whose name is a number shows one sample, all others show all of them.
    """
    from omnigan.numerals import whole_number

    number = whole_number(artifact.path.stem, len(labels) - 1)
    shown = labels if number is None else labels[number : number + 1]
    return shown[0] if len(set(shown)) == 1 else None


def _told(artifact: Artifact, label: str | None) -> dict[str, Any]:
    caption = ": ".join(filter(None, [artifact.caption, label]))
    return {**asdict(artifact), "path": str(artifact.path), "caption": caption, "label": label}


def _wishes(domain: Domain, options: Mapping[str, str | None]) -> list[str]:
    """Return what options of their own ask for, as wishes.

    Raises:
        UserError: The domain does not know one; it is told by its option.
    """
    import torch

    from omnigan.errors import UserError

    found = []
    for name, value in options.items():
        if value is None:
            continue
        wish, typed = f"{name}={value}", f"--{name} {value}"
        try:
            domain.ask(wish, torch.Generator())
        except UserError as error:
            text = str(error).replace(f"condition {wish}", typed).replace(wish, typed)
            raise UserError(text if typed in text else f"{typed}: {text}") from error
        found.append(wish)
    return found


def evaluate(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders, exports, or hub:owner/name."),
    ],
    *,
    samples: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Generated examples, and at most as many held-out ones; otherwise 1000, fewer "
            "where they are large.",
        ),
    ] = None,
    seed: Seed = 0,
    features: Annotated[
        str,
        typer.Option(
            help="What distributions are compared in: auto, classifier, random, inception, domain, "
            "or an .onnx or .safetensors file."
        ),
    ] = "auto",
    temperatures: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,...",
            help="Evaluate at each of these, as in 0.7,0.8,1, and draw quality against diversity.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Picture of --temperatures; otherwise curves.png in the first run."),
    ] = None,
    best: Best = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "cpu",
    json: Json = False,
) -> None:
    """Compute all metrics, beside the same metrics of real data; compare several runs."""
    from omnigan.api import evaluate as measure

    trained = {run.as_posix(): loaded(run, device, best=best) for run in runs}
    options: dict[str, Any] = {"samples": samples, "seed": seed, "features": features}
    if temperatures is not None:
        _draw(trained, temperatures, out or _beside(runs[0]), options, json)
        return
    with reporting() as reporter:
        options |= {"notify": reporter.notify, "warn": reporter.warn}
        results = {run: measure(each, **options) for run, each in trained.items()}
    words = ["closest", "best" if best else None, f"seed-{seed}"]
    _tell(trained, results, words, as_json=json)


def _tell(
    trained: Mapping[str, Trained],
    results: Mapping[str, Evaluation],
    words: Sequence[str | None],
    *,
    as_json: bool,
) -> None:
    """Print scores, and draw their closest pairs, each run's into a folder called by some words."""
    from omnigan.evaluation.comparison import comparison_json, comparison_table

    first, *others = results.values()
    if not as_json:  # before anything is drawn, which may fail or take long
        print(comparison_table(results) if others else first.table(), flush=True)
    pictures = {
        run: _closest(trained[run], result, destination(None, Path(run), *words))
        for run, result in results.items()
    }
    if as_json:
        told = comparison_json(results) if others else first.to_json()
        print_json({**told, "pictures": pictures if others else next(iter(pictures.values()))})
    else:
        for path in chain(*pictures.values()):
            print(path)


def _closest(trained: Trained, evaluation: Evaluation, folder: Path) -> list[str]:
    """Show the closest pairs, as far as that can be done: the scores matter more."""
    from omnigan.evaluation.closest import show_closest

    failed: list[str] = []
    artifacts: list[Artifact] = []
    try:
        artifacts = show_closest(trained.domain, evaluation, folder, failed)
    except (OSError, MemoryError, RuntimeError) as error:  # or a GPU lacks memory
        failed.append(f"The closest pairs cannot be shown: {error}")
    with reporting() as reporter:
        for sentence in failed:
            reporter.warn(sentence)
    return [str(artifact.path) for artifact in artifacts]


def _beside(run: Path) -> Path:
    """Return the picture's place: in a run, but not in an export."""
    made = generated_folder(run)
    return (run if made.parent == run else made) / "curves.png"


def _draw(
    runs: Mapping[str, Trained], wanted: str, picture: Path, options: dict[str, Any], json: bool
) -> None:
    """Evaluate runs at some temperatures, print the scores and draw them."""
    from omnigan.api import curves

    temperatures = _numbers(wanted)
    _refuse_no_picture(picture)
    with reporting() as reporter:
        found = curves(runs, temperatures, **options, notify=reporter.notify, warn=reporter.warn)
    # The scores come first: a picture may still fail.
    if json:
        print_json({**found.to_json(), "picture": str(picture)})
    else:
        print(found.table())
    found.draw(picture)
    if not json:
        print(picture)


def _refuse_no_picture(path: Path) -> None:
    from PIL import Image

    from omnigan.errors import UserError

    if path.suffix.lower() not in Image.registered_extensions() or path.is_dir():
        raise UserError(f"--out: {path} is no name of a picture; write one such as curves.png.")
    refuse_file(path.parent)


def _numbers(text: str) -> list[float]:
    from omnigan.errors import UserError
    from omnigan.numerals import decimal_number

    numbers = [decimal_number(part) for part in text.split(",")]
    found = [number for number in numbers if number is not None]
    if len(found) < len(numbers):
        raise UserError(
            f"--temperatures must be numbers with commas between, such as 0.7,0.8,1, not '{text}'."
        )
    return found
