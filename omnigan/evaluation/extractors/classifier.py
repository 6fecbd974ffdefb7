"""Features of a small classifier that is trained on the labels of the training examples.

What tells classes apart is what a person looks at, and it costs seconds to learn. The same data
always give the same weights, so scores of different runs can be compared.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from omnigan import cache
from omnigan.adam import Adam
from omnigan.domain import Domain, Notify, silent
from omnigan.engine import seeds
from omnigan.engine.content import fill
from omnigan.errors import UserError
from omnigan.evaluation.classes import classes_of
from omnigan.evaluation.extractors.base import Extractor, is_whole, of_network, serialized
from omnigan.evaluation.extractors.files import read_network
from omnigan.evaluation.extractors.network import (
    SEED,
    Classifier,
    feature_network,
)
from omnigan.evaluation.real import digest, read

__all__ = ["from_classifier"]

VERSION = 2
"""Counted up whenever the training below changes, so that older weights in caches are not used."""

_MOST = 8192  # examples that are learned from
_MOST_VALUES = 1 << 27  # numbers of them that are held
_CHECKED = 1024  # held-out examples
_STEPS, _BATCH, _RATE = 600, 32, 3e-3


def from_classifier(domain: Domain, notify: Notify = silent) -> Extractor | None:
    """Return the features of a classifier, out of the cache if it was trained before.

    Returns:
        None when the training examples have fewer than two classes.
    """
    most = max(_BATCH, min(_MOST, _MOST_VALUES // math.prod(domain.space.shape)))
    train = read(domain, "train", most, SEED)
    classes = classes_of(domain, train)
    if classes is None or bool((classes == classes[0]).all()):
        return None
    network = feature_network(domain)
    data = digest({"x": train.batch.x, "classes": classes, **network.state_dict()})
    path = cache.cache_folder("features", f"classifier-{VERSION}-{data}.safetensors")
    with torch.random.fork_rng(devices=[]):
        seeds.seed_global(SEED, "classifier")
        model = Classifier(network, int(classes.max()) + 1)
    try:
        weights, facts = read_network(path)
        if not is_whole(weights, facts):
            raise UserError(f"{path} is damaged")
        fill(model, weights, str(path))
    except UserError:  # not there, or damaged
        _train(model, train.batch.x, classes, notify)
        facts = {"note": _accuracy(domain, model)}
        model.standardise(of_network("", network).features(train.batch.x))
        cache.write_atomically(path, serialized(model, "classifier", facts["note"]))
    return of_network("classifier", network, facts["note"], model.head.requires_grad_(False))


def _train(model: Classifier, x: Tensor, classes: Tensor, notify: Notify) -> None:
    """Minimise cross-entropy with Adam and a rate that falls along half a cosine."""
    with torch.random.fork_rng(devices=[]):
        seeds.seed_global(SEED, "classifier training")
        model.train()
        optimizer = Adam(model.parameters())
        for step in range(_STEPS):
            notify("training the feature classifier", step, _STEPS)
            rate = _RATE * (1 + math.cos(math.pi * step / _STEPS)) / 2
            for group in optimizer.param_groups:
                group["lr"] = rate
            rng = seeds.generator(SEED, "classifier", step)
            chosen = torch.randint(len(x), (_BATCH,), generator=rng)
            optimizer.zero_grad()
            torch.autograd.backward(cross_entropy(model(x[chosen]), classes[chosen]))
            optimizer.step()
    notify("training the feature classifier", _STEPS, _STEPS)


def _accuracy(domain: Domain, model: Classifier) -> str:
    """Say how many held-out examples are told right."""
    if not len(domain.source("valid")):
        return "no held-out examples to test it on"
    held_out = read(domain, "valid", _CHECKED, SEED)
    classes = classes_of(domain, held_out)
    if classes is None:
        return "no held-out labels to test it on"
    with torch.no_grad():
        told = model.head(of_network("", model.features).features(held_out.batch.x)).argmax(1)
    return f"{float((told == classes).double().mean()):.1%} of {len(told)} held-out told right"
