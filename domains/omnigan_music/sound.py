"""From MIDI to sound, with the SoundFont renderer of the ``demo`` extra."""

from __future__ import annotations

import copy
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
import pretty_midi

__all__ = ["SAMPLE_RATE", "can_render", "write_wav"]

SAMPLE_RATE = 48_000
"""The only rate that midirenderer renders at, in Hz."""

_PEAK = 10 ** (-1 / 20)  # -1 dBFS
_TAIL = 1.0  # seconds in which the last notes die away
_SUSTAIN = 64


def can_render() -> bool:
    """Return whether the renderer is installed."""
    return find_spec("midirenderer") is not None


@cache
def _soundfont() -> bytes:
    return (Path(pretty_midi.__file__).parent / "TimGM6mb.sf2").read_bytes()


def _midi_bytes(midi: pretty_midi.PrettyMIDI, seconds: float) -> bytes:
    """Return the file with a last event at that time, since the renderer stops at the last one."""
    last = copy.copy(midi.instruments[-1])
    sustain_off = pretty_midi.ControlChange(_SUSTAIN, 0, seconds)
    last.control_changes = [*last.control_changes, sustain_off]
    longer = copy.copy(midi)
    longer.instruments = [*midi.instruments[:-1], last]
    buffer = BytesIO()
    longer.write(buffer)
    return buffer.getvalue()


def write_wav(midi: pretty_midi.PrettyMIDI, seconds: float, path: Path) -> None:
    """Write 16-bit stereo sound, its peak at -1 dBFS; without notes it is silence.

    Args:
        midi: The music.
        seconds: Length of the music; the file is one second longer, so that notes die away.
        path: The WAV file.
    """
    import midirenderer
    import soundfile

    frames = round((seconds + _TAIL) * SAMPLE_RATE)
    wave = np.zeros((frames, 2), np.float32)
    if any(instrument.notes for instrument in midi.instruments):
        rendered = midirenderer.render_wave_from(_soundfont(), _midi_bytes(midi, seconds + _TAIL))
        played, _ = soundfile.read(BytesIO(rendered), dtype="float32", always_2d=True)
        wave[: len(played)] = played[:frames]
        wave *= _PEAK / max(float(np.abs(wave).max()), 1e-9)
    content = BytesIO()
    soundfile.write(content, wave, SAMPLE_RATE, subtype="PCM_16", format="WAV")
    path.write_bytes(content.getvalue())  # where the disk is full, soundfile would not say so
