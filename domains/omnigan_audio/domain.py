"""The audio domain: waveforms, from sound files to sound files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from omnigan.dataset_domain import DatasetDomain
from omnigan.domain import (
    Artifact,
    Batch,
    BatchSource,
    Conditions,
    DomainConfig,
    Judgements,
    Metric,
    Notify,
    Space,
    Split,
    Standalone,
    silent,
)
from omnigan.latents import between, draw
from omnigan.layout import channels_last
from omnigan_audio.config import AudioConfig

if TYPE_CHECKING:
    from omnigan_audio.data import Audio
    from omnigan_audio.data_config import AudioData
    from omnigan_audio.vocoder import Mel

__all__ = ["AudioDomain"]

LOOKED_AT = 512
"""Training sounds that the first spectra are taken from."""


class AudioDomain(DatasetDomain):
    """Waveforms ``[1, L]`` in [-1, 1] at one rate.

    They are made from latent vectors, or, by a vocoder, from mel spectrograms.
    """

    Config: ClassVar[type[DomainConfig]] = AudioConfig
    DEFAULTS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "train": {
            "batch_size": 16,
            "rate": {"start": 1e-3, "end": 1e-4},
            "penalties": {
                "r1": {"weight": 0.01, "interval": 4},
                "r2": {"weight": 0.01, "interval": 4},
            },
        },
        "log": {"samples": 16},
    }
    HEADLINE: ClassVar[str] = "log-mel Frechet distance"
    config: AudioConfig

    # ---- data ------------------------------------------------------------------------------

    def load(self, notify: Notify = silent) -> tuple[AudioData, Audio]:
        from omnigan_audio.data import load_audio

        data = self.config.data
        if self.config.generator.vocoder:
            whole = -(-data.samples // self.mel.hop) * self.mel.hop
            data = data.model_copy(update={"length": whole})
        return load_audio(data, notify)

    @property
    def space(self) -> Space:
        return Space((1, self.config.data.samples), -1.0, 1.0)

    @property
    def rate(self) -> int:
        """Samples per second, in Hz."""
        return self.config.data.rate

    @property
    def pitched(self) -> bool:
        """Whether the networks are given a pitch."""
        return self.config.data.pitch != "none" and not self.config.generator.vocoder

    @property
    def mel(self) -> Mel:
        """The spectrograms of a vocoder."""
        from omnigan_audio.vocoder import Mel

        return Mel(self.rate, self.config.generator.bands)

    @property
    def paired(self) -> bool:
        return self.config.generator.vocoder

    @property
    def headline(self) -> str:
        return "mel error" if self.paired else self.HEADLINE

    def source(self, split: Split) -> BatchSource:
        from omnigan_audio.vocoder import MelSource

        source = super().source(split)
        assert isinstance(source, BatchSource)
        return MelSource(source, self.mel) if self.config.generator.vocoder else source

    # ---- networks --------------------------------------------------------------------------

    def generator(self) -> nn.Module:
        from omnigan_audio.networks import build_generator, build_vocoder
        from omnigan_audio.spectra import check_bands, sizes_for

        options = self.config.generator
        if options.vocoder:
            check_bands(self.rate, sizes_for(self.rate)[0], options.bands)
            return build_vocoder(self.rate, options)
        made = build_generator(
            self.space.shape, self.rate, options, len(self.labels()), self.pitched
        )
        return channels_last(made)

    def discriminator(self) -> nn.Module:
        from omnigan_audio.networks import build_discriminator
        from omnigan_audio.vocoder import VocoderCritics

        options, labels = self.config.discriminator, len(self.labels())
        critics = build_discriminator(self.space.shape, self.rate, options, labels, self.pitched)
        judge = VocoderCritics(critics) if self.config.generator.vocoder else critics
        return channels_last(judge)

    def initialise(self, generator: nn.Module, discriminator: nn.Module) -> None:
        from omnigan_audio.networks import start_from

        if not self.config.generator.vocoder:
            start_from(generator, self.some(LOOKED_AT, torch.Generator().manual_seed(0)))

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        return self._latent(n, rng, self.config.data.samples)

    def _latent(self, n: int, rng: torch.Generator, samples: int) -> dict[str, Tensor]:
        from omnigan_audio.networks import latent_shapes

        options = self.config.generator
        if options.vocoder:
            return {}
        return {
            name: draw(options.latent if name == "z" else "normal", (n, *shape), rng)
            for name, shape in latent_shapes(options, self.rate, samples).items()
        }

    def between(self, a: Tensor, b: Tensor, share: float) -> Tensor:
        return between(self.config.generator.latent, a, b, share)

    def generator_terms(
        self, generated: Tensor, real: Batch, judged: Judgements, progress: float
    ) -> dict[str, Tensor]:
        from omnigan_audio.vocoder import vocoder_terms

        if not self.config.generator.vocoder:
            return {}
        return vocoder_terms(generated, real, judged, self.rate)

    # ---- conditions ------------------------------------------------------------------------

    def labels(self) -> Sequence[str]:
        return () if self.config.generator.vocoder else self.config.data.label_names or ()

    def complete(self, cond: Conditions, rng: torch.Generator) -> Conditions:
        if self.config.generator.vocoder and "mel" not in cond:
            held_out = self.source("valid")
            place = int(torch.randint(len(held_out), (), generator=rng))
            return {"mel": held_out.read(place, rng).cond["mel"].unsqueeze(0)}
        if self.pitched and "pitch" not in cond:
            return {**cond, "pitch": self._pitch(cond, rng)}
        return cond

    def _pitch(self, cond: Conditions, rng: torch.Generator) -> Tensor:
        """Draw a pitch ``[1]`` that occurs with the label."""
        known = self._pitches(int(cond["label"]) if "label" in cond else 0)
        return known[torch.randint(len(known), (1,), generator=rng)]

    def _pitches(self, label: int) -> Tensor:
        """Return the pitches that occur with a label."""
        return torch.tensor((self.config.data.pitches or ())[label])

    def conditions_of(self, x: Tensor, label: str | None) -> Conditions:
        """Return the label with the nearest pitch it occurs with, or a vocoder's spectrograms."""
        from omnigan_audio.metrics.pitch import nearest_pitch

        if self.config.generator.vocoder:
            return {"mel": self.mel.of(x)}
        cond = {} if label is None else dict(self.condition(label, len(x)))
        if self.pitched:
            known = self._pitches(0 if label is None else list(self.labels()).index(label))
            cond["pitch"] = nearest_pitch(x, self.rate, known)
        return cond

    def ask(self, wish: str, rng: torch.Generator) -> dict[str, Tensor]:
        from omnigan_audio.wishes import length_wished, pitch_wished, spectrogram_wished

        if self.config.generator.vocoder:
            return {"mel": spectrogram_wished(wish, self.mel)}
        if wish.startswith("pitch="):
            return {"pitch": pitch_wished(wish, self.pitched)}
        samples = length_wished(wish, self.rate, self.config.generator.body)
        longer = self._latent(1, rng, samples)
        return {name: value for name, value in longer.items() if name != "z"}

    # ---- what comes out --------------------------------------------------------------------

    def render_many(self, x: Tensor, folder: Path, notify: Notify) -> list[Artifact]:
        from omnigan_audio.render import render

        return render(x, self.rate, folder, notify)

    def overview(self, x: Tensor, folder: Path) -> list[Artifact]:
        from omnigan_audio.render import render_overview

        return render_overview(x, self.rate, folder)

    def preview(self, x: Tensor, folder: Path) -> list[Artifact]:
        from omnigan_audio.render import render_overview

        return render_overview(x, self.rate, folder, self.labels())

    def animate(self, x: Tensor, folder: Path) -> list[Artifact]:
        return self.overview(x, folder)

    def objects(self, x: Tensor) -> list[Any]:
        """Return waveforms as float32 arrays ``[T]`` at :attr:`rate`."""
        from omnigan_audio.render import to_waves

        return list(to_waves(x))

    def file_endings(self) -> Collection[str]:
        from omnigan_audio.data.decode import ENDINGS

        return ENDINGS

    def read_file(self, path: Path) -> Tensor:
        from omnigan_audio.data import read_file

        return read_file(path, self.config.data)

    def standalone(self) -> Standalone:
        from omnigan_audio.standalone import sounds_from_latents, sounds_from_mels

        if self.config.generator.vocoder:
            return sounds_from_mels(self.mel, self.config.data.samples)
        pitches = (self.config.data.pitches or ()) if self.pitched else None
        return sounds_from_latents(self.rate, self.config.generator, pitches)

    # ---- measures --------------------------------------------------------------------------

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        from omnigan_audio.metrics.paired import stft_error

        return stft_error(x, y, self.rate)

    def embed(self, x: Tensor) -> Tensor:
        from omnigan_audio.embedding import pooled_log_mel

        return pooled_log_mel(x, self.rate)

    def feature_network(self) -> nn.Module:
        from omnigan_audio.recogniser import Recogniser

        return Recogniser(self.rate)

    def feature_networks(self) -> Mapping[str, Callable[[], nn.Module]]:
        from omnigan_audio.pretrained import Crepe, Resemblyzer

        return {
            "crepe": lambda: Crepe(self.rate),
            "resemblyzer": lambda: Resemblyzer(self.rate),
        }

    def for_copies(self, x: Tensor) -> Tensor:
        from omnigan.equal_power import at_equal_power

        return at_equal_power(x)

    def metrics(self) -> Mapping[str, Metric]:
        from omnigan_audio.metrics import suite

        return suite(self.rate, self._strides(), pairs=self.paired, pitched=self.pitched)

    def health(self, x: Tensor) -> list[str]:
        from omnigan_audio.health import health

        return health(x, self.rate, self._strides())

    def _strides(self) -> Sequence[int]:
        from omnigan_audio.networks import strides_of

        return strides_of(self.config.generator, self.rate)
