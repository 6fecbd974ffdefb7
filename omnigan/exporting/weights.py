"""``model.safetensors``: written from a network, and read into one without trusting the file.

What the file claims to hold is compared with the network that the config describes before memory is
taken for either: of the file only the header is read, and the network is built without storage.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)

from omnigan.domain import Domain
from omnigan.errors import UserError, did_you_mean, listed

__all__ = [
    "DTYPES",
    "Dtype",
    "check_bytes",
    "check_claims",
    "fill_from",
    "packed",
    "sha256_of",
]

Dtype = Literal["fp32", "bf16"]
DTYPES: tuple[str, ...] = get_args(Dtype)

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


def packed(network: nn.Module, dtype: Dtype) -> bytes:
    """Return a network's weights as a safetensors file.

    Args:
        network: Its float32 weights become ``dtype``; others stay what they are.
        dtype: ``fp32`` or ``bf16``.

    Raises:
        UserError: There is no such dtype.
    """
    if dtype not in DTYPES:
        raise UserError(
            f"dtype must be {listed(DTYPES)}, not {dtype!r}.{did_you_mean(dtype, DTYPES)}"
        )
    tensors = {
        name: value.detach().cpu().to(_stored(value.dtype, dtype)).contiguous()
        for name, value in network.state_dict().items()
    }
    return serialize(tensors, metadata={"format": "pt"})


def _stored(own: torch.dtype, dtype: str) -> torch.dtype:
    """Return what a tensor of a network is stored as."""
    return torch.bfloat16 if dtype == "bf16" and own is torch.float32 else own


def sha256_of(path: Path) -> str:
    """Return the hash of a file.

    Raises:
        UserError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


# ---- before memory is taken --------------------------------------------------------------------


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
        name: (NAMES.get(_stored(value.dtype, dtype), "?"), list(value.shape))
        for name, value in network.state_dict().items()
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
    values = network.state_dict()
    wanted = sum(value.numel() * _stored(value.dtype, dtype).itemsize for value in values.values())
    header = 2**16 + 2**10 * len(values)
    if not wanted <= size <= wanted + header:
        raise UserError(
            f"{config}: 'config' describes a network of {wanted:,} bytes, and the file of its "
            f"weights has {size:,}."
        )


def _said(claim: Claim) -> str:
    return f"{claim[0]} {claim[1]}"


def _claims(path: Path) -> dict[str, Claim]:
    with _opened(path) as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        return {name: (part.get_dtype(), part.get_shape()) for name, part in slices.items()}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise UserError(f"{path.parent} is not a whole export: it has no {path.name}.")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            yield file
    except (SafetensorError, OSError, ValueError) as error:
        reason = ascii(str(error))[1:-1]  # it may quote the file
        raise UserError(f"{path} is damaged, or no safetensors file: {reason}") from error


class _TooLarge(Exception):
    pass


def _shadow(domain: Domain, tensors: int, elements: int, config: Path) -> nn.Module:
    """Return the domain's generator without storage.

    Raises:
        UserError: It cannot be built, or is much larger than a file of so many tensors.
    """
    try:
        with _bounded(tensors, elements), torch.device("meta"):
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


# ---- after that --------------------------------------------------------------------------------


def fill_from(path: Path, network: nn.Module) -> None:
    """Copy a file that :func:`check_claims` found fitting into a network.

    Raises:
        UserError: The file is damaged, or holds numbers that are not finite.
    """
    with _opened(path) as file, torch.no_grad():
        for name, own in network.state_dict().items():
            value: Tensor = file.get_tensor(name)
            if value.is_floating_point() and not bool(torch.isfinite(value).all()):
                raise UserError(f"{path}: {name!r} holds numbers that are not finite.")
            own.copy_(value)
