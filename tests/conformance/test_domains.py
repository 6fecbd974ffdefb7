"""Every installed domain keeps the rules, ours like a third party's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import mido
import numpy as np
import pytest
import soundfile
from PIL import Image

from omnigan.domain import Domain
from omnigan.plugins import available, load_domain
from omnigan.testing import CHECKS, Check, check_domain

Case = tuple[str, str, dict[str, Any]]  # domain, name of the settings, sections
Note = tuple[int, int, int]  # start and end in quarter notes, pitch
DRUMS = 9


def _midi(path: Path, meter: tuple[int, int], *parts: tuple[int, list[Note]]) -> None:
    """Write a file with one track for each (channel, notes)."""
    file = mido.MidiFile(ticks_per_beat=24)
    head = mido.MidiTrack()
    head.append(mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]))
    file.tracks.append(head)
    for channel, notes in parts:
        events = [(24 * start, "note_on", pitch) for start, _, pitch in notes]
        events += [(24 * end, "note_off", pitch) for _, end, pitch in notes]
        track, now = mido.MidiTrack(), 0
        for tick, kind, pitch in sorted(events):
            track.append(mido.Message(kind, note=pitch, channel=channel, time=tick - now))
            now = tick
        file.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)


def _scale(number: int, beats: int, voices: int = 1) -> list[Note]:
    return [
        (beat, beat + 1, 60 + 5 * voice + (beat * (number + 2)) % 7)
        for beat in range(beats)
        for voice in range(voices)
    ]


def _monophonic(folder: Path) -> dict[str, Any]:
    for number in range(5):
        _midi(folder / f"{number}.mid", (4, 4), (0, _scale(number, 16)))
    return {}


def _band(folder: Path) -> dict[str, Any]:
    beat = [(step, step + 1, (36, 42, 38, 42)[step % 4]) for step in range(16)]
    for number in range(5):
        hits = [*beat, (number, number + 1, 49)]
        _midi(folder / f"{number}.mid", (4, 4), (0, _scale(number, 16, 3)), (DRUMS, hits))
    return {}


def _waltz(folder: Path) -> dict[str, Any]:
    for number in range(5):
        _midi(folder / f"{number}.mid", (3, 4), (0, _scale(number, 18)))
    return {}


def _two_folders(folder: Path) -> dict[str, Any]:
    for number in range(6):
        name = "plain" if number % 2 else "chords"
        _midi(folder / name / f"{number}.mid", (4, 4), (0, _scale(number, 16, 2 - number % 2)))
    return {"labels": "folder"}


def _music(write: Callable[[Path], dict[str, Any]]) -> Callable[[Path], dict[str, Any]]:
    def sections(folder: Path) -> dict[str, Any]:
        data = {"source": str(folder), "bars": 2, "steps_per_beat": 2, **write(folder)}
        return {
            "data": data,
            "generator": {"width": 8, "z": 4, "bar_z": 2},
            "discriminator": {"width": 8},
        }

    return sections


def _image(
    mode: str, size: tuple[int, int], labels: int = 1, **body: Any
) -> Callable[[Path], dict[str, Any]]:
    """Return sections for a folder of noise, in sub-folders of the labels' numbers."""
    shape = {"width": 8, **body}

    def sections(folder: Path) -> dict[str, Any]:
        rng = np.random.default_rng(0)
        for number in range(20):
            channels = len(Image.new(mode, (1, 1)).getbands())
            pixels = rng.integers(0, 256, (*size, channels), np.uint8)
            path = folder / str(number % labels) / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.squeeze(), mode).save(path)
        data = {"source": str(folder), "labels": "folder" if labels > 1 else "none"}
        return {"data": data, "generator": {"z": 4, **shape}, "discriminator": shape}

    return sections


def _audio(
    body: str, critics: list[str], data: dict[str, Any] | None = None, **generator: Any
) -> Callable[[Path], dict[str, Any]]:
    """Return sections for a folder of decaying notes, in two sub-folders, named by their pitch."""

    def sections(folder: Path) -> dict[str, Any]:
        time = np.arange(1024) / 4000
        for number in range(20):
            midi = 60 + number
            note = np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * time) * np.exp(-9 * time)
            path = folder / "ab"[number % 2] / f"note-{midi}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, note, 4000)
        return {
            "data": {"source": str(folder), "rate": 4000, "length": 1024, **(data or {})},
            "generator": {"body": body, "width": 8, **generator},
            "discriminator": {"critics": critics, "widths": dict.fromkeys(critics, 4)},
        }

    return sections


