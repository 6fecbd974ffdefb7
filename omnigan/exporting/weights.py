"""``model.safetensors``: written from a network, and read into one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize
from torch import Tensor, nn

from omnigan.errors import UserError, did_you_mean, listed
from omnigan.soundness import is_sound

__all__ = ["DTYPES", "Dtype", "fill_from", "opened", "packed", "stored"]

Dtype = Literal["fp32", "bf16"]
DTYPES: tuple[str, ...] = get_args(Dtype)


def packed(network: nn.Module, dtype: Dtype) -> bytes:
    """Return a network's weights as a safetensors file.

    Args:
        network: Whose; see :func:`stored`.
        dtype: ``fp32`` or ``bf16``.

    Raises:
        UserError: There is no such dtype.
    """
    if dtype not in DTYPES:
        raise UserError(
            f"dtype must be {listed(DTYPES)}, not {dtype!r}.{did_you_mean(dtype, DTYPES)}"
        )
    tensors = {
        name: value.detach().cpu().to(kind).contiguous()
        for name, value, kind in stored(network, dtype)
    }
    return serialize(tensors, metadata={"format": "pt"})


def stored(network: nn.Module, dtype: str) -> Iterator[tuple[str, Tensor, torch.dtype]]:
    """Yield the tensors of a network by name, each with the type that it is stored as.

    What was learnt in float32 becomes ``dtype``. Buffers stay what they are: they are small, and
    may be frequencies, tables or variances, to which three digits are too few.
    """
    learnt = {"fp32": torch.float32, "bf16": torch.bfloat16}[dtype]
    for name, value in network.state_dict(keep_vars=True).items():
        is_learnt = isinstance(value, nn.Parameter) and value.dtype is torch.float32
        yield name, value, learnt if is_learnt else value.dtype


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a safetensors file.

    Raises:
        UserError: It is missing, damaged, or something else.
    """
    if not path.is_file():
        raise UserError(f"{path.parent} is not a whole export: it has no {path.name}.")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            yield file
    except (SafetensorError, OSError, ValueError) as error:
        reason = ascii(str(error))[1:-1]  # it may quote the file
        raise UserError(f"{path} is damaged, or no safetensors file: {reason}") from error


def fill_from(path: Path, network: nn.Module) -> None:
    """Copy a file that :func:`omnigan.exporting.claims.check_claims` found fitting into a network.

    Raises:
        UserError: The file is damaged, or holds what is no number, or a weight that is infinite.
    """
    with opened(path) as file, torch.no_grad():
        for name, own in network.state_dict(keep_vars=True).items():
            value: Tensor = file.get_tensor(name)
            if not is_sound(value, weight=isinstance(own, nn.Parameter)):
                raise UserError(f"{path}: {name!r} holds numbers that are not finite.")
            own.copy_(value)
