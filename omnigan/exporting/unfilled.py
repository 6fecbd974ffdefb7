"""Networks without storage, built without torch's compiler."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

__all__ = ["Unfilled"]

FILLS = {
    Tensor.normal_,
    Tensor.uniform_,
    nn.init.normal_,
    nn.init.uniform_,
    nn.init.kaiming_normal_,
    nn.init.kaiming_uniform_,
}
"""What fills a tensor with random values."""
DRAWS = {torch.randn, torch.rand}
"""What makes a tensor of random values."""


class Unfilled(TorchFunctionMode):
    """Leaves tensors on the device ``meta`` as they are where they would be filled at random.

    They have no values; but torch imports its compiler to fill them, which takes longer than all
    else that loading an export does.
    """

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        options = kwargs or {}
        if func in FILLS:
            tensor = args[0] if args else options["tensor"]
            if isinstance(tensor, Tensor) and tensor.is_meta:
                return tensor
        if func in DRAWS and "device" not in options:
            options.pop("generator", None)
            return torch.empty(*args, **options)  # type: ignore[call-overload]
        return func(*args, **options)
