"""The music domain: phrases of any set of tracks, from MIDI files to MIDI files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from omnigan.dataset_domain import DatasetDomain
from omnigan.domain import (
    Artifact,
    Batch,
    DomainConfig,
    Draw,
    Judgements,
    Metric,
    Notify,
    Space,
    Standalone,
    silent,
)
from omnigan.latents import between, draw
from omnigan_music.config import MusicConfig, MusicData
from omnigan_music.grid import Grid

if TYPE_CHECKING:
    from omnigan_music.corpus import Corpus

__all__ = ["MusicDomain"]

LOOKED_AT = 512
"""Training phrases that the first output biases, and how many notes are usual, are taken from."""


class MusicDomain(DatasetDomain):
    """Phrases ``[2, tracks, steps, pitches]`` of 0 and 1; see :class:`omnigan_music.grid.Grid`."""

    Config: ClassVar[type[DomainConfig]] = MusicConfig
    DEFAULTS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "train": {
            "rate": {"start": 1e-3, "end": 5e-5},
            "penalties": {
                "r1": {"weight": 0.5, "interval": 4},
                "r2": {"weight": 0.5, "interval": 4},
            },
            "augment": 0.4,
            "terms": {"rhythm": 0.1, "melody": 0.1, "harmony": 0.03},
        },
        "log": {"samples": 4},
    }
    config: MusicConfig

    # ---- data ------------------------------------------------------------------------------

    def load(self, notify: Notify = silent) -> tuple[MusicData, Corpus]:
        from omnigan_music.corpus import load_corpus

        return load_corpus(self.config.data, notify)

    @cached_property
    def grid(self) -> Grid:
        """Layout of a phrase; only a resolved domain has one."""
        return Grid.of(self.config.data)

    @property
    def space(self) -> Space:
        return Space(self.grid.shape, 0.0, 1.0)

    # ---- networks --------------------------------------------------------------------------

    def generator(self) -> nn.Module:
        from omnigan_music.networks import build_generator

        return build_generator(self.grid, self.config.generator, len(self.labels()))

    def discriminator(self) -> nn.Module:
        from omnigan_music.networks import build_discriminator

        return build_discriminator(self.grid, self.config.discriminator, len(self.labels()))

    def initialise(self, generator: nn.Module, discriminator: nn.Module) -> None:
        from omnigan_music.networks import start_from

        rng = torch.Generator().manual_seed(0)
        phrases = self.some(LOOKED_AT, rng)
        start_from(generator, phrases, self.latent(LOOKED_AT, rng))

    def latent(self, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        options = self.config.generator
        shapes = {"z": (n, options.z), "bars": (n, self.grid.bars, options.bar_z)}
        return {name: draw(options.latent, shape, rng) for name, shape in shapes.items()}

    def between(self, a: Tensor, b: Tensor, share: float) -> Tensor:
        return between(self.config.generator.latent, a, b, share)

    def augment(self, x: Tensor, strength: float, rng: torch.Generator) -> Tensor:
        from omnigan_music.augment import without_parts

        return without_parts(x, self.grid.bars, strength, rng)

    def generator_terms(
        self, generated: Tensor, real: Batch, judged: Judgements, progress: float
    ) -> dict[str, Tensor]:
        from omnigan_music.terms import generator_terms

        return generator_terms(generated, real.x, self.grid)

    # ---- labels ----------------------------------------------------------------------------

    def labels(self) -> Sequence[str]:
        return self.config.data.label_names or ()

    # ---- what comes out --------------------------------------------------------------------

    def render_many(self, x: Tensor, folder: Path, notify: Notify) -> list[Artifact]:
        from omnigan_music.render import render

        return render(x, self.grid, folder, notify)

    def overview(self, x: Tensor, folder: Path) -> list[Artifact]:
        from omnigan_music.render import render_overview

        return render_overview(x, self.grid, folder)

    def objects(self, x: Tensor) -> list[Any]:
        from omnigan_music.write import to_midi

        return [to_midi(phrase, self.grid) for phrase in x]

    def file_endings(self) -> Collection[str]:
        from omnigan_music.ingest import ENDINGS

        return ENDINGS

    def read_file(self, path: Path) -> Tensor:
        from omnigan_music.files import read_phrases

        return read_phrases(path, self.config.data, self.grid)

    def standalone(self) -> Standalone:
        from omnigan_music.write import VELOCITY

        grid, how = self.grid, Draw(self.config.generator.latent)
        show = {
            "kind": "piano-roll",
            "tempo": grid.tempo,
            "meter": [grid.beats_per_bar, grid.beat_unit],
            "steps_per_beat": grid.steps_per_beat,
            "low": grid.low,
            "velocity": VELOCITY,
            "resolution": grid.resolution,
            "ticks_per_step": grid.ticks_per_step,
            "tracks": [asdict(voice) for voice in grid.voices],
        }
        return Standalone({"z": how, "bars": how}, show, "omnigan_music.midi_file")

    def for_copies(self, x: Tensor) -> Tensor:
        from omnigan.equal_power import at_equal_power

        return at_equal_power(x)

    def metrics(self) -> Mapping[str, Metric]:
        from omnigan_music.metrics import metrics_for

        return metrics_for(self.grid)

    def health(self, x: Tensor) -> list[str]:
        from omnigan_music.health import complaints

        return complaints(x, [voice.name for voice in self.grid.voices], self._usual_notes)

    @cached_property
    def _usual_notes(self) -> float:
        from omnigan_music.health import notes_in

        return notes_in(self.some(LOOKED_AT, torch.Generator().manual_seed(0)))
