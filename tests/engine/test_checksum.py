"""A checksum that notices any bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from omnigan.engine.checksum import checksum


def test_a_checksum_changes_with_every_bit_and_place(game: Any, points: Callable[..., Any]) -> None:
    players = game.after(points(), 2)
    first = checksum(players)
    assert first == checksum(players)
    assert 0 <= first < 2**64
    tensors = [
        *players.generator.state_dict().values(),
        *players.average.state_dict().values(),
        *(
            value
            for optimizer in (players.optimizers.generator, players.optimizers.discriminator)
            for state in optimizer.state.values()
            for value in state.values()
        ),
    ]
    seen = {first}
    for tensor in tensors:
        bits = tensor.detach().view(-1).view(torch.int32)
        for place, bit in ((0, 0), (len(bits) - 1, 31)):
            bits[place] ^= torch.tensor(1 << bit, dtype=torch.int64).to(torch.int32)
            seen.add(checksum(players))
            bits[place] ^= torch.tensor(1 << bit, dtype=torch.int64).to(torch.int32)
    assert len(seen) == 1 + 2 * len(tensors)
    assert checksum(players) == first
    weight = players.generator.state_dict()["body.0.weight"].view(-1)
    weight[:2] = weight[:2].flip(0).clone()
    assert checksum(players) not in seen
