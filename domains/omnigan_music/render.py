"""Phrases as files that a person can open: MIDI, piano-roll pictures and sound."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from omnigan.domain import Artifact, Notify, silent
from omnigan.told import told
from omnigan_music.grid import Grid
from omnigan_music.piano_roll import contact_sheet, piano_roll
from omnigan_music.sound import can_render, write_wav
from omnigan_music.write import notes_of, to_midi

__all__ = ["render", "render_overview"]


def render(x: Tensor, grid: Grid, folder: Path, notify: Notify = silent) -> list[Artifact]:
    """Write each phrase as ``NNN.mid``, ``NNN.png`` and, with midirenderer, ``NNN.wav``.

    Args:
        x: Phrases ``[B, 2, tracks, steps, pitches]`` with values 0 and 1, ``B`` at least 1.
        grid: Their layout.
        folder: Existing folder to write into.
        notify: Told how many are done.
    """
    artifacts = []
    audible = can_render()
    seconds = grid.steps * grid.quarters_per_step * 60 / grid.tempo
    for number, phrase in enumerate(told(list(x), "writing samples", notify)):
        stem, caption = f"{number:03d}", f"Phrase {number + 1}"
        midi = to_midi(phrase, grid)
        midi.write(str(folder / f"{stem}.mid"))
        piano_roll(notes_of(phrase, grid), grid).save(folder / f"{stem}.png")
        artifacts.append(Artifact(folder / f"{stem}.mid", "midi", caption))
        artifacts.append(Artifact(folder / f"{stem}.png", "image", caption))
        if audible:
            write_wav(midi, seconds, folder / f"{stem}.wav")
            artifacts.append(Artifact(folder / f"{stem}.wav", "audio", caption))
    return artifacts


def render_overview(x: Tensor, grid: Grid, folder: Path) -> list[Artifact]:
    """Write the piano rolls of all phrases, as in :func:`render`, as ``contact.png``."""
    path = folder / "contact.png"
    contact_sheet([notes_of(phrase, grid) for phrase in x], grid).save(path)
    return [Artifact(path, "image", "All phrases")]
