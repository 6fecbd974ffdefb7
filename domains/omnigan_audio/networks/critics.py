"""Several critics as one discriminator."""

from __future__ import annotations

from torch import Tensor, nn

from omnigan.domain import Judgement
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.config import CriticName, Discriminator
from omnigan_audio.networks.critic import Critic
from omnigan_audio.networks.periods import PeriodCritic
from omnigan_audio.networks.spectrum_critics import LevelCritic, ResolutionCritic, windows_for
from omnigan_audio.networks.wavegan import WaveganCritic

__all__ = ["Critics"]


class Critics(nn.Module):
    """Waveforms ``[B, 1, L]`` to a list of logits, each ``[B]`` or ``[B, n]``.

    Args:
        length: Samples.
        rate: Sample rate in Hz.
        options: The recipe's section.
        given: What it is told besides.
    """

    def __init__(self, length: int, rate: int, options: Discriminator, given: Given) -> None:
        super().__init__()
        self.critics = nn.ModuleList(
            critic
            for name in options.critics
            for critic in _critics(name, length, rate, options, given)
        )

    def forward(
        self, x: Tensor, label: Tensor | None = None, pitch: Tensor | None = None
    ) -> list[Tensor]:
        """Return the logits of every critic.

        Args:
            x: Waveforms ``[B, 1, L]``.
            label: ``[B]`` integers where the network has labels.
            pitch: ``[B]`` MIDI note numbers where the network is pitched.
        """
        return list(self.judge(x, label, pitch).logits)

    def judge(
        self, x: Tensor, label: Tensor | None = None, pitch: Tensor | None = None
    ) -> Judgement:
        """Return the logits and every layer's features; see :meth:`forward`."""
        features: list[Tensor] = []
        logits: list[Tensor] = []
        for critic in self.critics:
            assert isinstance(critic, Critic)
            seen, judged = critic.features_and_logits(x, label, pitch)
            features += seen
            logits.append(judged)
        return Judgement(logits, features)


def _critics(
    name: CriticName, length: int, rate: int, options: Discriminator, given: Given
) -> list[Critic]:
    width = options.channels(name)
    if name == "wavegan":
        return [WaveganCritic(length, width, options.phase_shuffle, given)]
    if name == "multi-period":
        return [PeriodCritic(period, width, given) for period in options.periods]
    if name == "multi-resolution":
        return [
            ResolutionCritic(window, hop, width, given) for window, hop in windows_for(rate, length)
        ]
    bands = options.bands if name == "log-mel" else 0
    return [
        LevelCritic(
            length,
            rate,
            width=width,
            floor=options.floor,
            bands=bands,
            given=given,
            harmonics=options.harmonics,
        )
    ]
