"""What turns examples into features, with a name and a hash to know it by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save as serialize
from torch import Tensor, nn

from omnigan.cache import write_atomically
from omnigan.errors import UserError
from omnigan.evaluation.real import combined, digest

__all__ = ["Extractor", "is_whole", "of_network", "serialized"]

_BLOCK = 64  # examples that go through at a time
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Extractor:
    """Features by name.

    Attributes:
        name: ``classifier``, ``random``, ``inception``, ``domain`` or the name of a file.
        sha256: Of the weights, so that other weights of the same name are not taken for these.
        compute: Maps examples ``[B, *shape]`` on a device to features ``[B, F]``.
        note: What a person should know about it, such as how accurate a classifier is.
        network: The feature network, if there is one.
        head: What makes logits ``[B, classes]`` of the features, where they were learned from
            the classes of this domain's training examples.
        cheap: Whether a large training set goes through in seconds.
    """

    name: str
    sha256: str
    compute: Callable[[Tensor, torch.device], Tensor]
    note: str = ""
    network: nn.Module | None = None
    head: nn.Module | None = None
    cheap: bool = True

    @property
    def described(self) -> str:
        """Name, hash and note in a few words."""
        return ", ".join(filter(None, (f"{self.name} {self.sha256[:12]}", self.note)))

    def features(self, x: Tensor, device: torch.device = _CPU) -> Tensor:
        """Return the features ``[N, F]`` of examples ``[N, *shape]``, float32 on the CPU.

        Raises:
            UserError: They are not one finite row per example.
        """
        with torch.no_grad():
            blocks = [self.compute(block, device).float().cpu() for block in torch.split(x, _BLOCK)]
        features = torch.cat(blocks)
        if features.ndim != 2 or len(features) != len(x) or not bool(features.isfinite().all()):
            raise UserError(
                f"The features '{self.name}' of {len(x)} examples must be as many rows of finite "
                f"numbers, not of the shape {list(features.shape)}."
            )
        return features

    def save(self, path: Path) -> None:
        """Write the weights to a ``.safetensors`` file that can be named as features.

        Raises:
            UserError: There is no network of omnigan's behind it, or the file cannot be written.
        """
        if self.network is None:
            raise UserError(f"The features '{self.name}' have no weights to save.")
        if not write_atomically(path, serialized(self.network, self.name, self.note)):
            raise UserError(f"{path} cannot be written.")


def of_network(
    name: str, network: nn.Module, note: str = "", head: nn.Module | None = None
) -> Extractor:
    """Return the extractor of a network that is called as ``net(x)``; see there for ``head``."""
    network = network.eval().requires_grad_(False)

    def compute(x: Tensor, device: torch.device) -> Tensor:
        # TensorFloat-32 would change features in the fourth digit.
        with torch.backends.cudnn.flags(allow_tf32=False):
            features: Tensor = network.to(device)(x.to(device))
        return features

    return Extractor(name, digest(network.state_dict()), compute, note, network, head)


def serialized(network: nn.Module, name: str, note: str) -> bytes:
    """Return a feature network as a safetensors file."""
    state = network.state_dict()
    weights = {key: value.detach().cpu().contiguous() for key, value in state.items()}
    facts = {"format": "pt", "omnigan": "features", "name": name, "note": note}
    return serialize(weights, {**facts, "sha256": _seal(weights, note)})


def is_whole(weights: Mapping[str, Tensor], facts: Mapping[str, str]) -> bool:
    """Tell whether a file that :func:`serialized` gave still holds what it was given."""
    return facts.get("sha256") == _seal(weights, facts.get("note", ""))


def _seal(weights: Mapping[str, Tensor], note: str) -> str:
    return combined(digest(weights), note)
