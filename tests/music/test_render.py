"""What render writes, read back with Pillow, the standard library's wave module and mido."""

from __future__ import annotations

import wave
from pathlib import Path

import mido
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from omnigan_music import render as render_module
from omnigan_music.grid import Grid, Voice
from omnigan_music.piano_roll import PALETTE, Notes, contact_sheet, piano_roll
from omnigan_music.render import render, render_overview

needs_renderer = pytest.mark.skipif(
    not render_module.can_render(), reason="midirenderer is not installed"
)

BAND = Grid(
    voices=(
        Voice("Flute", 73, False, True, 60, 83),
        Voice("Bass", 33, False, True, 36, 59),
        Voice("Drums", 0, True, False, 35, 51),
    ),
    beats_per_bar=4,
    beat_unit=4,
    steps_per_beat=4,
    bars=2,
    tempo=120.0,
)
SECONDS = 4.0  # two bars of four beats at 120 beats a minute
PAPER = (255, 255, 255)


def phrase(*notes: tuple[int, int, int, int], grid: Grid = BAND) -> Tensor:
    """Return a phrase that holds the given (track, start, length, pitch) notes."""
    x = torch.zeros(grid.shape)
    for track, start, length, pitch in notes:
        x[0, track, start : start + length, pitch - grid.low] = 1
        x[1, track, start, pitch - grid.low] = 1
    return x


def table(*notes: tuple[int, int, int, int]) -> Notes:
    return np.array(notes, dtype=np.int64).reshape(-1, 4)


