"""Does a classifier of real examples recognise the generated ones?

The classifier is the one whose features the other scores are computed in: it has learned the
classes of the training examples, and knows nothing of the generator.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from omnigan.domain import Batch
from omnigan.evaluation.classes import classes_of, labels_of
from omnigan.evaluation.material import RealFeatures
from omnigan.evaluation.provenance import Provenance
from omnigan.evaluation.real import combined, digest
from omnigan.evaluation.results import Row
from omnigan.evaluation.thinning import evenly

__all__ = ["RECOGNITION", "Recognition", "inception_score", "label_accuracy"]

_ACCURACY, _SCORE = "label accuracy", "inception-style score"
RECOGNITION = (_ACCURACY, _SCORE)
"""Names of the metrics of this module."""


def inception_score(logits: Tensor) -> float:
    """Return ``exp(E KL(p(y|x) || p(y)))``, from 1 to the number of classes.

    Salimans et al. (2016), "Improved techniques for training GANs", with any classifier and over
    all examples at once. It is high where each example is of one class beyond doubt and the
    classes are equally frequent; whether an example is good within its class, it cannot see.

    Args:
        logits: ``[N, classes]`` of examples ``x``; ``p(y)`` is the mean of their ``p(y|x)``.
    """
    log_p = logits.double().log_softmax(1)
    log_marginal = log_p.logsumexp(0) - math.log(len(log_p))
    return math.exp(float((log_p.exp() * (log_p - log_marginal)).sum(1).mean()))


def label_accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the share of examples whose largest logit ``[N, classes]`` is their label's ``[N]``.

    Labels beyond the classes, which the classifier has not seen, count as wrong.
    """
    return float((logits.argmax(1) == labels).double().mean())


class Recognition:
    """What the classifier behind some features makes of generated examples.

    Args:
        real: Real examples in those features; without a classifier there is nothing to say.
    """

    def __init__(self, real: RealFeatures) -> None:
        self.real = real
        self._head = real.extractor.head
        self._classes = self._classes_of_labels()

    def _classes_of_labels(self) -> Tensor | None:
        """Return the classes ``[M]`` of the held-out examples where they are the labels, too."""
        domain, held_out = self.real.material.domain, self.real.material.held_out
        classes, labels = classes_of(domain, held_out), labels_of(domain, held_out.batch)
        if classes is None or labels is None or not torch.equal(classes, labels):
            return None
        return classes

    def rows(self, generated: Batch, features: Tensor) -> list[Row]:
        """Score generated examples, whose features are ``[N, F]``; the floor is held-out ones'."""
        if self._head is None:
            return []
        with torch.no_grad():
            logits, real = self._head(features), self._head(self.real.held_out)
        return [*self._accuracy(generated, logits, real), self._score(logits, real)]

    def _accuracy(self, generated: Batch, logits: Tensor, real: Tensor) -> list[Row]:
        wanted = labels_of(self.real.material.domain, generated)
        if wanted is None or self._classes is None:
            return []
        value, floor = label_accuracy(logits, wanted), label_accuracy(real, self._classes)
        return [Row(_ACCURACY, "", value, floor, "higher", 3, self._provenance(len(logits)))]

    def _score(self, logits: Tensor, real: Tensor) -> Row:
        n = min(len(logits), len(real))  # the score grows a little with the number of examples
        value, floor = (inception_score(each[evenly(len(each), n)]) for each in (logits, real))
        return Row(_SCORE, "", value, floor, "match", 3, self._provenance(n))

    def _provenance(self, samples: int) -> Provenance:
        material, extractor = self.real.material, self.real.extractor
        head = digest(self._head.state_dict()) if self._head is not None else ""
        return material.provenance(
            [material.held_out], samples, extractor.name, combined(extractor.sha256, head)
        )
