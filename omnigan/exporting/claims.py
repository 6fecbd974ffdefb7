"""What an export claims to hold, compared with its config before memory is taken for either.

Of the file only the header is read, and the network is built without storage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)

from omnigan.domain import Domain
from omnigan.errors import UserError
from omnigan.exporting.unfilled import Unfilled
from omnigan.exporting.weights import opened, stored

__all__ = ["check_bytes", "check_claims"]

NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.complex64: "C64",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
"""What safetensors calls the types of torch."""

LEAST_MODEL = 2**20
"""A network may always register so many tensors' elements, whatever the file holds."""
MOST_TENSORS = 2**12
"""Of a file that is not here yet, whose header cannot be counted."""

Claim = tuple[str, list[int]]
"""The type and the shape of a tensor, as safetensors says them."""


def check_claims(path: Path, domain: Domain, dtype: str, config: Path) -> None:
    """Compare the header of a file with the network that a domain describes.

    Args:
        path: The ``model.safetensors``.
        domain: The resolved domain.
        dtype: What the weights are stored as.
        config: The file that the domain was read from, for messages.

    Raises:
        UserError: The file is no whole safetensors file, the network cannot be built, or a tensor
            is missing, too many, or of another shape or type.
    """
    claims = _claims(path)
    elements = sum(math.prod(shape) for _, shape in claims.values())
    network = _shadow(domain, len(claims), elements, config)
    own = {
        name: (NAMES.get(kind, "?"), list(value.shape))
        for name, value, kind in stored(network, dtype)
    }
    wrong = [f"{name!r} is missing" for name in sorted(own.keys() - claims.keys())]
    wrong += [f"{name!a} is not of this network" for name in sorted(claims.keys() - own.keys())]
    wrong += [
        f"{name!r} is {_said(claims[name])}, must be {_said(own[name])}"
        for name in own
        if name in claims and claims[name] != own[name]
    ]
    if wrong:
        shown = "; ".join(wrong[:3]) + ("; ..." if len(wrong) > 3 else "")
        raise UserError(f"{path} does not fit {config.name}: {shown}")


def check_bytes(size: int, domain: Domain, dtype: str, config: Path) -> None:
    """Compare the size of a file that is not here yet with the network that a domain describes.

    Args:
        size: Of the ``model.safetensors``.
        domain: The resolved domain.
        dtype: What the weights are stored as.
        config: The file that the domain was read from, for messages.

    Raises:
        UserError: The network cannot be built, or its weights would be larger or much smaller.
    """
    # A tensor takes some bytes of the header, and an element at least one.
    network = _shadow(domain, min(size // 32, MOST_TENSORS), size, config)
    tensors = [value.numel() * kind.itemsize for _, value, kind in stored(network, dtype)]
    wanted = sum(tensors)
    header = 2**16 + 2**10 * len(tensors)
    if not wanted <= size <= wanted + header:
        raise UserError(
            f"{config}: 'config' describes a network of {wanted:,} bytes, and the file of its "
            f"weights has {size:,}."
        )


def _said(claim: Claim) -> str:
    return f"{claim[0]} {claim[1]}"


def _claims(path: Path) -> dict[str, Claim]:
    with opened(path) as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        return {name: (part.get_dtype(), part.get_shape()) for name, part in slices.items()}


class _TooLarge(Exception):
    pass


def _shadow(domain: Domain, tensors: int, elements: int, config: Path) -> nn.Module:
    """Return the domain's generator without storage.

    Raises:
        UserError: It cannot be built, or is much larger than a file of so many tensors.
    """
    try:
        with _bounded(tensors, elements), torch.device("meta"), Unfilled():
            return domain.generator()
    except _TooLarge as error:
        raise UserError(
            f"{config}: 'config' describes a network much larger than the tensors that are there."
        ) from error
    except UserError as error:
        raise UserError(f"{config}: 'config': {error}") from error
    # Whatever a domain stumbles over, the settings are what brought it there.
    except Exception as error:
        reason = ascii(str(error))[1:-1]
        raise UserError(
            f"{config}: no generator can be built from 'config': {reason} (edited by hand?)"
        ) from error


@contextmanager
def _bounded(there: int, filled: int) -> Iterator[None]:
    """Stop the building of a network that takes much more than a file can fill."""
    most_tensors = 64 + 16 * there
    most_elements = LEAST_MODEL + 16 * filled
    tensors = elements = 0

    def note(_module: nn.Module, _name: str, value: Tensor | None) -> None:
        nonlocal tensors, elements
        tensors += 1
        elements += 0 if value is None else value.numel()
        if tensors > most_tensors or elements > most_elements:
            raise _TooLarge

    hooks = [
        register_module_parameter_registration_hook(note),
        register_module_buffer_registration_hook(note),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
