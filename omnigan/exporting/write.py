"""Writing an export: whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from omnigan.errors import OmniganError, UserError, did_you_mean, listed
from omnigan.exporting.assets import CARD, assets_of
from omnigan.exporting.card import Card
from omnigan.exporting.facts import Facts, read_facts
from omnigan.exporting.folder import appearing, refuse_filled
from omnigan.exporting.read import CONFIG, EXAMPLES, MODEL, WEIGHTS, is_export
from omnigan.exporting.sounds import smaller
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
SAMPLES = 8
HEADLINES = ("Frechet distance", "precision", "recall")
"""Scores that the Hub is told besides the domain's own, where there are any."""


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=4)


def export(
    run: str | Path,
    out: str | Path,
    *,
    format: Format = "safetensors",
    best: bool = False,
    dtype: Dtype = "fp32",
    licence: str | None = None,
    warn: Callable[[str], None] = _warn,
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
        warn: Told if a newer omnigan has written the run; default: a Python warning.

    Returns:
        The folder.

    Raises:
        UserError: There is no such run, or it is an export; ``out`` is not empty or cannot be
            written; there is no such format or dtype; a library for the format is missing.
        OmniganError: The disk is full, or the generator does not suit the format.
    """
    source, final = Path(run), Path(out)
    refuse_filled(final)
    _prepare(format)
    if is_reference(source) or (source.is_dir() and is_export(source)):
        raise UserError(f"{source} is an export already: copy the folder, or name the run.")
    trained, folder = load(source, best=best, warn=warn), run_of(source)
    domain = str(read_values(folder.config)["domain"])
    order = _Order(
        name=final.resolve().name,
        domain=domain,
        format=format,
        dtype=dtype,
        licence=licence,
        facts=read_facts(folder, trained.step),
        page_files=_runtime_for(trained) if format == "web" else {},
    )
    weights = packed(trained.network, dtype)
    described = domain_values(domain, trained.domain, trained.label_counts)
    if trained.fingerprints:
        described[EXAMPLES] = dict(trained.fingerprints)
    with appearing(final) as temporary:
        _write_model(temporary, weights, described, trained.step, dtype)
        _complete(temporary, order)
    return final


@dataclass(frozen=True)
class _Order:
    """What an export is to be.

    Attributes:
        name: The model's.
        domain: The name that its domain is installed under.
        format: One of :data:`FORMATS`.
        dtype: What the weights are stored as.
        licence: The Hub's name of a licence, or None.
        facts: What the run says.
        page_files: What runs the generator in a browser; empty unless ``format`` is ``web``.
    """

    name: str
    domain: str
    format: Format
    dtype: Dtype
    licence: str | None
    facts: Facts
    page_files: Mapping[str, bytes]


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


def _write_model(
    folder: Path, weights: bytes, described: Mapping[str, Any], step: int, dtype: Dtype
) -> None:
    """Write the two files that :func:`omnigan.exporting.read.read_export` needs."""
    config = {
        **described,
        "step": step,
        "weights": WEIGHTS,
        "dtype": dtype,
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    (folder / MODEL).write_bytes(weights)
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def _complete(folder: Path, order: _Order) -> None:
    """Write everything else, made by what is loaded from the files that are there."""
    loaded = _loaded(folder, order.domain)
    samples = _rendered(loaded, folder / "samples")
    for name, content in assets_of(loaded.domain).items():
        (folder / name).write_bytes(content)
    difference = None
    if order.format != "safetensors":
        difference = _translated(loaded, order.domain, folder)
    card = _card(loaded, order, samples, difference)
    (folder / CARD).write_text(card.text(), encoding="utf-8")
    if order.format == "web":
        _turn_into_page(folder, order.name, order.page_files)


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
    paths = [smaller(artifact.path) for artifact in trained.render(x, folder)]
    return [path.relative_to(folder.parent).as_posix() for path in paths]


def _card(
    trained: Trained, order: _Order, samples: list[str], difference: Difference | None
) -> Card:
    numbers: list[Any] = list(trained.network.state_dict().values())
    return Card(
        name=order.name,
        domain=order.domain,
        pipeline=trained.domain.PIPELINE,
        packages=list(dict.fromkeys(["omnigan", find(order.domain).distribution])),
        licence=order.licence,
        step=trained.step,
        dtype=order.dtype,
        parameters=sum(value.numel() for value in numbers),
        labels=trained.domain.labels(),
        needs_file=not trained.has_latents,
        samples=samples,
        facts=order.facts,
        difference=difference,
        page=order.format == "web",
        headlines={trained.domain.headline, order.facts.recipe.log.best, *HEADLINES},
    )
