"""Networks for any grid: shapes, ranges, symmetries and the start from the data."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from omnigan_music.augment import without_parts
from omnigan_music.config import Discriminator, Generator
from omnigan_music.grid import Grid, Voice
from omnigan_music.networks import build_discriminator, build_generator, start_from
from omnigan_music.networks.streams import PERIODS, StreamsDiscriminator, _Harmony, _Motion

LEAD = Voice("Lead", 0, drums=False, monophonic=True, low=60, high=76)
KEYS = Voice("Keys", 0, drums=False, monophonic=False, low=48, high=80)
DRUMS = Voice("Drums", 0, drums=True, monophonic=False, low=36, high=50)

METERS = [(4, 4, 4), (3, 4, 6), (6, 8, 2), (5, 4, 12), (2, 4, 1), (7, 8, 2)]


def grid_of(voices: tuple[Voice, ...], beats: int, unit: int, steps: int) -> Grid:
    return Grid(voices, beats, unit, steps, bars=2, tempo=100.0)


def latent(grid: Grid, options: Generator, n: int) -> dict[str, Tensor]:
    return {"z": torch.randn(n, options.z), "bars": torch.randn(n, grid.bars, options.bar_z)}


@pytest.mark.parametrize("body", ["melodic", "hold", "musegan"])
@pytest.mark.parametrize("voices", [(LEAD,), (KEYS,), (DRUMS,), (LEAD, KEYS, DRUMS)])
@pytest.mark.parametrize(("beats", "unit", "steps"), METERS)
def test_phrases_of_any_grid_are_zeros_and_ones(
    body: str, voices: tuple[Voice, ...], beats: int, unit: int, steps: int
) -> None:
    grid = grid_of(voices, beats, unit, steps)
    options = Generator.model_validate({"body": body, "width": 8})
    network = build_generator(grid, options, labels=2).eval()
    x = network(**latent(grid, options, 3), label=torch.tensor([0, 1, 1]))
    assert x.shape == (3, *grid.shape)
    assert ((x == 0) | (x == 1)).all()
    for track, voice in enumerate(voices):
        outside = torch.ones(grid.pitches, dtype=torch.bool)
        outside[voice.low - grid.low : voice.high - grid.low + 1] = False
        if body != "musegan":
            assert not x[:, :, track, :, outside].any()
            assert voice.drums or not voice.monophonic or x[:, 0, track].sum(-1).max() <= 1
    assert (x[:, 1] <= x[:, 0]).all(), "an onset without a note"


@pytest.mark.parametrize("body", ["streams", "musegan"])
@pytest.mark.parametrize(("beats", "unit", "steps"), METERS)
def test_logits_of_any_grid_and_labels_matter(body: str, beats: int, unit: int, steps: int) -> None:
    grid = grid_of((LEAD, DRUMS), beats, unit, steps)
    options = Discriminator.model_validate({"body": body, "width": 8})
    network = build_discriminator(grid, options, labels=2)
    x = (torch.rand(3, *grid.shape) < 0.1).float()
    first, second = (network(x, label=torch.full((3,), label)) for label in (0, 1))
    assert first.shape == (3,)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("kind", [_Harmony, _Motion])
def test_streams_of_pitches_hear_alike_in_every_key(kind: type[nn.Module]) -> None:
    keys = Voice("Keys", 0, drums=False, monophonic=False, low=36, high=95)
    grid = grid_of((keys,), 4, 4, 4)
    stream = kind(grid, 1, 16)
    x = torch.zeros(4, *grid.shape)
    x[..., 24:36] = (torch.rand(4, 2, 1, grid.steps, 12) < 0.2).float()
    heard = stream(x)
    for shift in (1, 5, 11):
        moved = stream(torch.roll(x, shift, -1))
        torch.testing.assert_close(moved, heard, rtol=1e-4, atol=1e-5)
    elsewhere = torch.roll(x, grid.steps_per_bar // 2, -2)
    assert not torch.allclose(stream(elsewhere), heard), "time must matter"


def test_motion_is_the_spectrum_of_the_intervals() -> None:
    grid = grid_of((KEYS,), 4, 4, 4)
    x = (torch.rand(2, *grid.shape) < 0.1).float()
    moves = _Motion(grid, 1, 8).moves(x)
    for phrase, step in [(0, 1), (0, 7), (1, 31)]:
        sounding, starting = x[phrase, 0, 0, step - 1].nonzero(), x[phrase, 1, 0, step].nonzero()
        intervals = [float(new - old) for old in sounding for new in starting]
        wanted = [
            sum(wave(2 * math.pi * interval / period) for interval in intervals)
            for wave in (math.cos, math.sin)
            for period in PERIODS
        ]
        torch.testing.assert_close(
            moves[phrase, 0, step - 1], torch.tensor(wanted), rtol=0, atol=1e-3
        )


def test_drums_alone_are_heard_without_pitches() -> None:
    network, more = (
        StreamsDiscriminator(grid_of(voices, 4, 4, 4), 16, 0)
        for voices in ((DRUMS,), (DRUMS, KEYS))
    )
    assert len(network.streams) == len(more.streams) - 2
    assert network(torch.zeros(2, 2, 1, 32, 15)).shape == (2,)


def test_a_fresh_network_plays_about_what_the_data_does() -> None:
    torch.manual_seed(0)
    grid = Grid((LEAD, KEYS, DRUMS), 4, 4, 4, bars=4, tempo=100.0)
    phrases = torch.zeros(64, *grid.shape)
    tonic = 60 - grid.low
    phrases[:, 0, 0, :, tonic] = 1  # Lead: one pitch, struck on every beat
    phrases[:, 1, 0, ::4, tonic] = 1
    phrases[:, 0, 1, :, tonic + 4] = 1  # Keys: one long note a bar
    phrases[:, 1, 1, ::16, tonic + 4] = 1
    phrases[:, :, 2, ::8, 0] = 1  # Drums: a kick on the first and third beat
    options = Generator(width=32)
    network = build_generator(grid, options, labels=0)
    start_from(network, phrases, latent(grid, options, 256))
    x = network(**latent(grid, options, 256)).detach().mean(0)
    lead = x[1, 0].sum(-1)
    assert lead[::4].min() > 0.9
    assert lead.view(-1, 4)[:, 1:].max() < 0.1
    assert x[0, 0, :, tonic].mean() > 0.9
    assert x[1, 1, 16, tonic + 4] > 0.9
    assert x[0, 1, :, tonic + 4].mean() > 0.6, "a held note"
    hits = x[1, 2, :, 0]
    assert hits[::8].min() > 0.9
    assert hits[4::8].max() < 0.1


def test_fresh_phrases_differ() -> None:
    torch.manual_seed(0)
    grid = Grid((LEAD,), 4, 4, 4, bars=4, tempo=100.0)
    phrases = torch.zeros(64, *grid.shape)
    pitches = torch.randint(17, (64,)) + LEAD.low - grid.low
    phrases[torch.arange(64), 0, 0, :, pitches] = 1
    phrases[torch.arange(64), 1, 0, 0, pitches] = 1
    options = Generator(width=32)
    network = build_generator(grid, options, labels=0)
    start_from(network, phrases, latent(grid, options, 256))
    x = network(**latent(grid, options, 64)).detach()
    assert len({tuple(each.flatten().tolist()) for each in x}) >= 32


def test_the_musegan_baseline_is_soft_in_training_only() -> None:
    grid = grid_of((KEYS,), 4, 4, 4)
    options = Generator(body="musegan", width=8)
    network = build_generator(grid, options, labels=0)
    x = network.train()(**latent(grid, options, 4))
    assert ((x > 0) & (x < 1)).any()


class TestAugmentation:
    def test_loses_whole_tracks_and_bars_as_often_as_asked(self) -> None:
        x = torch.ones(4000, 2, 3, 8, 5)
        seen = without_parts(x, 4, 0.3, torch.Generator().manual_seed(0))
        tracks = (seen.sum((1, 3, 4)) == 0).any(1).float().mean()
        bars = (seen.view(4000, 2, 3, 4, 2, 5).sum((1, 2, 4, 5)) == 0).any(1).float().mean()
        assert abs(tracks - 0.3) < 0.03
        assert abs(bars - 0.3) < 0.03
        assert (seen.sum((1, 3, 4)) == 0).sum(1).max() == 1

    def test_is_nothing_at_strength_zero(self) -> None:
        x = torch.rand(8, 2, 3, 8, 5)
        assert torch.equal(without_parts(x, 4, 0.0, torch.Generator().manual_seed(0)), x)

    def test_passes_gradient_to_what_is_left(self) -> None:
        x = torch.rand(8, 2, 3, 8, 5, requires_grad=True)
        seen = without_parts(x, 4, 1.0, torch.Generator().manual_seed(0))
        (gradient,) = torch.autograd.grad(seen.sum(), x)
        assert torch.equal(gradient, (seen != 0).float())
