"""Writing an export: whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from omnigan.engine.checkpoint import flush
from omnigan.errors import OmniganError, UserError, did_you_mean, listed
from omnigan.exporting.card import Card
from omnigan.exporting.facts import Facts, read_facts
from omnigan.exporting.read import CONFIG, MODEL, WEIGHTS, is_export
from omnigan.exporting.weights import Dtype, packed
from omnigan.hub.reference import is_reference
from omnigan.modelfile import domain_values, read_values
from omnigan.plugins import find
from omnigan.sampling import Trained, load, run_of

if TYPE_CHECKING:
    from omnigan.exporting.onnx.check import Difference

__all__ = ["FORMATS", "Format", "export"]

Format = Literal["safetensors", "onnx", "web"]
FORMATS: tuple[str, ...] = get_args(Format)
CARD = "README.md"
SAMPLES = 8


def export(
    run: str | Path,
    out: str | Path,
    *,
    format: Format = "safetensors",
    best: bool = False,
    dtype: Dtype = "fp32",
    licence: str | None = None,
) -> Path:
    """Write an export: a folder from which a generator is used without the run and its data.

    What is written is loaded before it gets its name; its samples were made by what was loaded.

    Args:
        run: A run folder, or one checkpoint folder in it.
        out: The folder to make; it may be there if it is empty.
        format: ``safetensors``, which this package loads, ``onnx``, which has a model for
            onnxruntime besides, or ``web``, a page that runs the generator in the browser.
        best: The weights that did best in the evaluations of the run.
        dtype: What weights are stored as: ``fp32``, or ``bf16``, which is half as large and not
            quite the same.
        licence: The Hub's name of a licence for the model card, such as ``cc-by-4.0``.

    Returns:
        The folder.

    Raises:
        UserError: There is no such run, or it is an export; ``out`` is not empty or cannot be
            written; there is no such format or dtype; a library for the format is missing.
        OmniganError: The disk is full, or the generator does not suit the format.
    """
    source, final = Path(run), Path(out)
    _refuse(final)
    _prepare(format)
    if is_reference(source) or (source.is_dir() and is_export(source)):
        raise UserError(f"{source} is an export already: copy the folder, or name the run.")
    trained = load(source, best=best)
    runs_it = _runtime_for(trained) if format == "web" else {}
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
        difference = None if format == "safetensors" else _translated(loaded, name, temporary)
        card = _card(
            loaded,
            facts,
            difference=difference,
            name=final.resolve().name,
            domain=name,
            samples=samples,
            dtype=dtype,
            licence=licence,
            page=format == "web",
        )
        (temporary / CARD).write_text(card.text(), encoding="utf-8")
        if format == "web":
            _turn_into_page(temporary, card.name, runs_it)
    return final


def _prepare(format: str) -> None:
    """Find out before the work begins whether a format can be written.

    Raises:
        UserError: There is no such format, or a library is missing.
    """
    if format not in FORMATS:
        raise UserError(
            f"format must be {listed(FORMATS)}, not {format!r}.{did_you_mean(format, FORMATS)}"
        )
    if format != "safetensors":
        from omnigan.exporting.onnx.trace import require_onnx

        require_onnx()


def _translated(trained: Trained, domain: str, folder: Path) -> Difference:
    """Write a generator as ONNX besides."""
    from omnigan.exporting.onnx.write import write_onnx

    return write_onnx(trained, domain, folder)


def _runtime_for(trained: Trained) -> dict[str, bytes]:
    """Return the files that run a generator in the browser, if that can be done."""
    from omnigan.exporting.web.page import prepare

    return prepare(trained)


def _turn_into_page(folder: Path, title: str, runs_it: Mapping[str, bytes]) -> None:
    """Put the page that runs an ONNX export in its place."""
    from omnigan.exporting.web.page import write_page

    export = folder / "export"
    files = list(folder.iterdir())
    export.mkdir()
    for path in files:
        path.rename(export / path.name)
    write_page(export, folder, title, runs_it)
    shutil.rmtree(export)


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
    difference: Difference | None,
    page: bool,
) -> Card:
    numbers: list[Any] = list(trained.network.state_dict().values())
    return Card(
        name=name,
        domain=domain,
        pipeline=trained.domain.PIPELINE,
        packages=list(dict.fromkeys(["omnigan", find(domain).distribution])),
        licence=licence,
        step=trained.step,
        dtype=dtype,
        parameters=sum(value.numel() for value in numbers),
        labels=trained.domain.labels(),
        samples=samples,
        facts=facts,
        difference=difference,
        page=page,
    )
