"""What labels and pitches do to networks."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor, nn

__all__ = ["Condition", "ConditionalNorm", "Given", "Projection", "pitch_features"]

NOTES = 128
"""MIDI note numbers go from 0 to 127; 12 of them are an octave."""
CLASS_WAVES, HEIGHT_WAVES = 6, 6
PITCH_FEATURES = 2 * (CLASS_WAVES + HEIGHT_WAVES)


def pitch_features(pitch: Tensor) -> Tensor:
    """Describe MIDI note numbers ``[B]`` by sines and cosines ``[B, 24]``.

    Those with periods of an octave and its parts tell the twelve pitch classes apart, those with
    long periods the height. So a note that training never showed resembles its octaves, and the
    notes that are about as high.
    """
    octave = torch.arange(1, CLASS_WAVES + 1, device=pitch.device) / 12
    height = torch.arange(1, HEIGHT_WAVES + 1, device=pitch.device) / (2 * NOTES)
    angles = 2 * pi * pitch[:, None] * torch.cat([octave, height])
    return torch.cat([angles.cos(), angles.sin()], 1)


@dataclass(frozen=True)
class Given:
    """What a network is told besides its main input.

    Attributes:
        labels: Number of labels; 0 for none.
        pitched: Whether there are pitches.
    """

    labels: int = 0
    pitched: bool = False


class Condition(nn.Module):
    """Labels and pitches as one vector ``[B, size]``; without either, nothing.

    Args:
        size: Size of the vector.
        given: What there is.
        std: Standard deviation of each of the two parts of a fresh network's vector.
    """

    def __init__(self, size: int, given: Given, std: float = 1.0) -> None:
        super().__init__()
        self.label = nn.Embedding(given.labels, size) if given.labels else None
        self.pitch = nn.Linear(PITCH_FEATURES, size, bias=False) if given.pitched else None
        if self.label is not None:
            nn.init.normal_(self.label.weight, std=std)
        if self.pitch is not None:  # the squares of the features add up to half their number
            nn.init.normal_(self.pitch.weight, std=std * (PITCH_FEATURES / 2) ** -0.5)

    def forward(self, label: Tensor | None, pitch: Tensor | None) -> Tensor | None:
        parts: list[Tensor] = []
        if self.label is not None and label is not None:
            parts.append(self.label(label))
        if self.pitch is not None and pitch is not None:
            parts.append(self.pitch(pitch_features(pitch)))
        return sum(parts[1:], parts[0]) if parts else None


class ConditionalNorm(nn.Module):
    """Batch normalisation with gains and shifts for each condition (Dumoulin et al. 2017).

    Args:
        channels: Channels of the maps ``[B, C, H, W]``.
        given: What it is told besides.
    """

    def __init__(self, channels: int, given: Given) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.condition = Condition(2 * channels, given, std=0.0)

    def forward(self, x: Tensor, label: Tensor | None, pitch: Tensor | None) -> Tensor:
        y: Tensor = self.norm(x)
        moves = self.condition(label, pitch)
        if moves is None:
            return y
        gain, shift = moves[:, :, None, None].chunk(2, 1)
        moved: Tensor = y * (1 + gain) + shift
        return moved


class Projection(nn.Module):
    """The part of a logit that says how well an example fits its condition.

    It is the inner product of pooled features with the condition's vector (projection
    discriminator, Miyato and Koyama 2018).

    Args:
        channels: Channels of the features ``[B, C, ...]``.
        given: What it is told besides.
        places: Of each channel, where each has a weight of its own; 1: their mean counts.
    """

    def __init__(self, channels: int, given: Given, places: int = 1) -> None:
        super().__init__()
        self.places = places
        self.condition = Condition(channels * places, given)

    def forward(
        self, features: Tensor, label: Tensor | None, pitch: Tensor | None
    ) -> Tensor | None:
        """Return a term ``[B]`` of the logits, or None where nothing is given."""
        vector = self.condition(label, pitch)
        if vector is None:
            return None
        pooled = features.flatten(2).mean(2) if self.places == 1 else features.flatten(1)
        fit: Tensor = (vector * pooled).sum(1) * pooled.shape[1] ** -0.5
        return fit
