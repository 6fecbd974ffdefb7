"""A set of sounds as examples."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from omnigan.datasets.rows import map_rows, state_to_send
from omnigan.domain import Batch
from omnigan_audio.data.samples import Samples

__all__ = ["Clips", "Parts", "Reading"]

SMALL = 1 << 29
"""Sets of up to so many bytes are kept on the device that trains."""

_TRIES = 8  # random parts that are looked at to find one which is not silent


@dataclass(frozen=True)
class Reading:
    """What happens to a stretch of sound when it is read.

    Attributes:
        length: Samples of an example.
        random: Take a random part of the stretch; else its beginning.
        silence: Mean power, of full scale, below which another random part is taken.
        gain: Lowest and highest random gain in dB.
        polarity: Turn the waveform upside down with a chance of one half.
    """

    length: int
    random: bool
    silence: float
    gain: tuple[float, float]
    polarity: bool


@dataclass(frozen=True)
class Parts:
    """Stretches of sound, ``[M]`` each.

    Attributes:
        first: Place of the first sample among all.
        span: How many samples it has; where they are too few for an example, zeros follow.
        level: What a stored sample is worth, 1 being full scale.
        gain: What brings the stretch to the wanted loudness.
        cond: Conditions by name.
    """

    first: Tensor
    span: Tensor
    level: Tensor
    gain: Tensor
    cond: Mapping[str, Tensor]

    def owners(self, length: int) -> Tensor:
        """Return the stretch of each example, as many as fit in side by side, at least one."""
        return torch.arange(len(self.span)).repeat_interleave((self.span // length).clamp_min(1))


class Clips:
    """A :class:`omnigan.domain.BatchSource` of waveforms ``[1, length]`` in [-1, 1].

    Attributes:
        samples: ``[T]`` int16, mapped from a file if there is one: read-only.
        parts: The stretches that belong to this set.
        reading: How examples are taken from them.
        owner: ``[len(self)]`` int64, the stretch of each example.
    """

    def __init__(self, samples: Samples, file: Path | None, parts: Parts, reading: Reading) -> None:
        self.samples = samples
        self.parts = parts
        self.reading = reading
        self.owner = parts.owners(reading.length)
        self._file = file
        self._held: Tensor | None = None

    def __len__(self) -> int:
        return len(self.owner)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        """Return one waveform; which part, gain and polarity are drawn from ``rng``."""
        batch = self.read_batch([index], rng)
        return Batch(batch.x[0], {name: values[0] for name, values in batch.cond.items()})

    def read_batch(self, indices: Sequence[int], rng: torch.Generator) -> Batch:
        """Return waveforms ``[B, 1, length]``; all chance is drawn from ``rng``."""
        chosen = self.owner[torch.tensor(indices)]
        x = self._loud(chosen, rng) if self.reading.random else self._taken(chosen, None)
        gain = (self.parts.level * self.parts.gain)[chosen].float().to(x.device)
        x = self._varied(x * gain[:, None], rng).clamp_(-1, 1)
        cond = {name: values[chosen].to(x.device) for name, values in self.parts.cond.items()}
        return Batch(x[:, None], cond)

    def _loud(self, chosen: Tensor, rng: torch.Generator) -> Tensor:
        """Return a random part of each stretch ``[B, length]`` that is not silent, if one is found.

        So many numbers are drawn as could be needed, so that no example depends on another.
        """
        drawn = torch.rand(len(chosen), _TRIES, dtype=torch.float64, generator=rng)
        room = (self.parts.span[chosen] - self.reading.length).clamp_min(0)
        offsets = (drawn * (room + 1)[:, None]).long()
        least = self.reading.silence / self.parts.level[chosen]
        x = self._taken(chosen, offsets[:, 0])
        for number in range(1, _TRIES):
            power = x.square().mean(1).sqrt()
            quiet = (power < least.to(x.device)).nonzero()[:, 0].cpu()
            if not len(quiet):
                break
            x[quiet.to(x.device)] = self._taken(chosen[quiet], offsets[quiet, number])
        return x

    def _taken(self, chosen: Tensor, offsets: Tensor | None) -> Tensor:
        """Return numbers as they are stored, ``[B, length]`` float32, from stretches."""
        first, end = self.parts.first[chosen], (self.parts.first + self.parts.span)[chosen]
        first = first if offsets is None else first + offsets
        if self._held is None:
            x = torch.zeros(len(chosen), self.reading.length)
            for row, (low, high) in enumerate(zip(first.tolist(), end.tolist(), strict=True)):
                part = self.samples[low : min(high, low + self.reading.length)]
                x[row, : len(part)] = torch.from_numpy(part.astype(np.float32))
            return x
        device = self._held.device
        places = first.to(device)[:, None] + torch.arange(self.reading.length, device=device)
        last = end.to(device)[:, None] - 1
        return self._held[places.minimum(last)].float().masked_fill_(places > last, 0)

    def _varied(self, x: Tensor, rng: torch.Generator) -> Tensor:
        """Return ``[B, length]`` louder or softer and upside down, as the recipe allows."""
        low, high = self.reading.gain
        if low != high or low != 0:
            drawn = torch.rand(len(x), 1, generator=rng) * (high - low) + low
            limit = 1 / x.abs().amax(1, keepdim=True).clamp_min(1e-6)
            x = x * (10 ** (drawn / 20)).to(x.device).minimum(limit.clamp_min(1))
        if self.reading.polarity:
            signs = torch.randint(0, 2, (len(x), 1), generator=rng) * 2 - 1
            x = x * signs.to(x.device)
        return x

    def resident(self, device: torch.device) -> Clips:
        """Return the same set, with its samples on the device if they are few enough."""
        spans = self.parts.span
        if 2 * int(spans.sum()) > SMALL:
            return self
        kept = copy.copy(self)
        places = zip(self.parts.first.tolist(), spans.tolist(), strict=True)
        joined = np.concatenate([self.samples[first : first + span] for first, span in places])
        kept.parts = replace(self.parts, first=spans.cumsum(0) - spans)
        kept._held = torch.from_numpy(joined).to(device)
        return kept

    def __getstate__(self) -> dict[str, Any]:
        """Send the name of the file to a loader process, not its content."""
        return state_to_send(self.__dict__, "samples")

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._file is not None:
            self.samples = map_rows(self._file)
