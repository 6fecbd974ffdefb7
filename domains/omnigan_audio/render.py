"""Sounds as files that a person can open: WAV and pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from torch import Tensor

from omnigan.domain import Artifact, Notify, silent
from omnigan.told import told
from omnigan_audio.picture import Wave, contact_sheet, sound_picture

__all__ = ["all_in_turn", "render", "render_overview", "to_waves"]

GAP = 0.15
"""Seconds of silence between two sounds that are played in turn."""


def to_waves(x: Tensor) -> list[Wave]:
    """Return sounds as files have them: float32 arrays ``[T]`` at the rate of the data.

    A DC offset is taken out, and a sound that then leaves [-1, 1] is scaled down, so that it is
    never clipped. What is not a number becomes silence.

    Args:
        x: Waveforms ``[B, 1, T]``.
    """
    x = x.detach().float().cpu().squeeze(1).nan_to_num(0.0, 0.0, 0.0)
    x = x - x.mean(1, keepdim=True)
    x = x / x.abs().amax(1, keepdim=True).clamp(min=1)
    return [wave.numpy() for wave in x]


def render(x: Tensor, rate: int, folder: Path, notify: Notify = silent) -> list[Artifact]:
    """Write each sound as ``NNN.wav``, 16 bits, and ``NNN.png``; see :func:`to_waves`.

    Args:
        x: Waveforms ``[B, 1, T]``.
        rate: In Hz.
        folder: Existing folder to write into.
        notify: Told how many are done.
    """
    digits = max(3, len(str(len(x) - 1)))
    artifacts = []
    for number, wave in enumerate(told(to_waves(x), "writing samples", notify)):
        stem, caption = folder / f"{number:0{digits}d}", f"Sound {number + 1}"
        _write(wave, rate, stem.with_suffix(".wav"))
        sound_picture(wave, rate).save(stem.with_suffix(".png"))
        artifacts.append(Artifact(stem.with_suffix(".wav"), "audio", caption))
        artifacts.append(Artifact(stem.with_suffix(".png"), "image", caption))
    return artifacts


def render_overview(
    x: Tensor, rate: int, folder: Path, labels: Sequence[str] = ()
) -> list[Artifact]:
    """Write ``contact.png``, all sounds at a glance, and ``all.wav``, one after the other.

    Args:
        x: Waveforms ``[B, 1, T]``, at least one, sorted by label if there are any.
        rate: In Hz.
        folder: Existing folder to write into.
        labels: Names of the model's labels; each has a row where the number of sounds allows.
    """
    waves = to_waves(x)
    picture, sound = folder / "contact.png", folder / "all.wav"
    rows = labels if len(labels) > 1 and len(waves) % len(labels) == 0 else ()
    columns = len(waves) // len(rows) if rows else math.ceil(math.sqrt(len(waves)))
    contact_sheet(waves, rate, columns, rows).save(picture)
    _write(all_in_turn(waves, rate), rate, sound)
    return [
        Artifact(picture, "image", "All sounds"),
        Artifact(sound, "audio", "All sounds in turn"),
    ]


def all_in_turn(waves: Sequence[Wave], rate: int) -> Wave:
    """Return sounds ``[T]`` one after the other, with a gap behind each."""
    gap = np.zeros(round(GAP * rate), np.float32)
    return np.concatenate([part for wave in waves for part in (wave, gap)])


def _write(wave: Wave, rate: int, path: Path) -> None:
    import soundfile

    # Rounded here, since libsndfile rounds down, which turns silence into -1 where it can.
    samples = np.rint(wave * 32768.0).clip(-32768, 32767).astype(np.int16)
    content = BytesIO()
    soundfile.write(content, samples, rate, subtype="PCM_16", format="WAV")
    path.write_bytes(content.getvalue())  # where the disk is full, soundfile would not say so
