"""Smooth resampling between stages, with the weights [1, 3, 3, 1] (Karras et al. 2020b)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from omnigan.upsampling import BILINEAR
from omnigan_image.networks.sizes import Step

__all__ = ["Resample"]


class Resample(nn.Module):
    """Maps ``[B, C, h, w]`` a stage finer or coarser by bilinear weights; black lies around them.

    Between sides of n and 2 n pixels the weights are 1, 3, 3, 1; between n and 2 n - 1, where the
    outermost pixels of both lie upon each other, they are 1, 2, 1. One direction is the other's
    transpose but for a factor, and both keep the mean of a map, except near its border.

    Args:
        step: The two sizes.
        up: Whether to go to the finer one.
    """

    kernel: Tensor

    def __init__(self, step: Step, up: bool) -> None:
        super().__init__()
        self.up = up
        self.stride = step.stride
        sizes = [k if s == 2 else 1 for k, s in zip(step.kernel, step.stride, strict=True)]
        self.padding = tuple(int(size > 1) for size in sizes)
        rows, columns = (torch.tensor(BILINEAR[size]) for size in sizes)
        kernel = torch.outer(rows / rows.sum(), columns / columns.sum())
        gain = self.stride[0] * self.stride[1] if up else 1
        self.register_buffer("kernel", (gain * kernel)[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        maps = x.flatten(0, 1).unsqueeze(1)  # each channel by itself: one small convolution
        resampled = conv_transpose2d if self.up else conv2d
        y = resampled(maps, self.kernel.to(x.dtype), stride=self.stride, padding=self.padding)
        return y.view(*x.shape[:2], *y.shape[2:])
