"""The recipe sections of the two networks."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from omnigan.domain import Section
from omnigan_audio.spectra import sizes_for

__all__ = ["Body", "CriticName", "Discriminator", "Generator"]

Body = Literal["spectral", "istft", "snake", "wavegan"]
CriticName = Literal["log-spectrogram", "log-mel", "multi-resolution", "multi-period", "wavegan"]
Width = Annotated[int, Field(ge=4, le=4096)]

AUTO_WIDTH: dict[Body, int] = {"spectral": 16, "istft": 128, "snake": 64, "wavegan": 16}
AUTO_CRITIC_WIDTH: dict[CriticName, int] = {
    "log-spectrogram": 16,
    "log-mel": 16,
    "multi-resolution": 8,
    "multi-period": 4,
    "wavegan": 16,
}


class Generator(Section):
    """The generator network.

    Attributes:
        body: ``spectral`` (2-D convolutions give levels and frequencies of a spectrogram; for
            one-shots of a fixed length, learns fastest), ``istft`` (1-D blocks at one frame rate
            before an inverse Fourier transform; any length, cheapest to run), ``snake`` (upsampling
            with periodic activations; any length) or ``wavegan`` (the classic; raw samples).
        width: Channels: for ``spectral`` and ``wavegan`` of the finest stage, doubled in each
            coarser one; for ``snake`` of the coarsest stage, halved in each finer one; for
            ``istft`` of every block.
        z: Size of the latent vector.
        latent: Distribution of the latent vector.
        window: ``spectral`` and ``istft`` only: samples in a window of the spectrogram, a power of
            two; ``auto``: about 32 ms.
        hop: ``spectral`` and ``istft`` only: samples between two windows: a half, a quarter or an
            eighth of a given window; ``auto``: a quarter.
        harmonics: ``spectral`` only, of sounds with pitches: a tone's frequencies are the harmonics
            of its pitch, and the network only says how loud each is at which time, and by how
            much it is out of tune; otherwise every frequency has to be learnt for every pitch.
        depth: ``istft`` only: blocks.
        antialias: ``snake`` only: low-pass filters around each activation (Lee et al. 2023), for
            about twice the time.
        vocoder: ``istft`` and ``snake`` only: the network is given mel spectrograms instead of
            latent vectors, and learns to make the sounds that they were taken from.
        bands: Mel bands of a vocoder.
    """

    OPTIONS: ClassVar = {
        "body": {
            "window": ("spectral", "istft"),
            "hop": ("spectral", "istft"),
            "harmonics": ("spectral",),
            "depth": ("istft",),
            "antialias": ("snake",),
            "vocoder": ("istft", "snake"),
            "bands": ("istft", "snake"),
        }
    }

    body: Body = "spectral"
    width: Literal["auto"] | Width = "auto"
    z: int = Field(default=64, ge=1, le=8192)
    latent: Literal["normal", "uniform"] = "normal"
    window: Literal["auto"] | Annotated[int, Field(ge=16, le=16384)] = "auto"
    hop: Literal["auto"] | Annotated[int, Field(ge=2, le=8192)] = "auto"
    harmonics: bool = False
    depth: int = Field(default=6, ge=1, le=64)
    antialias: bool = False
    vocoder: bool = False
    bands: int = Field(default=80, ge=8, le=512)

    @model_validator(mode="after")
    def _windows_overlap(self) -> Generator:
        if self.window == "auto":
            if self.hop != "auto":
                raise ValueError("has a hop; say which window it is a part of, too")
            return self
        if self.window & (self.window - 1):
            raise ValueError(f"has a window of {self.window} samples; choose a power of two")
        parts = [self.window // part for part in (2, 4, 8)]
        if self.hop != "auto" and self.hop not in parts:
            raise ValueError(
                f"has a hop of {self.hop} samples; for a window of {self.window} choose "
                f"{parts[0]}, {parts[1]} or {parts[2]}"
            )
        return self

    def channels(self) -> int:
        """Return the width, where it was left open the one that suits the body."""
        return AUTO_WIDTH[self.body] if self.width == "auto" else self.width

    def sizes(self, rate: int) -> tuple[int, int]:
        """Return the window and the hop in samples at a sample rate in Hz."""
        window = sizes_for(rate)[0] if self.window == "auto" else self.window
        return window, window // 4 if self.hop == "auto" else self.hop


class Discriminator(Section):
    """The discriminator: one critic, or several that are averaged.

    Attributes:
        critics: ``log-spectrogram`` (2-D convolutions on the level of each frequency in dB;
            cheapest), ``log-mel`` (the same in mel bands), ``multi-resolution`` (complex spectra of
            three window lengths; hears phases), ``multi-period`` (every n-th sample; periodic
            detail) and ``wavegan`` (the classic, on raw samples). Each window length and each
            period is a critic of its own in the average.
        widths: Channels of the first layer, by critic; the others have a width that suits them.
        floor: Level in dB of a full-scale sine below which ``log-spectrogram`` and ``log-mel`` hear
            nothing. Lower ones make gradient penalties harsher on quiet passages.
        bands: ``log-mel`` only: mel bands.
        harmonics: ``log-spectrogram`` and ``log-mel`` only, of sounds with pitches: beside each
            spectrogram lies a picture of where the harmonics of its pitch are.
        periods: ``multi-period`` only: the periods, in samples.
        phase_shuffle: ``wavegan`` only: activations move by up to so many places (Donahue et al.
            2019), lest the critic judge by the phase of the upsampling's artefacts; 0: not at all.
    """

    OPTIONS: ClassVar = {
        "critics": {
            "floor": ("log-spectrogram", "log-mel"),
            "bands": ("log-mel",),
            "harmonics": ("log-spectrogram", "log-mel"),
            "periods": ("multi-period",),
            "phase_shuffle": ("wavegan",),
        }
    }

    critics: Annotated[tuple[CriticName, ...], Field(min_length=1)] = ("log-spectrogram",)
    widths: dict[CriticName, Width] = Field(default_factory=dict)
    floor: float = Field(default=-80.0, ge=-120, le=-20)
    bands: int = Field(default=64, ge=8, le=512)
    harmonics: bool = False
    periods: Annotated[tuple[Annotated[int, Field(ge=1, le=512)], ...], Field(min_length=1)] = (
        2,
        3,
        5,
        7,
        11,
    )
    phase_shuffle: int = Field(default=2, ge=0, le=32)

    @model_validator(mode="after")
    def _widths_belong_to_the_critics(self) -> Discriminator:
        if len(set(self.critics)) < len(self.critics):
            raise ValueError("names a critic twice")
        for critic in self.widths:
            if critic not in self.critics:
                raise ValueError(f"has a width for {critic}, which is not among its critics")
        return self

    def channels(self, critic: CriticName) -> int:
        """Return a critic's width, where it was left open the one that suits it."""
        return self.widths.get(critic, AUTO_CRITIC_WIDTH[critic])
