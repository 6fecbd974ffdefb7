"""``omnigan sample`` and ``omnigan evaluate``: what a generator makes, and how good it is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from omnigan.cli.common import Best, Json, Run, Seed, print_json, reporting

__all__ = ["evaluate", "sample"]


def sample(
    run: Run,
    *,
    count: Annotated[int, typer.Option(min=1, help="Number of samples.")] = 8,
    seed: Seed = 0,
    label: Annotated[str | None, typer.Option(help="Samples of one label only.")] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(help="What else to ask for: a file, or NAME=VALUE; see the domain's page."),
    ] = None,
    best: Best = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; otherwise generated/ in the run.")
    ] = None,
    json: Json = False,
) -> None:
    """Write samples as files."""
    import torch

    from omnigan.api import load

    trained = load(run, best=best)
    wishes = condition or []
    words = ["best" if best else None, f"seed-{seed}", label, *(Path(w).stem for w in wishes)]
    folder = out or run / "generated" / "-".join(filter(None, words))
    if wishes and not trained.domain.latent(1, torch.Generator()):
        count = 1  # without latent vectors all samples would be the same
    artifacts = trained.render(trained.generate(count, seed, label, wishes).x, folder)
    if json:
        files = [{**asdict(artifact), "path": str(artifact.path)} for artifact in artifacts]
        print_json({"step": trained.step, "seed": seed, "label": label, "files": files})
    else:
        for artifact in artifacts:
            print(artifact.path)


def evaluate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders or exports.")],
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
    best: Best = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "cpu",
    json: Json = False,
) -> None:
    """Compute all metrics, beside the same metrics of real data; compare several runs."""
    from omnigan.api import evaluate as measure
    from omnigan.evaluation.comparison import comparison_json, comparison_table

    results = {}
    with reporting() as reporter:
        for run in runs:
            results[str(run)] = measure(
                run,
                samples=samples,
                seed=seed,
                features=features,
                best=best,
                device=device,
                notify=reporter.notify,
            )
    first, *others = results.values()
    if json:
        print_json(comparison_json(results) if others else first.to_json())
    else:
        print(comparison_table(results) if others else first.table())
