"""Tiny audio runs, from the recipe to everything that can be done with what they learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

import omnigan
from omnigan.cli import main
from omnigan.errors import UserError
from omnigan.evaluation.headline import headline_metric
from omnigan_audio.config import AudioConfig
from omnigan_audio.domain import AudioDomain
from omnigan_audio.metrics.paired import mel_error
from omnigan_audio.vocoder import mel_gap

RATE, LENGTH = 4000, 1024
LABELS = ("bright", "dull")


def note(midi: int, harmonics: int, rate: int = RATE, seconds: float = 0.5) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    frequency = 440 * 2 ** ((midi - 69) / 12)
    waves = (np.sin(2 * np.pi * n * frequency * time) / n for n in range(1, harmonics + 1))
    return 0.5 * sum(waves) * np.exp(-6 * time)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 24 notes in two sub-folders; the dull ones are an octave lower."""
    folder = tmp_path_factory.mktemp("sounds")
    for number in range(24):
        label, midi = LABELS[number % 2], 60 + number // 2 - 12 * (number % 2)
        path = folder / label / f"note-{midi}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, note(midi, 4 - 3 * (number % 2)), RATE)
    return folder


def trained(sounds: Path, out: Path, **sections: Any) -> Path:
    recipe: dict[str, Any] = {
        "domain": "audio",
        "data": {"source": str(sounds), "rate": RATE, "length": LENGTH},
        "generator": {"width": 8},
        "discriminator": {"widths": {"log-spectrogram": 4}},
        "train": {"steps": 4, "batch_size": 4, "device": "cpu"},
        "log": {"samples": 4, "samples_every": 4},
    }
    for name, values in sections.items():
        recipe[name] = {**recipe[name], **values}
    return omnigan.train(recipe, out=out)


@pytest.fixture(scope="module")
def run(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that is given labels and pitches."""
    out = tmp_path_factory.mktemp("runs") / "notes"
    return trained(sounds, out, data={"labels": "folder", "pitch": "auto"})


@pytest.fixture(scope="module")
def vocoder(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a vocoder's run."""
    return trained(
        sounds,
        tmp_path_factory.mktemp("runs") / "vocoder",
        generator={"body": "istft", "vocoder": True, "bands": 16, "depth": 1},
        train={"loss": "least-squares", "penalties": {}, "terms": {"mel": 15, "features": 2}},
    )


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str]]]:
    """Return a function that runs a command and returns its status and the lines it prints."""

    def call(*words: str | Path) -> tuple[int, list[str]]:
        status = main([str(word) for word in words])
        output, errors = capsys.readouterr()
        return status, (output if status == 0 else errors).splitlines()

    return call


def test_a_run_shows_all_samples_at_a_glance_and_in_turn(run: Path) -> None:
    for name in ("real", "step-00000000", "step-00000004"):
        folder = run / "samples" / name
        assert {path.name for path in folder.iterdir()} == {"all.wav", "contact.png"}
        wave, rate = soundfile.read(folder / "all.wav")
        assert rate == RATE
        assert len(wave) == 4 * (LENGTH + round(0.15 * RATE))
        Image.open(folder / "contact.png").verify()
    preview = omnigan.load(run).preview(4)
    assert preview.cond["label"].tolist() == [0, 0, 1, 1]
    bright, dull = preview.cond["pitch"].view(2, 2)
    assert (bright >= 60).all()
    assert (dull < 60).all()  # pitches are drawn from those that occur with the label


def test_a_pitch_can_be_asked_for(
    run: Path, tmp_path: Path, command: Callable[..., tuple[int, list[str]]]
) -> None:
    loaded = omnigan.load(run)
    asked = loaded.generate(3, 1, "dull", ["pitch=72"])
    assert asked.cond["pitch"].tolist() == [72, 72, 72]
    status, lines = command(
        *("sample", run, "--count", "2", "--label", "dull", "--seed", "1"),
        *("--condition", "pitch=72", "--out", tmp_path),
    )
    assert status == 0
    names = ["000.wav", "000.png", "001.wav", "001.png", "contact.png", "all.wav"]
    assert [Path(line).name for line in lines] == names
    wave, _ = soundfile.read(tmp_path / "000.wav", dtype="float32")
    np.testing.assert_allclose(wave, loaded.domain.objects(asked.x)[0], atol=2**-15)


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ("pitch=200", "a MIDI note number from 0 to 127"),
        ("pitch=c", "a MIDI note number from 0 to 127"),
        ("pitch=\N{SUPERSCRIPT TWO}", "a MIDI note number from 0 to 127"),
        (f"pitch={'9' * 5000}", "a MIDI note number from 0 to 127"),
        ("seconds=2", "body spectral makes sounds of one length"),
        ("loud", "write pitch=60 or seconds=2"),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    run: Path, command: Callable[..., tuple[int, list[str]]], wish: str, complaint: str
) -> None:
    status, lines = command("sample", run, "--condition", wish)
    assert status == 2
    assert complaint in " ".join(lines)


