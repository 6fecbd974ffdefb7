"""Examples of the two splits: shape, range, chance, and reading in other processes."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from omnigan.domain import Batch, BatchSource
from omnigan_audio.data import clips as clips_module
from omnigan_audio.data import load_audio

Make = Callable[..., Any]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def all_of(source: Any, seed: int = 0) -> Tensor:
    x: Tensor = source.read_batch(range(len(source)), seeded(seed)).x
    return x


def same(a: Batch, b: Batch) -> bool:
    return torch.equal(a.x, b.x) and all(torch.equal(a.cond[name], b.cond[name]) for name in a.cond)


@pytest.fixture
def recordings(folder: Make) -> Path:
    """Return a folder of six recordings of noise of one to two seconds, each at its own level."""
    rng = np.random.default_rng(0)
    lengths = [8000, 9000, 12000, 14000, 15000, 16000]
    waves = [0.1 * (n + 1) * rng.uniform(-1, 1, size) for n, size in enumerate(lengths)]
    return folder({f"{n}.wav": wave for n, wave in enumerate(waves)}, subtype="FLOAT")  # type: ignore[no-any-return]


@pytest.mark.parametrize("cut", ["attack", "start", "random"])
def test_examples_fit_the_contract(hits: Path, config: Make, cut: str) -> None:
    _, audio = load_audio(config(hits, cut=cut, labels="folder"))
    for split in ("train", "valid"):
        source = audio.source(split)
        assert isinstance(source, BatchSource)
        example = source.read(0, seeded())
        assert example.x.shape == (1, 512)
        assert example.x.dtype == torch.float32
        assert example.cond["label"].shape == ()
        batch = source.read_batch([0] * 3, seeded())
        assert batch.x.shape == (3, 1, 512)
        assert batch.cond["label"].tolist() == [int(example.cond["label"])] * 3
        assert batch.cond["label"].dtype == torch.int64
        x = all_of(source)
        assert x.abs().max() <= 1


def test_numbers_of_16_bits_are_kept_as_they_are(folder: Make, config: Make) -> None:
    rng = np.random.default_rng(0)
    waves = [rng.integers(-2000 * (n + 1), 2000 * (n + 1), 512).astype(np.int16) for n in range(8)]
    source = folder({f"{n}.wav": wave for n, wave in enumerate(waves)})
    _, audio = load_audio(config(source, cut="start", loudness="none"))
    found = torch.cat([all_of(audio.source(split)) for split in ("train", "valid")])
    rows = np.concatenate([audio.train.sound, audio.valid.sound])
    for x, row in zip(found, rows.tolist(), strict=True):
        np.testing.assert_array_equal(x[0] * 32768, waves[row])


def test_loudness(recordings: Path, config: Make) -> None:
    def levels(loudness: str, cut: str) -> tuple[Tensor, Tensor]:
        x = all_of(load_audio(config(recordings, loudness=loudness, cut=cut))[1].source("train"))
        return x.abs().amax(2).flatten(), x.square().mean(2).sqrt().flatten()

    peaks, powers = levels("peak", "start")
    torch.testing.assert_close(peaks, torch.full_like(peaks, 0.9), rtol=0, atol=1e-4)
    peaks, powers = levels("rms", "start")
    assert (powers - 0.1).abs().max() < 0.01  # the fade at the end takes some off
    peaks, powers = levels("none", "start")
    assert peaks.max() / peaks.min() > 2
    peaks, powers = levels("peak", "random")
    assert (peaks - 0.9).abs().max() < 0.02  # the peak of the file may lie elsewhere


def test_rms_stops_where_it_would_clip(folder: Make, config: Make) -> None:
    clicks = {f"{n}.wav": 0.3 * np.eye(1, 512, 40 + n)[0] for n in range(4)}
    for click in clicks.values():
        click[-1] = 0.15
    source = folder(clicks, subtype="FLOAT")
    _, audio = load_audio(config(source, loudness="rms", cut="start"))
    high, low = all_of(audio.source("train"))[:, 0].topk(2).values.T
    torch.testing.assert_close(high, torch.ones_like(high), rtol=0, atol=1e-4)
    torch.testing.assert_close(low, high / 2, rtol=0, atol=1e-4)


def test_random_parts_come_from_all_of_their_split_and_from_nowhere_else(
    folder: Make, config: Make
) -> None:
    numbered = np.arange(1, 20_001) / 32768  # each sample says where it lies
    source = folder({"x.wav": numbered}, subtype="PCM_16")
    settings = {"cut": "random", "loudness": "none", "length": 100}
    _, audio = load_audio(config(source, **settings))
    for split, stretches in (("train", audio.train), ("valid", audio.valid)):
        clips = audio.source(split)
        x = torch.cat([all_of(clips, seed) for seed in range(30)])[:, 0]
        places = (x * 32768).round().long() - 1
        assert (places.diff(dim=1) == 1).all()
        wanted = np.zeros(20_000, bool)
        for first, span in zip(stretches.first, stretches.span, strict=True):
            wanted[first : first + span] = True
        read = np.bincount(places.flatten(), minlength=20_000) > 0
        assert not (read & ~wanted).any()
        assert read.sum() > 0.95 * wanted.sum()


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([1000] * 10, ("sound", "")),
        ([40_000], ("time", "each recording are held out.")),
        ([40_000, 300], ("time", "the longest recording are held out.")),
        (
            [40_000] * 2 + [300] * 10,
            (
                "sound and time",
                "the 2 longest recordings are held out, and 2 of the others as a whole.",
            ),
        ),
    ],
)
def test_what_is_held_out_is_told(
    folder: Make, hit: Make, config: Make, lengths: list[int], expected: tuple[str, str]
) -> None:
    source = folder({f"{n}.wav": hit(n, length) for n, length in enumerate(lengths)})
    report = load_audio(config(source, cut="random", length=100, silence=-120))[1].report()
    by, told = expected
    assert report["split by"] == by
    sentences = [each for each in report["summary"] if "wanted share of the time" in each]
    start = "To come near the wanted share of the time, parts of "
    assert sentences == ([start + told] if told else [])


@pytest.mark.parametrize("cut", ["start", "random"])
@pytest.mark.parametrize("varied", [False, True])
def test_all_chance_comes_from_the_generator(
    recordings: Path, config: Make, cut: str, varied: bool
) -> None:
    more = {"gain": (-6, 3), "polarity": True} if varied else {}
    _, audio = load_audio(config(recordings, cut=cut, **more))
    source = audio.source("train")
    places = list(range(len(source)))
    first = source.read_batch(places, seeded(5))
    torch.rand(100)
    assert same(first, audio.source("train").read_batch(places, seeded(5)))
    resident = source.resident(torch.device("cpu"))
    assert resident is not source
    assert same(first, resident.read_batch(places, seeded(5)))
    assert len(resident) == len(source)
    sent = ForkingPickler.loads(ForkingPickler.dumps(source))
    assert same(first, sent.read_batch(places, seeded(5)))
    changed = not torch.equal(first.x, source.read_batch(places, seeded(6)).x)
    assert changed == (varied or cut == "random")


def test_large_sets_stay_where_they_are(
    recordings: Path, config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = load_audio(config(recordings))[1].source("train")
    monkeypatch.setattr(clips_module, "SMALL", 2 * 512 * len(source) - 1)
    assert source.resident(torch.device("cpu")) is source


def test_a_source_is_sent_by_the_name_of_its_file(recordings: Path, config: Make) -> None:
    source = load_audio(config(recordings, cut="random"))[1].source("train")
    assert len(ForkingPickler.dumps(source)) < 20_000 < source.samples.nbytes


def test_gain_and_polarity(recordings: Path, config: Make) -> None:
    _, audio = load_audio(config(recordings, cut="start", gain=(-12, 12), polarity=True))
    plain = load_audio(config(recordings, cut="start"))[1].source("train")
    source = audio.source("train")
    wanted = plain.read_batch([0] * 400, seeded()).x[:, 0]
    x = source.read_batch([0] * 400, seeded()).x[:, 0]
    factors = (x * wanted).sum(1) / wanted.square().sum(1)
    torch.testing.assert_close(x, factors[:, None] * wanted, rtol=0, atol=1e-5)
    assert 0.4 < float((factors > 0).float().mean()) < 0.6
    sizes = factors.abs()
    assert sizes.max() == pytest.approx(1 / 0.9, abs=1e-3)  # nothing clips
    assert sizes.min() == pytest.approx(10 ** (-12 / 20), rel=0.1)
    drawn = 20 * sizes[sizes < 1.1].log10()
    assert abs(float(drawn.mean()) + 5.5) < 1.5  # evenly spread in dB


def test_silent_parts_are_drawn_again(folder: Make, config: Make) -> None:
    rng = np.random.default_rng(0)
    wave = np.zeros(60_000)
    for start in range(0, 60_000, 6000):
        wave[start : start + 3000] = rng.uniform(-0.5, 0.5, 3000)
    source = folder({"x.wav": wave}, subtype="FLOAT")
    _, audio = load_audio(config(source, cut="random", length=256))
    clips = audio.source("train")
    x = torch.cat([all_of(clips, seed) for seed in range(20)])
    silent = float((x.square().mean(2) < 1e-6).float().mean())
    assert silent < 0.02  # half of all parts are; eight in a row are one in 256
    resident = clips.resident(torch.device("cpu"))
    assert torch.equal(all_of(clips, 3), all_of(resident, 3))


def test_a_recording_shorter_than_an_example_is_followed_by_zeros(
    folder: Make, config: Make
) -> None:
    source = folder({f"{n}.wav": np.full(300 + n, 0.5) for n in range(6)})
    _, audio = load_audio(config(source, cut="random", loudness="none"))
    clips = audio.source("train")
    for reader in (clips, clips.resident(torch.device("cpu"))):
        x = reader.read_batch(range(len(clips)), seeded()).x[:, 0]
        lengths = audio.train.span.tolist()
        for row, length in zip(x, lengths, strict=True):
            assert (row[:length] == 0.5).all()
            assert (row[length:] == 0).all()
