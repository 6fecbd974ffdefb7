"""What the page shows and saves is what independent readers find in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pretty_midi
import soundfile
from PIL import Image

Visit = Callable[[str], Any]


def test_pictures_are_saved_pixel_by_pixel(visit: Visit, server: str) -> None:
    page = visit(f"{server}/image/index.html#seed=3&count=4")
    _, x = page.last()
    name, content = page.saved("#save")
    assert name == "my image-3.png"
    sheet = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    wanted = np.round((np.clip(x, -1, 1) + 1) * 127.5).transpose(0, 2, 3, 1)
    rows = [np.concatenate(list(pair), 1) for pair in (wanted[:2], wanted[2:])]
    assert np.array_equal(sheet, np.concatenate(rows))


def test_music_is_saved_note_by_note(visit: Visit, server: str) -> None:
    page = visit(f"{server}/piano-roll/index.html#seed=3&count=2")
    _, x = page.last()
    name, content = page.saved("#save")
    assert name == "my piano-roll-3.mid"
    midi = pretty_midi.PrettyMIDI(io.BytesIO(content))
    assert [(each.name, each.program, each.is_drum) for each in midi.instruments] == [
        ("Lead", 40, False),
        ("Kit", 0, True),
    ]
    # A step is half a quarter note, of which there are 60 a minute.
    for track, instrument in enumerate(midi.instruments):
        found = {
            (round(n.start * 2), round((n.end - n.start) * 2), n.pitch) for n in instrument.notes
        }
        wanted = {
            (start + 12 * phrase, length, pitch)
            for phrase in range(2)
            for start, length, pitch in notes(x[phrase, :, track] > 0.5, drums=track == 1)
        }
        assert found == wanted
    assert midi.time_signature_changes[0].numerator == 3
    assert mido.MidiFile(file=io.BytesIO(content)).type == 1

    one = pretty_midi.PrettyMIDI(io.BytesIO(page.saved(".bar button:nth-child(2)")[1]))
    assert sum(len(each.notes) for each in one.instruments) == len(
        [*notes(x[0, :, 0] > 0.5, drums=False), *notes(x[0, :, 1] > 0.5, drums=True)]
    )


def notes(on: Any, drums: bool) -> list[tuple[int, int, int]]:
    """Return the notes of one track ``[2, steps, pitches]``, read step by step."""
    roll, onsets = on
    found = []
    for pitch in range(roll.shape[1]):
        length = 0
        for step in reversed(range(len(roll))):
            if not (roll[step, pitch] or onsets[step, pitch]):
                length = 0
                continue
            length += 1
            before = step and (roll[step - 1, pitch] or onsets[step - 1, pitch])
            if onsets[step, pitch] or not before:
                found.append((step, 1 if drums else length, 60 + pitch))
                length = 0
    return found


def test_sounds_are_saved_sample_by_sample(visit: Visit, server: str) -> None:
    page = visit(f"{server}/waveform/index.html#seed=3&count=4")
    _, x = page.last()
    name, content = page.saved("#save")
    assert name == "my waveform-3.wav"
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert (rate, len(samples)) == (4000, 4 * 2000 + 3 * 1000)
    for number, sound in enumerate(x[:, 0]):
        heard = sound - sound.mean()
        heard = heard / max(1, np.abs(heard).max())
        part = samples[number * 3000 : number * 3000 + 2000].astype(int)
        assert np.abs(part - np.clip(np.round(heard * 32768), -32768, 32767)).max() <= 1
    assert not samples[2000:3000].any()
    one, _ = soundfile.read(io.BytesIO(page.saved(".bar button:nth-child(2)")[1]), dtype="int16")
    assert np.array_equal(one, samples[:2000])


def test_texts_are_shown_and_saved_as_they_are(visit: Visit, server: str, exports: Path) -> None:
    pieces = json.loads((exports / "text" / "generator.json").read_text())["show"]["pieces"]
    page = visit(f"{server}/text/index.html#seed=3&count=32")
    _, x = page.last()
    wanted = []
    for ids in x.astype(int).tolist():
        kept = ids[: ids.index(0)] if 0 in ids else ids
        parts = [pieces[number] for number in kept]
        whole = b"".join(part.encode() if isinstance(part, str) else bytes(part) for part in parts)
        wanted.append(whole.decode("utf-8", errors="replace").removeprefix(" "))
    assert len(set(wanted)) > 8
    assert any("\u20ac" in text or "\ufffd" in text for text in wanted)
    shown = page.run(
        "return [...document.querySelectorAll('#stage span')].map((each) => each.textContent)"
    )
    assert shown == wanted
    assert page.saved("#save")[1].decode() == "".join(f"{text}\n" for text in wanted)
    assert page.run("return document.querySelectorAll('#stage b').length") == 0


def test_numbers_are_shown_and_saved_in_rows(visit: Visit, server: str) -> None:
    page = visit(f"{server}/numbers/index.html#seed=3&count=5")
    _, x = page.last()
    name, content = page.saved("#save")
    assert name == "my numbers-3.csv"
    table = np.array(list(csv.reader(io.StringIO(content.decode()))), np.float32)
    assert np.array_equal(table, x)
    cells = page.run("return [...document.querySelectorAll('td')].map((td) => +td.textContent)")
    np.testing.assert_allclose(np.reshape(cells, x.shape), x, rtol=1e-3)
