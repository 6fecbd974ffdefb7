"""What a score was computed from: two scores can be compared only if this is the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields

from omnigan import __version__

__all__ = ["Provenance", "comparable", "differences"]

_WORDS = {
    "extractor": "features",
    "weights": "weights of the features",
    "preprocessing": "preprocessing",
    "reference": "reference split",
    "reference_count": "reference examples",
    "reference_sha256": "content of the reference",
    "samples": "samples",
    "seed": "seed",
    "version": "omnigan",
}
_HASH = 12  # hexadecimal digits of a hash that a person sees


@dataclass(frozen=True)
class Provenance:
    """Everything but the generator that a score depends on.

    Attributes:
        extractor: What looked at the examples: features by name, or ``""`` for a metric that looks
            at the examples themselves.
        weights: SHA-256 of its weights, or ``""``.
        preprocessing: How files became examples, as far as the domain says it.
        reference: The split of real examples that generated ones are held against.
        reference_count: How many of them.
        reference_sha256: Of them with their conditions.
        samples: Generated examples.
        seed: Of every draw of the evaluation.
        version: omnigan's.
    """

    extractor: str
    weights: str
    preprocessing: str
    reference: str
    reference_count: int
    reference_sha256: str
    samples: int
    seed: int
    version: str = __version__

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits that stand for all of it."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_HASH]


def comparable(a: Provenance, b: Provenance) -> bool:
    """Tell whether scores of the same metric may stand in one column."""
    return a == b


def differences(a: Provenance, others: list[Provenance]) -> str:
    """Say in what one provenance differs from any of the others, as in "samples 256, seed 3"."""
    said = []
    for name in (field.name for field in fields(Provenance)):
        value = getattr(a, name)
        if any(getattr(other, name) != value for other in others):
            shown = value[:_HASH] if name in ("weights", "reference_sha256") else value
            said.append(f"{_WORDS[name]} {'none' if shown == '' else shown}")
    return ", ".join(said)
