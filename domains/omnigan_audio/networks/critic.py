"""What all critics have in common."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from omnigan_audio.networks.conditions import Given, Projection

__all__ = ["Critic", "keep_scale"]


class Critic(nn.Module):
    """A look at a waveform, layers, and logits of the last layer's features.

    Args:
        layers: Applied in turn; what each gives is a feature.
        logit: From the last features ``[B, C, ...]`` to logits ``[B, ...]``.
        channels: Channels of the last features.
        given: What it is told besides.
        places: Of the last features' channels; see :class:`Projection`.
    """

    def __init__(
        self,
        layers: Sequence[nn.Module],
        logit: nn.Module,
        channels: int,
        given: Given,
        places: int = 1,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.logit = logit
        self.projection = Projection(channels, given, places)

    def look(self, x: Tensor, pitch: Tensor | None = None) -> Tensor:
        """Return what the first layer sees of waveforms ``[B, 1, L]``; here they themselves.

        Args:
            x: The waveforms.
            pitch: MIDI note numbers ``[B]``, which some critics look at.
        """
        return x

    def features_and_logits(
        self, x: Tensor, label: Tensor | None = None, pitch: Tensor | None = None
    ) -> tuple[list[Tensor], Tensor]:
        """Return each layer's output and the logits ``[B]``, or ``[B, n]`` for n places.

        Args:
            x: Waveforms ``[B, 1, L]``.
            label: ``[B]`` integers where the network has labels.
            pitch: ``[B]`` MIDI note numbers where the network is pitched.
        """
        features: list[Tensor] = []
        h = self.look(x, pitch)
        for layer in self.layers:
            h = layer(h)
            features.append(h)
        logits: Tensor = self.logit(h).flatten(1)
        fit = self.projection(h, label, pitch)
        if fit is not None:
            logits = logits + fit[:, None]
        return features, logits.squeeze(1)


def keep_scale(network: nn.Module) -> None:
    """Initialise convolutions so that they keep the scale of what goes through (He et al. 2015)."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, 0.2)
