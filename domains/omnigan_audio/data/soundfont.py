"""Notes and drum hits of the General MIDI SoundFont that the package pretty_midi carries."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from omnigan.errors import UserError, did_you_mean
from omnigan_audio.data.general_midi import DRUMS, FAMILIES, KITS, UNPITCHED, drum_class, family
from omnigan_audio.data_config import SoundFont

__all__ = ["RATE", "Note", "notes_of", "render_notes", "renderer", "soundfont_file"]

RATE = 48_000
"""The only rate that midirenderer renders at, in Hz."""

_STEP = 64  # samples that the renderer makes at once; events happen between them
_TICKS = 2  # of a MIDI file in a step: events lie between two steps, so that rounding moves none
_LENIENCE = 0.1  # seconds rendered beyond the length of a clip, for instruments that start late
_HELD = 0.8  # share of a clip after which the note is let go
_SILENT = 8  # steps between two notes in which nothing sounds
_DRUM_CHANNEL = 9
_DATA, _SOUND_OFF, _VOLUME, _REVERB, _CHORUS = 6, 120, 7, 91, 93
_PARAMETER_LOW, _PARAMETER_HIGH = 100, 101
_BEND_RANGE = 12  # semitones
_SENDS = (15, 16)  # a SoundFont's settings of chorus and reverberation
_INSTALL = "Install them with: pip install 'omnigan[demo]'"


@dataclass(frozen=True)
class Note:
    """One sound of the SoundFont.

    Attributes:
        label: Family of the instrument, or class of the drum.
        program: The instrument, or the drum kit.
        key: MIDI pitch, or key of the percussion map.
        velocity: How hard it is played, 1 to 127.
        drum: Whether it is a drum hit.
        tuning: Semitones by which it is tuned.
    """

    label: str
    program: int
    key: int
    velocity: int
    drum: bool = False
    tuning: float = 0.0

    @property
    def name(self) -> str:
        """A name for reports, unlike that of any other sound."""
        kind = f"kit {self.program}" if self.drum else f"program {self.program}"
        tuned = f", tuned {self.tuning:+.3f}" if self.tuning else ""
        return f"{self.label}/{kind}, key {self.key}, velocity {self.velocity}{tuned}"

    @property
    def pitch(self) -> int:
        """MIDI pitch, -1 where there is none."""
        return -1 if self.drum or self.label in UNPITCHED else self.key


def notes_of(settings: SoundFont) -> list[Note]:
    """Return every sound that the settings ask for.

    Raises:
        UserError: A family does not exist, or nothing is left.
    """
    wanted = _wanted(settings)
    notes = [
        Note(family(program), program, key, velocity)
        for program in range(128)
        for key in range(settings.lowest, settings.highest + 1)
        for velocity in settings.velocities
        if settings.kinds != "drums" and family(program) in wanted
    ]
    hits = [
        Note(drum_class(key), kit, key, velocity, True, tuning)
        for name, keys in DRUMS.items()
        for kit in KITS
        for key in keys
        for velocity in settings.velocities
        for tuning in _tunings(settings)
        if settings.kinds != "notes" and name in wanted
    ]
    if not notes and not hits:
        raise UserError(
            f"data.soundfont: none of the families {', '.join(sorted(wanted))} is among the "
            f"{settings.kinds}; change data.soundfont.kinds or data.soundfont.families"
        )
    return notes + hits


def _wanted(settings: SoundFont) -> set[str]:
    known = (*FAMILIES, *DRUMS)
    if settings.families is None:
        return set(known) - {"sound effects"}
    for name in settings.families:
        if name not in known:
            raise UserError(
                f"data.soundfont.families: there is no '{name}'.{did_you_mean(name, known)} Known "
                f"are {', '.join(known)}"
            )
    return set(settings.families)


def _tunings(settings: SoundFont) -> list[float]:
    count = settings.tunings
    if count == 1 or settings.tuning == 0:
        return [0.0]
    return [settings.tuning * (2 * number / (count - 1) - 1) for number in range(count)]


def soundfont_file() -> Path:
    """Return the SoundFont, without importing the packages that it needs.

    Raises:
        UserError: One of them is missing.
    """
    for package in ("midirenderer", "mido"):
        if importlib.util.find_spec(package) is None:
            raise UserError(f"data.source: 'soundfont' needs the package {package}. {_INSTALL}")
    spec = importlib.util.find_spec("pretty_midi")
    for place in (spec.submodule_search_locations or []) if spec else []:
        file = Path(place) / "TimGM6mb.sf2"
        if file.is_file():
            return file
    raise UserError(
        "data.source: 'soundfont' needs the SoundFont of the package pretty_midi 0.2. Install it "
        "with: pip install 'pretty_midi>=0.2.11,<0.3'"
    )


def renderer() -> str:
    """Return what changes when the sound of a font may: the renderer's version."""
    return version("midirenderer")


