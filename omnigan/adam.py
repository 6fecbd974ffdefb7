"""PyTorch's Adam without its compiler.

Methods of optimisers tell ``torch.compile`` to leave them alone, and import it to say so, which is
half of the time that a command takes before its first step. Nobody compiles an optimiser here, so
the same methods are used without that word.
"""

from __future__ import annotations

from inspect import unwrap

import torch

__all__ = ["Adam"]


class Adam(torch.optim.Adam):
    """The method of Kingma and Ba 2015; see :class:`torch.optim.Adam`."""

    add_param_group = unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = unwrap(torch.optim.Optimizer.zero_grad)
    step = torch.no_grad()(unwrap(torch.optim.Adam.step))
