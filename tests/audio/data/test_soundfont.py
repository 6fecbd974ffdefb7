"""Sounds of the SoundFont are what they are called, and always the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from omnigan.errors import UserError
from omnigan_audio.data import load_audio
from omnigan_audio.data.cut import attack_place
from omnigan_audio.data.general_midi import DRUMS, FAMILIES, KITS, drum_class, family
from omnigan_audio.data.soundfont import RATE, Note, notes_of, render_notes, soundfont_file
from omnigan_audio.data_config import SoundFont

pytest.importorskip("midirenderer")

Make = Callable[..., Any]
FLUTE, DRAWBAR_ORGAN, VIOLIN, SQUARE_LEAD, OCARINA = 73, 16, 40, 80, 79


def note(program: int, key: int, **settings: Any) -> Note:
    return Note(family(program), program, key, 100, **settings)


def measured_pitch(x: Tensor, rate: int) -> float:
    """Return the MIDI pitch at which a waveform ``[T]`` is most like itself (autocorrelation)."""
    x = x - x.mean()
    power = torch.fft.rfft(x, 2 * len(x)).abs().square()
    likeness = torch.fft.irfft(power)[: len(x)]
    likeness = likeness / torch.arange(len(x), 0, -1)
    lags = torch.arange(len(x))
    likeness[(lags < rate / 3000) | (lags > rate / 50)] = 0
    best = int((likeness > 0.97 * likeness.max()).int().argmax())
    best += int(likeness[best : best + rate // 800].argmax())
    left, middle, right = likeness[best - 1 : best + 2].tolist()
    shift = 0.5 * (left - right) / (left - 2 * middle + right)
    return 69 + 12 * math.log2(rate / (best + shift) / 440)


@pytest.mark.parametrize("program", [FLUTE, VIOLIN, SQUARE_LEAD, OCARINA])
def test_notes_have_the_pitch_of_their_key(program: int) -> None:
    keys = [55, 60, 67, 72, 79]
    waves = render_notes([note(program, key) for key in keys], 0.5, soundfont_file())
    found = [measured_pitch(x[RATE // 10 : RATE // 3], RATE) for x in waves]
    np.testing.assert_allclose(found, keys, atol=0.25)


def test_tuning_is_in_semitones() -> None:
    steps = [-12, -3.5, 0, 0.25, 7]
    notes = [replace(note(OCARINA, 72), tuning=step) for step in steps]
    waves = render_notes(notes, 0.5, soundfont_file())
    found = np.array([measured_pitch(x[RATE // 10 : RATE // 3], RATE) for x in waves])
    np.testing.assert_allclose(found - found[2], steps, atol=0.03)


def test_a_sound_does_not_depend_on_the_others() -> None:
    notes = notes_of(SoundFont(lowest=50, highest=70, tunings=3))[::301]
    notes += [note(program, 60) for program in (17, 52, 69)]  # with chorus in the SoundFont
    assert len({item.drum for item in notes}) == 2
    together = render_notes(notes, 0.2, soundfont_file())
    for item, x in zip(notes, together, strict=True):
        assert torch.equal(render_notes([item], 0.2, soundfont_file())[0], x)


def test_a_note_is_let_go_in_time() -> None:
    (x,) = render_notes([note(DRAWBAR_ORGAN, 60)], 0.5, soundfont_file())
    level = x[: RATE // 2].view(10, -1).square().mean(1).sqrt()
    assert level[2:8].min() > 0.5 * level.max()
    assert level[9] < 0.2 * level.max()
    assert attack_place(x) < RATE // 500


def test_every_key_of_the_percussion_map_has_one_class() -> None:
    keys = sorted(key for keys in DRUMS.values() for key in keys)
    assert keys == list(range(35, 82))
    assert [drum_class(key) for key in (36, 38, 42, 45, 49)] == [
        *("kick", "snare", "hi-hat", "tom", "cymbal")
    ]


def test_pretty_midi_agrees_on_families() -> None:
    pretty_midi = pytest.importorskip("pretty_midi")
    for program in range(128):
        theirs = pretty_midi.program_to_instrument_class(program).lower()
        assert family(program).split()[-1] == theirs.split()[-1]


def test_what_is_rendered_is_chosen_in_the_recipe() -> None:
    def sizes(**settings: Any) -> tuple[int, int]:
        notes = notes_of(SoundFont(**settings))
        assert len({item.name for item in notes}) == len(notes)
        return len([item for item in notes if not item.drum]), len([n for n in notes if n.drum])

    assert sizes(lowest=60, highest=62, tunings=1) == (120 * 3, 47 * 8)
    assert sizes(kinds="drums", families=("kick", "snare"), tunings=5) == (0, 4 * 8 * 5)
    assert sizes(kinds="notes", families=("piano", "kick"), velocities=(50, 100)) == (8 * 49 * 2, 0)
    assert sizes(families=("sound effects",), lowest=60, highest=60) == (8, 0)
    with pytest.raises(UserError, match="Did you mean 'kick'"):
        sizes(families=("kik",))
    with pytest.raises(UserError, match="none of the families kick is among the notes"):
        sizes(kinds="notes", families=("kick",))


@pytest.fixture
def drums(config: Make) -> Any:
    kit = {"kinds": "drums", "families": ("kick", "hi-hat", "cymbal"), "tunings": 3}
    return config("soundfont", labels="auto", soundfont=kit, length=2048)


def test_the_set_is_a_function_of_the_settings(drums: Any, monkeypatch: Any, cache: Any) -> None:
    first, audio = load_audio(drums)
    monkeypatch.setenv("OMNIGAN_CACHE", str(cache.with_name("other")))
    second, again = load_audio(drums)
    assert first == second
    for split in ("train", "valid"):
        batches = [
            each.source(split).read_batch(range(len(each.source(split))), None)
            for each in (audio, again)
        ]
        assert torch.equal(batches[0].x, batches[1].x)
        assert torch.equal(batches[0].cond["label"], batches[1].cond["label"])


def test_drums_sound_like_their_names(drums: Any) -> None:
    data, audio = load_audio(drums)
    assert data.label_names == ("cymbal", "hi-hat", "kick")
    report = audio.report()
    total = len(KITS) * 3 * (2 + 3 + 7)
    assert sum(report["sounds"].values()) + report["duplicates"]["left out"] == total
    assert report["labels"] == dict(sorted(report["labels"].items()))
    assert sum(report["labels"].values()) == sum(report["sounds"].values())
    source = audio.source("train")
    batch = source.read_batch(range(len(source)), None)
    spectra = torch.fft.rfft(batch.x[:, 0]).abs().square()
    bins = torch.arange(spectra.shape[1]) * data.rate / data.samples
    centres = (spectra * bins).sum(1) / spectra.sum(1)
    means = [float(centres[batch.cond["label"] == n].mean()) for n in range(3)]
    assert means[2] < 600
    assert min(means[:2]) > 1200


def test_copies_are_left_out(config: Make) -> None:
    """Kits share many hits at other levels, and another velocity only changes the level."""
    settings = {"kinds": "drums", "families": ("shaker",), "tunings": 1}
    _, audio = load_audio(config("soundfont", soundfont={**settings, "velocities": (60, 100)}))
    rows = np.concatenate([audio.train.sound, audio.valid.sound])
    assert len(np.unique(audio.stored.facts.groups[rows])) == len(rows) < 3 * len(KITS)
    source = audio.source("train")
    x = torch.nn.functional.normalize(source.read_batch(range(len(source)), None).x[:, 0])
    likeness = x @ x.T - 2 * torch.eye(len(x))
    assert likeness.max() < 0.9999
    loud = config("soundfont", soundfont={**settings, "velocities": (60, 100)}, loudness="none")
    assert sum(load_audio(loud)[1].report()["sounds"].values()) > len(rows)


def test_pitches_are_those_of_the_notes(config: Make) -> None:
    settings = {"families": ("pipe", "reed", "kick"), "lowest": 64, "highest": 66, "tunings": 1}
    data, audio = load_audio(config("soundfont", labels="auto", pitch="auto", soundfont=settings))
    assert data.label_names == ("pipe", "reed")
    assert data.pitches == ((64, 65, 66), (64, 65, 66))
    assert audio.report()["sounds without a pitch"] > 0
    with pytest.raises(UserError, match="drum hits have no pitch"):
        load_audio(config("soundfont", pitch="auto", soundfont={"families": ("kick",)}))


def test_only_so_many(config: Make) -> None:
    _, audio = load_audio(config("soundfont", max_files=40, loudness="none"))
    assert 35 <= len(audio.stored.facts.names) <= 40  # one kit or another has the same hit
    assert {name.split("/")[0] for name in audio.stored.facts.names} > {"piano", "snare"}


def test_missing_packages_are_named(config: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs the package midirenderer.*omnigan\[demo\]"):
        load_audio(config("soundfont"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "pretty_midi" or None)
    with pytest.raises(UserError, match="needs the SoundFont of the package pretty_midi"):
        load_audio(config("soundfont"))


def test_families_are_those_of_general_midi() -> None:
    assert len(FAMILIES) == 16
    assert [family(program) for program in (0, 32, 40, 56, 73, 127)] == [
        *("piano", "bass", "strings", "brass", "pipe", "sound effects")
    ]
