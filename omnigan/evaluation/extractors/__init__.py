"""Features by name: what scores of distributions are computed on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from omnigan.domain import Domain, Notify, silent
from omnigan.engine import seeds
from omnigan.errors import UserError, did_you_mean, listed
from omnigan.evaluation.extractors.base import Extractor, of_network
from omnigan.evaluation.extractors.classifier import from_classifier
from omnigan.evaluation.extractors.files import from_onnx, from_safetensors
from omnigan.evaluation.extractors.inception import from_inception
from omnigan.evaluation.extractors.network import SEED, feature_network
from omnigan.evaluation.real import digest, read

__all__ = ["NAMES", "Extractor", "extractor"]

NAMES = ("auto", "classifier", "random", "inception", "domain")
_LOOKED_AT = 512  # training examples that give random features their scale


def extractor(domain: Domain, name: str = "auto", notify: Notify = silent) -> Extractor:
    """Return features by name.

    Args:
        domain: Whose examples they are of; resolved.
        name: ``classifier`` (learned from the labels), ``domain`` (the domain's own ``embed``),
            ``random`` (an untrained network, for data without labels), ``inception`` (images),
            ``auto`` (the first of ``classifier``, ``domain`` and ``random`` that there is), one of
            the domain's ``feature_networks``, or a file: ``.onnx``, or ``.safetensors`` that
            :meth:`Extractor.save` wrote.
        notify: Told about training.

    Raises:
        UserError: There are no such features for this domain.
    """
    if name.endswith((".onnx", ".safetensors")):
        return _from_file(domain, Path(name))
    offered = domain.feature_networks()
    if name in offered:
        return _offered(name, offered[name]())
    if name not in NAMES:
        known = (*NAMES, *offered)
        raise UserError(
            f"There are no features '{name}'.{did_you_mean(name, known)} Features: "
            f"{listed(known)}, or a file .onnx or .safetensors."
        )
    if name in ("auto", "classifier"):
        trained = from_classifier(domain, notify)
        if trained is not None:
            return trained
        if name == "classifier":
            raise UserError("The training examples have no labels to learn the features from.")
    if name == "inception":
        return from_inception(domain)
    embeds = type(domain).embed is not Domain.embed
    if name == "domain" or (name == "auto" and embeds):
        return _embedding(domain)
    return _random(domain)


def _from_file(domain: Domain, path: Path) -> Extractor:
    if not path.is_file():
        raise UserError(f"features: there is no file {path}.")
    return from_onnx(domain, path) if path.suffix == ".onnx" else from_safetensors(domain, path)


def _offered(name: str, network: nn.Module) -> Extractor:
    """Return what a network of the domain's makes; it may be large, and is no file of omnigan's."""
    return replace(of_network(name, network), network=None, cheap=False)


def _random(domain: Domain) -> Extractor:
    """Return what an untrained network makes, brought to the scale of the training examples."""
    network = feature_network(domain)
    few = read(domain, "train", _LOOKED_AT, SEED)
    network.standardise(of_network("", network).features(few.batch.x))
    return of_network("random", network, "an untrained network")


def _embedding(domain: Domain) -> Extractor:
    """Return the domain's own features.

    Where their weights are is the domain's business: what they make of noise tells them apart.
    """
    space = domain.space
    rng = seeds.generator(SEED, "embed")
    noise = space.low + (space.high - space.low) * torch.rand(4, *space.shape, generator=rng)
    noise = noise if space.symbols is None else noise.round()
    with torch.no_grad():
        mark = digest({"noise": domain.embed(noise)})

    def compute(x: Tensor, device: torch.device) -> Tensor:
        return domain.embed(x)

    return Extractor("domain", mark, compute)
