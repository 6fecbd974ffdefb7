"""The metrics of real music, against figures found once with other code (a prototype)."""

from __future__ import annotations

import pytest
import torch

from omnigan_music.config import MusicData
from omnigan_music.metrics import metrics_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chorales():
    """Metrics by name, and a training and a held-out half of the chorales, never transposed."""
    pytest.importorskip("music21")
    from omnigan_music.corpus import load_corpus

    _, corpus = load_corpus(MusicData(source="chorales", transpose=0))
    rng = torch.Generator()
    halves = []
    for split in ("train", "valid"):
        phrases = corpus.source(split)
        halves.append(torch.stack([phrases.read(i, rng).x for i in range(len(phrases))]))
    return metrics_for(corpus.grid), *halves


def test_statistics(chorales):
    metrics, train, _ = chorales
    expected = {
        "pitch classes per bar": ((2.94, 3.16, 3.34, 3.84), 0.1),
        "notes of 2 steps or more": ((0.988, 0.953, 0.947, 0.994), 0.01),
        "tonal distance": ((1.745, 1.618, 1.462, 1.685, 1.426, 1.422), 0.03),
        "pitches at once": ((1, 1, 1, 1), 0),
        "empty bars": ((0, 0, 0, 0), 0.002),
    }
    for name, (values, tolerance) in expected.items():
        found = list(metrics[name].compute(train).values())
        assert found == pytest.approx(values, abs=tolerance), name
    assert metrics["scale consistency"].compute(train) == pytest.approx(0.936, abs=0.01)
    assert metrics["groove consistency"].compute(train) == pytest.approx(0.805, abs=0.015)
    assert metrics["pitch-class entropy (bits)"].compute(train) == pytest.approx(2.93, abs=0.03)


def test_floors(chorales):
    metrics, train, valid = chorales
    assert metrics["note length KL"].compute(train, valid) < 0.01
    assert metrics["pitch class KL"].compute(train, valid) < 0.01
    assert metrics["Yang-Lerch overlap"].compute(train, valid)["mean"] > 0.94
    assert metrics["nearest training phrase"].compute(valid, train)["minimum"] > 0


def test_noise_with_the_same_marginals(chorales):
    metrics, train, valid = chorales
    share = train[:, 0].mean((0, 2))
    roll = torch.rand(300, *train.shape[2:], generator=torch.Generator().manual_seed(0))
    roll = (roll < share[:, None]).float()
    noise = torch.stack([roll, torch.zeros_like(roll)], 1)
    assert metrics["note length KL"].compute(noise, valid) == pytest.approx(3.30, abs=0.15)
    assert metrics["Yang-Lerch overlap"].compute(noise, valid)["mean"] == pytest.approx(
        0.1, abs=0.05
    )
    assert metrics["pitch class KL"].compute(noise, valid) < 0.01, "alone it does not tell noise"
    for distance in metrics["tonal distance"].compute(noise).values():
        assert distance == pytest.approx(1.08, abs=0.03)