@pytest.mark.parametrize("body", ["istft", "snake"])
def test_sounds_of_any_length_can_be_asked_for(sounds: Path, tmp_path: Path, body: str) -> None:
    loaded = omnigan.load(trained(sounds, tmp_path / "run", generator={"width": 8, "body": body}))
    longer = loaded.generate(2, 0, wishes=["seconds=0.8"]).x
    assert longer.shape[2] == pytest.approx(0.8 * RATE, abs=256)
    assert not torch.equal(longer[0], longer[1])
    assert longer[..., -RATE // 4 :].abs().max() > 0
    for wrong in ("1e9", "nan", "inf", "1_0", "\N{ARABIC-INDIC DIGIT ONE}", "0", "-1", ""):
        with pytest.raises(UserError, match="seconds must be above 0 and at most 600"):
            loaded.generate(1, wishes=[f"seconds={wrong}"])
    with pytest.raises(UserError, match="trained without pitch"):
        loaded.generate(1, wishes=["pitch=60"])


def test_a_vocoder_makes_sound_of_a_file_of_any_rate_and_length(
    vocoder: Path, tmp_path: Path, command: Callable[..., tuple[int, list[str]]]
) -> None:
    mine = tmp_path / "mine.flac"
    soundfile.write(mine, note(64, 3, 11025, 1.3), 11025)
    status, lines = command("sample", vocoder, "--condition", mine, "--out", tmp_path / "out")
    assert status == 0
    assert [Path(line).name for line in lines] == ["000.wav", "000.png", "contact.png", "all.wav"]
    wave, rate = soundfile.read(tmp_path / "out" / "000.wav")
    assert rate == RATE
    assert 1.3 * RATE <= len(wave) < 1.3 * RATE + 64
    status, lines = command("sample", vocoder, "--condition", tmp_path / "missing.wav")
    assert status == 2
    assert "missing.wav" in " ".join(lines)


def test_a_vocoder_is_scored_pair_by_pair(vocoder: Path) -> None:
    evaluation = omnigan.evaluate(vocoder, samples=4)
    rows = {(row.metric, row.part): row for row in evaluation.rows}
    assert rows["mel error", ""].value > 0.1
    assert rows["mel error", ""].floor == pytest.approx(0, abs=1e-6)
    assert headline_metric(omnigan.load(vocoder).domain, "auto") == "mel error"
    assert "log-mel Frechet distance" not in {name for name, _ in rows}
    readings = (vocoder / "metrics.jsonl").read_text()
    assert '"mel"' in readings
    assert '"features"' in readings


def test_a_vocoder_gives_back_the_spectrum_of_sounds_it_has_not_learned_from(
    sounds: Path, vocoder: Path
) -> None:
    loaded = omnigan.load(vocoder)
    real = loaded.domain.source("valid").read(0, torch.Generator())
    made = loaded.generate_for({"mel": real.cond["mel"].unsqueeze(0)}).x
    error = float(mel_error(made, real.x.unsqueeze(0), RATE))
    other = loaded.domain.source("valid").read(1, torch.Generator())
    unlike = float(mel_error(other.x.unsqueeze(0), real.x.unsqueeze(0), RATE))
    assert error < 0.5 * unlike


def test_the_mel_loss_of_a_vocoder_falls_as_it_learns(vocoder: Path) -> None:
    domain = omnigan.load(vocoder).domain
    rng = torch.Generator().manual_seed(0)
    real = [domain.source("valid").read(place, rng) for place in range(2)]
    x = torch.stack([each.x for each in real])
    mel = torch.stack([each.cond["mel"] for each in real])
    torch.manual_seed(0)
    network, noise = domain.generator(), domain.latent(2, rng)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        loss = mel_gap(network(**noise, mel=mel), x, RATE)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


def test_vocoders_need_a_body_that_can(sounds: Path) -> None:
    with pytest.raises(ValueError, match="only for body: istft or snake"):
        AudioConfig.model_validate({"generator": {"vocoder": True}})
    data = {"source": str(sounds), "rate": RATE, "length": 1000}
    config = {"data": data, "generator": {"body": "istft", "vocoder": True, "bands": 16}}
    domain = AudioDomain(AudioConfig.model_validate(config)).resolve()
    assert domain.space.shape == (1, 1024)  # whole frames


def test_a_file_of_ones_own_is_found_in_the_latent_space(
    run: Path, tmp_path: Path, command: Callable[..., tuple[int, list[str]]]
) -> None:
    mine = tmp_path / "mine.wav"
    soundfile.write(mine, note(62, 4), RATE)
    status, lines = command(
        "invert", run, mine, "--label", "bright", "--steps", "20", "--out", tmp_path / "out"
    )
    assert status == 0
    assert "distance" in lines[0]
