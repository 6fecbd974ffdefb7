"""The metrics as the engine calls them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from omnigan_audio.metrics import collection, suite

RATE, LENGTH = 8000, 2048


def strings(n: int, seed: int, low: float = 110.0, octaves: float = 2.0) -> Tensor:
    """Return decaying harmonic tones ``[n, 1, 2048]`` of random pitch, decay and level."""
    rng = torch.Generator().manual_seed(seed)
    pitch, decay, loudness = torch.rand(3, n, 1, generator=rng)
    time, hertz = torch.arange(LENGTH) / RATE, low * 2 ** (octaves * pitch)
    x = sum(torch.sin(2 * torch.pi * number * hertz * time) / number for number in range(1, 5))
    assert isinstance(x, Tensor)
    return ((0.1 + 0.3 * loudness) * x * (-time / (0.05 + 0.1 * decay)).exp())[:, None]


def numbers(name: str, *sets: Tensor, strides: tuple[int, ...] = (), pairs: bool = False) -> dict:
    """Return the values of a metric by part."""
    found = suite(RATE, strides, pairs=pairs)[name].compute(*sets)
    return dict(found) if not isinstance(found, float) else {"": found}


def test_every_metric_of_real_silent_and_few_sounds() -> None:
    """Numbers, or NaN where there is nothing to measure; never an error."""
    real = strings(64, 0)
    cond = {"pitch": torch.full((64,), 60)}
    for name, metric in suite(RATE, (4, 4), pairs=True, pitched=True).items():
        other = () if metric.against is None else (real,)
        values = metric.compute(real, *((cond,) if metric.against == "conditions" else other))
        parts = values if not isinstance(values, float) else {"": values}
        assert parts, name
        assert all(math.isfinite(value) for value in parts.values()), name
        for x in (torch.zeros(64, 1, LENGTH), real[:2], real[:1]):
            some = {"pitch": cond["pitch"][: len(x)]}
            other = () if metric.against is None else (real[: len(x)],)
            metric.compute(x, *((some,) if metric.against == "conditions" else other))


def test_another_set_of_the_same_kind_is_near_and_others_are_far() -> None:
    train, same, high = strings(600, 0), strings(200, 1), strings(200, 2, low=400)
    noise = 0.1 * torch.randn(200, 1, LENGTH, generator=torch.Generator().manual_seed(3))
    for name, factor in {
        "log-mel Frechet distance": 10,
        "log-mel kernel distance": 10,
        "different bins": 3,
        "divergence of bins": 5,
    }.items():
        (near,), (off,), (far,) = (numbers(name, x, train).values() for x in (same, high, noise))
        assert off > factor * abs(near), name
        assert far > factor * abs(near), name


def test_bins_of_the_latest_training_examples_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    x, train = strings(40, 1), strings(120, 0)
    first = numbers("different bins", x, train), numbers("divergence of bins", x, train)
    monkeypatch.setattr(collection.Bins, "of", None)
    assert (numbers("different bins", x, train), numbers("divergence of bins", x, train)) == first
    with pytest.raises(TypeError):
        numbers("different bins", x, train.clone())


def test_statistics_of_a_set_that_is_known() -> None:
    x = torch.zeros(4, 1, LENGTH)
    time = torch.arange(LENGTH) / RATE
    x[0, 0] = 0.5 * torch.sin(2 * torch.pi * 500 * time)
    x[1, 0] = 0.05 * torch.sin(2 * torch.pi * 1500 * time)
    x[2, 0, :1024] = 1.0
    x[2, 0, 1024:] = -1.0
    assert numbers("silent sounds", x) == {"": 0.25}
    assert numbers("clipped samples", x) == {"": 0.25}
    level = numbers("level (dB)", x[:2])
    assert level["mean"] == pytest.approx(-19.03, abs=0.05)
    assert level["deviation"] == pytest.approx(10, abs=0.05)
    centroid = numbers("spectral centroid (Hz)", torch.cat([x[:2], x[3:]]))
    assert centroid["mean"] == pytest.approx(1000, rel=0.02), "silence has none"
    assert centroid["deviation"] == pytest.approx(500, rel=0.03)


def test_strides_and_pairs_only_where_they_are() -> None:
    assert not {"stride artifacts (dB)", "mel error"} & set(suite(RATE))
    x = strings(16, 0)
    assert set(numbers("stride artifacts (dB)", x, strides=(4, 8))) == {
        "every 8 samples",
        "every 32 samples",
    }
    assert numbers("mel error", x, x, pairs=True)[""] == 0
    assert numbers("mel error", x, strings(16, 1), pairs=True)[""] > 0.1


@pytest.mark.parametrize("rate", [4000, 8001, 11_025, 22_050, 44_100, 96_000])
def test_any_rate_of_recipes(rate: int) -> None:
    x = 0.1 * torch.randn(16, 1, LENGTH, generator=torch.Generator().manual_seed(0))
    metrics = suite(rate, (8,), pairs=True)
    assert len(metrics) > 15
    for name, metric in metrics.items():
        found = metric.compute(x, *(() if metric.against is None else (x,)))
        values = list(found.values()) if hasattr(found, "values") else [found]
        assert values
        assert all(math.isfinite(value) for value in values), name
        if metric.better == "lower":  # a set against itself
            assert max(values) < 0.05, name


def test_pitch_accuracy_asks_for_the_condition() -> None:
    time = torch.arange(4096) / RATE
    x = torch.stack([torch.sin(2 * torch.pi * hertz * time) for hertz in (261.6, 440, 880)])
    metric = suite(RATE, pitched=True)["pitch accuracy"]
    found = metric.compute(0.3 * x[:, None], {"pitch": torch.tensor([60, 69, 69])})
    assert found == pytest.approx(2 / 3)
    assert "pitch accuracy" not in suite(RATE)
