"""What the parts of a batch make of the networks' buffers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from omnigan.engine.buffers import Buffers, unchanged
from omnigan.engine.parts import Shares
from omnigan.engine.ranks.place import Place


class Kept(nn.Module):
    """A network with every kind of buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = spectral_norm(nn.Linear(3, 4))
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("mask", torch.tensor([-torch.inf, 0.1]))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.norm(self.linear(x))
        return made


def _run(network: nn.Module, x: Tensor, shares: list[Shares]) -> list[dict[str, Tensor]]:
    """Return the buffers of each process after a batch."""
    copies = [copy.deepcopy(network) for _ in shares]
    buffers = [Buffers([each], shares[0].parts) for each in copies]
    for mine, own, kept in zip(copies, shares, buffers, strict=True):
        for part in own.mine:
            kept.before_part()
            rows = own.rows(part)
            mine(x[rows])
            kept.after_part((rows.stop - rows.start) / own.whole)
    sums = [sum(each) for each in zip(*(kept.changes for kept in buffers), strict=True)]
    for kept in buffers:
        kept.after_batch(sums)
    return [dict(each.named_buffers()) for each in copies]


def test_buffers_do_not_depend_on_who_computes_which_part() -> None:
    network, x = Kept(), torch.randn(9, 3)
    (alone,) = _run(network, x, [Shares.of(9, 3)])
    for found in _run(network, x, [Shares.of(9, 1, Place(rank, 3)) for rank in range(3)]):
        for name, value in alone.items():
            assert torch.allclose(found[name], value, atol=1e-6), name
    assert int(alone["norm.num_batches_tracked"]) == 1
    assert alone["mask"].tolist() == [-torch.inf, pytest.approx(0.1)]
    before = dict(network.named_buffers())
    assert torch.equal(alone["mask"], before["mask"])
    assert not torch.equal(alone["norm.running_mean"], before["norm.running_mean"])


def test_the_mean_of_the_parts_statistics_stays() -> None:
    network, x = nn.BatchNorm1d(3), torch.randn(6, 3)
    (found,) = _run(network, x, [Shares.of(6, 2)])
    expected = 0.1 * (x[:3].mean(0) + x[3:].mean(0)) / 2
    assert torch.allclose(found["running_mean"], expected, atol=1e-7)


def test_a_batch_in_one_part_is_left_to_the_network() -> None:
    network, x = Kept(), torch.randn(6, 3)
    (found,) = _run(network, x, [Shares.of(6, 1)])
    network(x)
    assert all(torch.equal(found[name], value) for name, value in network.named_buffers())


def test_buffers_are_put_back_as_they_were() -> None:
    network = nn.Sequential(nn.BatchNorm1d(3), spectral_norm(nn.Linear(3, 2)))
    network[0].register_buffer("passing", torch.zeros(2), persistent=False)
    network[0].register_buffer("spread", torch.ones(1).expand(4))  # cannot be written to
    before = {name: value.clone() for name, value in network.named_buffers()}
    with unchanged(network):
        network(torch.randn(8, 3))
        network[0].passing = torch.ones(2)
        assert not torch.equal(before["0.running_mean"], network[0].running_mean)
    after = dict(network.named_buffers())
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], value) for name, value in before.items())
