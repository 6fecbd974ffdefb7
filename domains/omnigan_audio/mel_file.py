"""The mel spectrogram of a WAV file, without any library for sound."""

from __future__ import annotations

import shlex
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["read"]


def read(path: Path, about: Mapping[str, Any]) -> np.ndarray:
    """Return the log-mel spectrogram [bands, frames] of a WAV file, 16 bits, of the right rate.

    The sound is followed by silence up to a whole frame.
    """
    wanted = f"a WAV file of 16 bits and {about['rate']} samples a second"
    convert = f"ffmpeg -i {shlex.quote(str(path))} -ar {about['rate']} -sample_fmt s16 new.wav"
    try:
        with wave.open(str(path)) as file:
            right = file.getsampwidth() == 2 and file.getframerate() == about["rate"]
            channels, content = file.getnchannels(), file.readframes(file.getnframes())
    except (wave.Error, EOFError, RuntimeError):  # the last of a chunk longer than the file
        right = False
    if not right:
        raise SystemExit(f"{path} must be {wanted}. Convert it, for example: {convert}")
    samples = np.frombuffer(content[: len(content) // (2 * channels) * 2 * channels], "<i2")
    sound = samples.reshape(-1, channels).mean(1) / 32768
    window, hop = about["window"], about["hop"]
    if len(sound) < 2 * window:
        raise SystemExit(f"{path} must have at least {2 * window} samples.")
    sound = np.pad(np.pad(sound, (0, -len(sound) % hop)), window // 2, "reflect")
    frames = np.lib.stride_tricks.sliding_window_view(sound, window)[::hop]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    magnitudes = np.abs(np.fft.rfft(frames * hann))
    mel = magnitudes @ _filters(about["rate"], window, about["bands"])
    levels: np.ndarray = np.log(mel.clip(1e-5)).T
    return levels


def _filters(rate: int, window: int, bands: int) -> np.ndarray:
    """Return triangular filters [window // 2 + 1, bands] of equal area on Slaney's mel scale."""
    edges = _hertz(np.linspace(0, _mel(rate / 2), bands + 2))
    frequency = np.linspace(0, rate / 2, window // 2 + 1)[:, None]
    rising = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency) / (edges[2:] - edges[1:-1])
    filters: np.ndarray = np.minimum(rising, falling).clip(0) * 2 / (edges[2:] - edges[:-2])
    return filters


def _mel(hertz: float) -> float:
    """Return a frequency on Slaney's scale: linear up to 1000 Hz, then logarithmic."""
    return 15 + 27 * np.log(hertz / 1000) / np.log(6.4) if hertz >= 1000 else 3 * hertz / 200


def _hertz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel >= 15, 1000 * np.exp((mel - 15) * np.log(6.4) / 27), 200 * mel / 3)
