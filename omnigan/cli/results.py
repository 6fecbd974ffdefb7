"""``omnigan sample`` and ``omnigan evaluate``: what a generator makes, and how good it is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from omnigan.cli.common import Json, Run, Seed, print_json, reporting

__all__ = ["evaluate", "sample"]


def sample(
    run: Run,
    *,
    count: Annotated[int, typer.Option(min=1, help="Number of samples.")] = 8,
    seed: Seed = 0,
    label: Annotated[str | None, typer.Option(help="Samples of one label only.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; otherwise generated/ in the run.")
    ] = None,
    json: Json = False,
) -> None:
    """Write samples as files."""
    from omnigan.api import load

    trained = load(run)
    folder = out or run / "generated" / "-".join(filter(None, [f"seed-{seed}", label]))
    artifacts = trained.render(trained.generate(count, seed, label).x, folder)
    if json:
        files = [{**asdict(artifact), "path": str(artifact.path)} for artifact in artifacts]
        print_json({"step": trained.step, "seed": seed, "label": label, "files": files})
    else:
        for artifact in artifacts:
            print(artifact.path)


def evaluate(
    run: Run,
    *,
    samples: Annotated[
        int, typer.Option(min=2, help="Generated examples, and at most as many held-out ones.")
    ] = 256,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Compute all metrics, beside the same metrics of real data."""
    from omnigan.api import load
    from omnigan.evaluation.evaluate import evaluate as measure

    with reporting() as reporter:
        trained = load(run)
        result = measure(
            trained.domain,
            trained.generate(samples, seed),
            samples=samples,
            seed=seed,
            notify=reporter.notify,
        )
    if json:
        print_json(result.to_json())
    else:
        print(result.table())