@lru_cache(maxsize=1)
def _dry_font(file: Path) -> bytes:
    """Return a SoundFont whose instruments send nothing to reverberation and chorus.

    Both would go on into the next sound.
    """
    font = bytearray(file.read_bytes())
    tables = font.rindex(b"pdta")  # RIFF: four letters, a size in four bytes, the content
    for name in (b"igen", b"pgen"):
        place = font.index(name, tables)
        size = int.from_bytes(font[place + 4 : place + 8], "little")
        settings = np.frombuffer(font, "<u2", size // 2, place + 8).reshape(-1, 2)
        settings[np.isin(settings[:, 0], _SENDS), 1] = 0
    return bytes(font)


def render_notes(notes: Sequence[Note], seconds: float, file: Path) -> Tensor:
    """Render sounds, all in one go.

    Each begins with its attack, is let go after four fifths of the time, and is cut off before
    the next: a sound does not depend on those rendered with it. There is no reverberation and no
    chorus.

    Args:
        notes: The sounds.
        seconds: Length that the note is meant to fill.
        file: The SoundFont.

    Returns:
        ``[len(notes), T]`` float32 at 48 kHz, a little longer than that.
    """
    import midirenderer
    import soundfile

    sounding = -(-round((seconds + _LENIENCE) * RATE) // _STEP)
    spacing = sounding + _SILENT
    midi = _midi(notes, round(_HELD * seconds * RATE / _STEP), sounding, spacing)
    wave = midirenderer.render_wave_from(_dry_font(file), midi)
    samples, _ = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)
    total = len(notes) * spacing * _STEP
    mono = torch.zeros(total)
    played = torch.from_numpy(samples[_STEP : _STEP + total]).mean(1)
    mono[: len(played)] = played
    return mono.view(len(notes), -1)[:, : sounding * _STEP]


def _midi(notes: Sequence[Note], held: int, sounding: int, spacing: int) -> bytes:
    """Return a MIDI file; its first note sounds from the second step on.

    Args:
        notes: One after the other.
        held: Steps until a note is let go.
        sounding: Steps until it is cut off.
        spacing: Steps until the next one.
    """
    import mido

    file = mido.MidiFile(type=0, ticks_per_beat=RATE // _STEP * _TICKS)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)])
    file.tracks.append(track)
    track.extend(_prepared(0) + _prepared(_DRUM_CHANNEL))
    late = 1  # ticks between the last event and the start of the next note
    for note in notes:
        first, *rest = _played(note)
        track.append(first.copy(time=late))
        track.extend(rest)
        channel = first.channel
        track.append(mido.Message("note_off", channel=channel, note=note.key, time=held * _TICKS))
        track.append(_control(channel, _SOUND_OFF, 0, (sounding - held) * _TICKS))
        late = (spacing - sounding) * _TICKS
    track.append(_control(0, _SOUND_OFF, 0, late))  # the renderer stops at the last event
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _prepared(channel: int) -> list[Any]:
    """Return the events that make a channel loud, dry and ready to be tuned."""
    values = (
        *((_VOLUME, 127), (_REVERB, 0), (_CHORUS, 0)),
        *((_PARAMETER_HIGH, 0), (_PARAMETER_LOW, 0), (_DATA, _BEND_RANGE)),
    )
    return [_control(channel, number, value) for number, value in values]


def _played(note: Note) -> Iterator[Any]:
    """Yield the events that start a note, all at one time."""
    import mido

    channel = _DRUM_CHANNEL if note.drum else 0
    bend = min(8191, round(8192 * note.tuning / _BEND_RANGE))
    yield mido.Message("program_change", channel=channel, program=note.program)
    yield mido.Message("pitchwheel", channel=channel, pitch=bend)
    yield mido.Message("note_on", channel=channel, note=note.key, velocity=note.velocity)


def _control(channel: int, number: int, value: int, time: int = 0) -> Any:
    import mido

    return mido.Message("control_change", channel=channel, control=number, value=value, time=time)
