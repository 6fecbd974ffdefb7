"""Writing an export: whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omnigan.engine.checkpoint import flush
from omnigan.errors import OmniganError, UserError
from omnigan.exporting.card import Card
from omnigan.exporting.facts import Facts, read_facts
from omnigan.exporting.read import CONFIG, MODEL, WEIGHTS, is_export
from omnigan.exporting.weights import Dtype, packed
from omnigan.modelfile import domain_values, read_values
from omnigan.plugins import available
from omnigan.sampling import Trained, load, run_of

__all__ = ["export"]

CARD = "README.md"
SAMPLES = 8


def export(
    run: str | Path,
    out: str | Path,
    *,
    best: bool = False,
    dtype: Dtype = "fp32",
    licence: str | None = None,
) -> Path:
    """Write an export: a folder from which a generator is used without the run and its data.

    What is written is loaded before it gets its name; its samples were made by what was loaded.

    Args:
        run: A run folder, or one checkpoint folder in it.
        out: The folder to make; it may be there if it is empty.
        best: The weights that did best in the evaluations of the run.
        dtype: What weights are stored as: ``fp32``, or ``bf16``, which is half as large and not
            quite the same.
        licence: The Hub's name of a licence for the model card, such as ``cc-by-4.0``.

    Returns:
        The folder.

    Raises:
        UserError: There is no such run, or it is an export; ``out`` is not empty or cannot be
            written; there is no such dtype.
        OmniganError: The disk is full.
    """
    source, final = Path(run), Path(out)
    _refuse(final)
    if source.is_dir() and is_export(source):
        raise UserError(f"{source} is an export already: copy the folder, or name the run.")
    trained = load(source, best=best)
    weights = packed(trained.network, dtype)
    folder = run_of(source)
    facts = read_facts(folder, trained.step)
    name = str(read_values(folder.config)["domain"])
    with _appearing(final) as temporary:
        config = domain_values(name, trained.domain) | {
            "step": trained.step,
            "weights": WEIGHTS,
            "dtype": dtype,
            "sha256": hashlib.sha256(weights).hexdigest(),
        }
        (temporary / MODEL).write_bytes(weights)
        (temporary / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
        loaded = _loaded(temporary, name)
        samples = _rendered(loaded, temporary / "samples")
        card = _card(
            loaded,
            facts,
            name=final.resolve().name,
            domain=name,
            samples=samples,
            dtype=dtype,
            licence=licence,
        )
        (temporary / CARD).write_text(card.text(), encoding="utf-8")
    return final


def _refuse(out: Path) -> None:
    try:
        if out.is_dir() and any(out.iterdir()):
            raise UserError(f"{out} is not empty. Name a folder that does not exist yet.")
    except OSError as error:
        raise UserError(f"{out} cannot be read: {error.strerror}") from error
    if not out.is_dir() and (out.exists() or out.is_symlink()):
        raise UserError(f"{out} is a file. Name a folder that does not exist yet.")


@contextmanager
def _appearing(final: Path) -> Iterator[Path]:
    """Give a folder to fill; only when all of it is on the disk does it get its name.

    Raises:
        UserError: It cannot be written.
        OmniganError: The disk is full.
    """
    final = final.resolve()
    temporary = final.parent / f".{final.name}-{os.getpid()}.tmp"
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for path in [*temporary.rglob("*"), temporary]:
            flush(path)
        temporary.rename(final)
        flush(final.parent)
    except OSError as error:
        # A full disk is none of the user's mistakes, and neither is a broken one.
        mistakes = PermissionError | FileExistsError | NotADirectoryError
        kind = UserError if isinstance(error, mistakes) else OmniganError
        raise kind(f"cannot write to {final}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _loaded(folder: Path, domain: str) -> Trained:
    """Load what was just written.

    Raises:
        OmniganError: That is not possible, which is the fault of the domain.
    """
    try:
        return load(folder)
    except UserError as error:
        reason = str(error).replace(f"{folder}{os.sep}", "")
        raise OmniganError(
            f"The domain '{domain}' cannot be exported, since what it would write cannot be read "
            f"back: {reason}"
        ) from error


def _rendered(trained: Trained, folder: Path) -> list[str]:
    """Write samples, and return their names relative to the folder above."""
    try:
        x = trained.generate(SAMPLES, seed=0).x
    except UserError:  # a vocoder, say, without the sounds that it was trained on
        return []
    paths = [artifact.path for artifact in trained.render(x, folder)]
    return [path.relative_to(folder.parent).as_posix() for path in paths]


def _card(
    trained: Trained,
    facts: Facts,
    *,
    name: str,
    domain: str,
    samples: list[str],
    dtype: Dtype,
    licence: str | None,
) -> Card:
    offers = [each.distribution for each in available() if domain in (each.name, each.full_name)]
    numbers: list[Any] = list(trained.network.state_dict().values())
    return Card(
        name=name,
        domain=domain,
        pipeline=trained.domain.PIPELINE,
        packages=list(dict.fromkeys(["omnigan", *offers])),
        licence=licence,
        step=trained.step,
        dtype=dtype,
        parameters=sum(value.numel() for value in numbers),
        labels=trained.domain.labels(),
        samples=samples,
        facts=facts,
    )
