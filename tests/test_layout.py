"""The layout of weights changes where they lie, not what they are."""

from __future__ import annotations

import torch
from torch import nn

from omnigan.layout import channels_last


def test_only_the_strides_of_two_dimensional_convolutions_change() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.ReLU(), nn.ConvTranspose2d(5, 2, 4), nn.Flatten()
    )
    network.append(nn.Linear(98, 4))
    x = torch.randn(6, 3, 6, 6)
    before, values = network(x), [weight.detach().clone() for weight in network.parameters()]
    optimizer = torch.optim.Adam(network.parameters())
    assert channels_last(network) is network
    for weight, value in zip(network.parameters(), values, strict=True):
        assert torch.equal(weight, value)
        assert weight.is_contiguous(memory_format=torch.channels_last) or weight.dim() != 4
    assert torch.allclose(network(x), before, atol=1e-5)
    assert network[0](x).stride(1) == 1, "what follows is laid out alike"
    network(x).sum().backward()
    optimizer.step()
    assert not torch.equal(next(network.parameters()), values[0]), "an optimiser still finds them"