def _text(
    body: str, critic: str, data: dict[str, Any] | None = None, **generator: Any
) -> Callable[[Path], dict[str, Any]]:
    """Return sections for a folder of phrases, in two sub-folders, if not for embedded data."""
    options = {"width": 8, **generator}
    if body in ("transformer", "one-shot"):
        names = ("n_layer", "n_head") if body == "transformer" else BERT
        options["transformer"] = dict.fromkeys(names, 1)
    discriminator: dict[str, Any] = {"body": critic, "width": 4, "size": 8}
    if critic == "attention":
        discriminator["transformer"] = dict.fromkeys(BERT, 1)

    def sections(folder: Path) -> dict[str, Any]:
        verbs = ("sees", "meets", "knows")
        for label, things in (("animals", ("dog", "cat", "hen")), ("people", ("Ann", "Bob", "I"))):
            lines = [f"{a} {verb} a {b} ." for a in things for verb in verbs for b in things]
            (folder / label).mkdir(parents=True)
            (folder / label / "phrases.txt").write_text("\n".join(lines), encoding="utf-8")
        given = {"source": str(folder), "tokenizer": {"least": 1}, **(data or {})}
        return {
            "data": given,
            "generator": {"body": body, **options},
            "discriminator": discriminator,
        }

    return sections


def _points(**data: Any) -> Callable[[Path], dict[str, Any]]:
    networks = {"generator": {"width": 8}, "discriminator": {"width": 8, "critics": 2}}
    return lambda folder: {"data": {"examples": 64, **data}, **networks}


ARITHMETIC = {"source": "arithmetic", "arithmetic": {"examples": 60}}
ORACLE = {"source": "oracle", "oracle": {"examples": 60, "length": 5, "symbols": 7}}
KNOWN: dict[str, Any] = {"labels": "folder", "pitch": "auto"}
BERT = ("num_hidden_layers", "num_attention_heads")
SMALL: dict[str, list[tuple[str, Callable[[Path], dict[str, Any]]]]] = {
    "audio": [
        ("spectral", _audio("spectral", ["log-spectrogram", "log-mel"], KNOWN, z=4)),
        ("istft", _audio("istft", ["multi-resolution"], {"labels": "folder"}, z=4, depth=1)),
        ("snake", _audio("snake", ["multi-period"], {"pitch": "auto"}, z=4)),
        ("wavegan", _audio("wavegan", ["wavegan"], z=4)),
        ("vocoder", _audio("istft", ["multi-period"], vocoder=True, bands=16, depth=1)),
    ],
    "music": [
        ("monophonic", _music(_monophonic)),
        ("band", _music(_band)),
        ("waltz", _music(_waltz)),
        ("conditional", _music(_two_folders)),
    ],
    "image": [
        ("grey", _image("L", (8, 8))),
        ("wide", _image("RGBA", (9, 21), labels=2)),
        ("residual", _image("RGB", (16, 16), labels=3, body="resnet-sn")),
        ("r3gan", _image("LA", (12, 8), body="r3gan", group_size=4)),
    ],
    "text": [
        ("recurrent", _text("recurrent", "causal", {"labels": "folder"}, z=4)),
        ("memory", _text("memory", "convolutional", ARITHMETIC, estimator="soft")),
        ("transformer", _text("transformer", "attention", {"tokenizer": {"kind": "character"}})),
        ("one-shot", _text("one-shot", "representations", ORACLE, z=4)),
        ("reinforce", _text("recurrent", "sequential", estimator="reinforce")),
    ],
    "mixture": [("plain", _points()), ("conditional", _points(source="grid", labels=True))],
    "chain": [("discrete", lambda folder: {"data": {"examples": 64, "held_out": 16}})],
}
"""Small settings for each domain: a name, and the recipe's sections for an empty folder."""

EXCEPTIONS = {
    # Rewards pass no gradient through the discriminator: it comes in as an auxiliary loss.
    ("text", "reinforce"): "gradient_reaches_every_generator_weight",
}
"""Rules that some settings cannot keep."""

INSTALLED = [entry for entry in available() if entry.distribution == "omnigan"]
NAMES = ["mixture", "chain", *(entry.name for entry in INSTALLED)]
CASES = [(name, *case) for name in NAMES for case in SMALL.get(name, [])]

_made: dict[tuple[str, str], Domain] = {}


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}", scope="module")
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    name, kind, sections = request.param
    return name, kind, sections(tmp_path_factory.mktemp(kind))


@pytest.fixture
def domain(case: Case, mixture: ModuleType) -> Domain:
    """Return a resolved domain, made once for all the checks."""
    name, _, sections = case
    key = name, str(sections["data"])
    if key not in _made:
        domain_class = load_domain(name)
        _made[key] = domain_class(domain_class.Config.model_validate(sections)).resolve()
    return _made[key]


def test_every_installed_domain_has_small_settings() -> None:
    assert set(NAMES) <= SMALL.keys()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_domain_keeps_the_rule(case: Case, domain: Domain, check: Check) -> None:
    if EXCEPTIONS.get(case[:2]) == check.__name__:
        with pytest.raises(AssertionError):
            check_domain(domain, checks=[check])
    else:
        check_domain(domain, checks=[check])