def box(image: Image.Image, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a colour below the legend, the latter two excluded."""
    pixels = np.asarray(image)[28:]
    ys, xs = np.nonzero((pixels == colour).all(axis=-1))
    return int(xs.min()), int(ys.min()) + 28, int(xs.max()) + 1, int(ys.max()) + 29


def dark(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (round(part * 0.55) for part in colour)
    return red, green, blue


def read_wav(path: Path) -> tuple[NDArray[np.int16], int]:
    with wave.open(str(path)) as file:
        assert file.getnchannels() == 2
        assert file.getsampwidth() == 2
        frames = file.readframes(file.getnframes())
        return np.frombuffer(frames, "<i2").reshape(-1, 2), file.getframerate()


def test_each_track_has_its_colour_at_the_right_time_and_pitch() -> None:
    whole = piano_roll(table((0, 0, 32, 83), (1, 0, 32, 36)), BAND)
    left, top, right, _ = box(whole, dark(PALETTE[0]))[0], *box(whole, PALETTE[0])[1:]
    step = (right + 1 - left) / 32
    bottom = box(whole, PALETTE[1])[3]
    row = (bottom - top + 1) / 48  # the two voices span 48 semitones, the gap included

    image = piano_roll(table((0, 8, 4, 72), (1, 20, 8, 48)), BAND)
    for colour, start, end, pitch in ((PALETTE[0], 8, 12, 72), (PALETTE[1], 20, 28, 48)):
        edge, body = box(image, dark(colour)), box(image, colour)
        assert edge[0] == pytest.approx(left + start * step, abs=1)
        assert edge[2] == body[0]
        assert body[2] + 1 == pytest.approx(left + end * step, abs=1)
        assert (body[1] + body[3]) / 2 == pytest.approx(top + (83 - pitch + 0.5) * row, abs=row / 2)


def test_repeated_notes_show_two_onsets_where_a_held_one_shows_one() -> None:
    def onsets(notes: Notes) -> int:
        pixels = np.asarray(piano_roll(notes, BAND))[28:]
        edges = (pixels == dark(PALETTE[0])).all(axis=-1).any(axis=0).astype(int)
        return int((np.diff(edges, prepend=0) == 1).sum())

    assert onsets(table((0, 0, 8, 70))) == 1
    assert onsets(table((0, 0, 4, 70), (0, 4, 4, 70))) == 2


def test_drums_have_a_lane_below_the_melodic_tracks_with_a_row_a_drum() -> None:
    image = piano_roll(table((1, 0, 4, 36), (2, 0, 1, 42), (2, 16, 1, 35)), BAND)
    bass, drums = box(image, PALETTE[1]), box(image, PALETTE[2])
    assert drums[1] > bass[3]
    pixels = (np.asarray(image) == PALETTE[2]).all(axis=-1)
    pixels[:28] = False  # the legend
    hat, kick = pixels[:, : image.width // 2], pixels[:, image.width // 2 :]
    assert np.nonzero(hat)[0].max() < np.nonzero(kick)[0].min()


def test_a_stray_pitch_outside_every_melodic_voice_is_drawn_above_the_others() -> None:
    image = piano_roll(table((0, 0, 4, 83), (1, 0, 4, 96)), BAND)
    assert box(image, PALETTE[1])[3] < box(image, PALETTE[0])[1]


@pytest.mark.parametrize("count", [1, 3, 8, 32])
def test_contact_sheet_shows_every_phrase_once(count: int) -> None:
    sheet = contact_sheet([table((0, 0, 32, 72))] * count, BAND)
    pixels = np.asarray(sheet)[28:]
    edge = (pixels == dark(PALETTE[0])).all(axis=-1)
    # an onset's left edge begins where the pixel to its left and the one above have other colours
    starts = edge & ~np.roll(edge, 1, axis=1) & ~np.roll(edge, 1, axis=0)
    assert starts.sum() == count


def test_a_legend_of_many_tracks_wraps_instead_of_running_out_of_the_picture() -> None:
    voices = tuple(Voice(f"Instrument {n}", n, False, True, 60, 71) for n in range(20))
    grid = Grid(voices, 4, 4, 4, 1, 120.0)
    image = np.asarray(piano_roll(table(), grid))
    for colour in PALETTE[:2]:
        shown = (image == colour).all(axis=-1).sum() / 144  # a swatch is 12 x 12
        assert shown == len(range(PALETTE.index(colour), 20, len(PALETTE)))


def test_each_phrase_is_a_midi_file_and_a_picture_and_the_overview_shows_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = torch.stack([phrase((0, 0, 4, 72)), phrase((1, 0, 8, 40), (2, 4, 1, 36))])
    monkeypatch.setattr(render_module, "can_render", lambda: False)
    artifacts = [*render(x, BAND, tmp_path), *render_overview(x, BAND, tmp_path)]
    names = ["000.mid", "000.png", "001.mid", "001.png", "contact.png"]
    assert [artifact.path.name for artifact in artifacts] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [artifact.kind for artifact in artifacts] == ["midi", "image", "midi", "image", "image"]
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as image:
            image.verify()
    messages = mido.MidiFile(tmp_path / "001.mid")
    played = [m.note for m in messages if m.type == "note_on" and m.velocity]
    assert sorted(played) == [36, 40]


@needs_renderer
def test_wav_plays_the_pitch_that_was_written_and_then_dies_away(tmp_path: Path) -> None:
    render(phrase((0, 0, 16, 69))[None], BAND, tmp_path)
    sound, rate = read_wav(tmp_path / "000.wav")
    assert len(sound) == round((SECONDS + 1) * rate)
    peak = np.abs(sound.astype(int)).max() / 32768
    assert 20 * np.log10(peak) == pytest.approx(-1, abs=0.01)
    second = sound[rate // 2 : rate // 2 + rate, 0] * np.hanning(rate)
    assert np.abs(np.fft.rfft(second)).argmax() == pytest.approx(440, abs=3)
    assert np.abs(sound[-rate:].astype(int)).max() < 0.01 * 32768  # a bar and a second of rest


@needs_renderer
def test_the_last_notes_ring_on_after_the_last_step(tmp_path: Path) -> None:
    render(phrase((1, 28, 4, 48))[None], BAND, tmp_path)
    sound, rate = read_wav(tmp_path / "000.wav")
    end = round(SECONDS * rate)
    assert np.abs(sound[end : end + 1000].astype(int)).max() > 100
    assert np.abs(sound[-100:].astype(int)).max() < 100


@needs_renderer
def test_drums_sound(tmp_path: Path) -> None:
    render(phrase((2, 0, 1, 36), (2, 16, 1, 38))[None], BAND, tmp_path)
    sound, rate = read_wav(tmp_path / "000.wav")
    loudness = [np.abs(part.astype(int)).max() for part in np.array_split(sound[: 4 * rate], 8)]
    assert loudness[0] > 1000
    assert loudness[4] > 1000
    assert loudness[3] < 0.1 * min(loudness[0], loudness[4])


@needs_renderer
def test_an_empty_phrase_is_silence_and_empty_paper(tmp_path: Path) -> None:
    render(phrase()[None], BAND, tmp_path)
    sound, rate = read_wav(tmp_path / "000.wav")
    assert sound.shape == (round((SECONDS + 1) * rate), 2)
    assert not sound.any()
    with Image.open(tmp_path / "000.png") as image:
        below = np.asarray(image.convert("RGB"))[28:]
    assert not any((below == colour).all(axis=-1).any() for colour in PALETTE)


@pytest.mark.parametrize(
    "grid",
    [BAND, Grid((Voice("Tune", 0, False, True, 55, 84),), 3, 4, 12, 16, 90.0)],
    ids=["band", "waltz of 576 steps"],
)
def test_pictures_are_of_a_size_that_fits_a_page(grid: Grid) -> None:
    image = piano_roll(table(), grid)
    assert 600 <= image.width <= 1200
    assert 150 <= image.height <= 420
