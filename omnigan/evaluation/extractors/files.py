"""Feature networks from files: ONNX of anybody's, safetensors of omnigan's own."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from omnigan.digest import sha256_of
from omnigan.domain import Domain, Space
from omnigan.engine.content import fill
from omnigan.errors import UserError
from omnigan.evaluation.extractors.base import Extractor, of_network
from omnigan.evaluation.extractors.network import feature_network

__all__ = ["from_onnx", "from_safetensors", "read_network"]


def read_network(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the weights and the facts of a feature network that omnigan wrote.

    Raises:
        UserError: The file cannot be read, or is something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = dict(file.metadata() or {})
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path} cannot be read as safetensors: {error}") from error
    if facts.get("omnigan") != "features":
        raise UserError(
            f"{path} does not hold a feature network of omnigan's: Extractor.save writes them. "
            "For a network of your own, name an .onnx file."
        )
    return weights, facts


def from_safetensors(domain: Domain, path: Path) -> Extractor:
    """Return the features of a network that omnigan trained on other data of the same shape.

    Raises:
        UserError: The file is something else, or does not fit the domain's feature network.
    """
    weights, facts = read_network(path)
    network = feature_network(domain)
    fill(network, weights, str(path))
    return of_network(facts.get("name", path.name), network, facts.get("note", ""))


def from_onnx(domain: Domain, path: Path) -> Extractor:
    """Return the features that an ONNX file computes: float32 ``[B, *shape]`` to ``[B, ...]``.

    Raises:
        UserError: onnxruntime is missing, or the file is no such network.
    """
    session = _session(path)
    inputs = session.get_inputs()
    if len(inputs) != 1 or not _fits(inputs[0].shape, domain.space):
        shapes = ", ".join(str(each.shape) for each in inputs)
        raise UserError(
            f"{path} must have one input [batch, {', '.join(map(str, domain.space.shape))}] with a "
            f"free first axis, not {shapes}."
        )

    def compute(x: Tensor, device: torch.device) -> Tensor:
        made = session.run(None, {inputs[0].name: x.cpu().float().numpy()})[0]
        return torch.from_numpy(made).reshape(len(x), -1)

    return Extractor(path.name, sha256_of(path), compute)


def _session(path: Path) -> Any:
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise UserError(
            f'{path} needs onnxruntime. Install it with: pip install "omnigan[onnx]"'
        ) from error
    try:
        return runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:  # of onnxruntime's own kinds, which share no base of their own
        raise UserError(f"{path} cannot be loaded by onnxruntime: {error}") from error


def _fits(shape: list[object], space: Space) -> bool:
    """Tell whether an input's shape, with names for free axes, takes batches of examples."""
    if len(shape) != len(space.shape) + 1 or isinstance(shape[0], int):
        return False
    return all(
        not isinstance(size, int) or size == wanted
        for size, wanted in zip(shape[1:], space.shape, strict=True)
    )
