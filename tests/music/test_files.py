"""A user's own files read for scoring, compared with what was written into them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan_music.config import MusicConfig, MusicData, Track
from omnigan_music.domain import MusicDomain
from omnigan_music.files import read_phrases
from omnigan_music.grid import Grid
from omnigan_music.phrases import roll_of

Make = Callable[..., Any]

# Selected by number: a silent voice would give its number to the next one.
DATA = MusicData(
    source="elsewhere",
    tracks=(
        Track(name="Lead", index=0, program=73, monophonic=True, low=60, high=72),
        Track(name="Chords (left)", index=1, monophonic=False, low=40, high=70),
        Track(name="\u0431\u0430\u0441", index=2, program=33, monophonic=False, low=30, high=50),
        Track(name="Kit", drums=True, monophonic=False, low=35, high=60),
    ),
    meter="4/4",
    bars=2,
    steps_per_beat=4,
    tempo=97.3,
    label_names=(),
)
GRID = Grid.of(DATA)


@pytest.fixture(scope="module")
def domain() -> MusicDomain:
    return MusicDomain(MusicConfig(data=DATA))


@st.composite
def phrases(draw: st.DrawFn) -> torch.Tensor:
    """Draw a phrase of up to 6 notes, so that voices, bars and most of it are often silent."""
    taken: set[tuple[int, int, int]] = set()
    notes = []
    for _ in range(draw(st.integers(1, 6))):
        track, start = draw(st.integers(0, 3)), draw(st.integers(0, GRID.steps - 1))
        voice = GRID.voices[track]
        pitch = draw(st.integers(voice.low, voice.high))
        length = 1 if voice.drums else draw(st.integers(1, GRID.steps - start))
        place = 0 if voice.monophonic else pitch
        cells = {(track, step, place) for step in range(start, start + length)}
        if not cells & taken:
            taken |= cells
            notes.append((track, start, length, pitch))
    return torch.from_numpy(roll_of(np.array(notes, np.int32), GRID))


def read_all(domain: MusicDomain, files: list[Path]) -> torch.Tensor:
    return torch.cat([domain.read_file(file) for file in files])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.lists(phrases(), min_size=1, max_size=3))
def test_rendered_phrases_come_back_as_they_were(
    x: list[torch.Tensor], domain: MusicDomain, tmp_path: Path
) -> None:
    files = [tmp_path / f"{number}.mid" for number in range(len(x))]
    for file, midi in zip(files, domain.objects(torch.stack(x)), strict=True):
        midi.write(str(file))
    torch.testing.assert_close(read_all(domain, files), torch.stack(x), rtol=0, atol=0)


def test_what_render_writes_can_be_read(domain: MusicDomain, tmp_path: Path) -> None:
    x = torch.zeros(2, *GRID.shape)
    x[:, :, 2, 16, 35 - GRID.low] = 1  # one note of the third voice in the second bar
    x[1, :, 0, :, 60 - GRID.low] = 1
    artifacts = domain.render(x, tmp_path)
    files = [artifact.path for artifact in artifacts if artifact.kind == "midi"]
    torch.testing.assert_close(read_all(domain, files), x, rtol=0, atol=0)


def test_a_long_file_is_cut_into_phrases_that_do_not_overlap(
    track: Make, midi: Make, tmp_path: Path
) -> None:
    # a quarter note a beat for 5 bars of 4/4, one bar of 3/4, then 4 bars of 4/4; 2 are silent
    lead = [(q, q + 1, 60 + q % 12) for q in (*range(20), *range(20, 23), *range(23, 31))]
    file = tmp_path / "mine.mid"
    file.write_bytes(midi(track(lead, name="flute", meta=_meters((0, 4), (20, 3), (23, 4)))))
    x = read_phrases(file, DATA, GRID)
    assert x.shape == (3, *GRID.shape)
    for phrase, first in zip(x, (0, 8, 23), strict=True):
        onsets = phrase[1, 0].nonzero() + torch.tensor([0, GRID.low])
        assert onsets.tolist() == [[4 * i, 60 + (first + i) % 12] for i in range(8)]
        assert not phrase[:, 1:].any()


def _meters(*changes: tuple[float, int]) -> list[tuple[float, Any]]:
    return [
        (at, mido.MetaMessage("time_signature", numerator=above, denominator=4))
        for at, above in changes
    ]


def test_files_that_others_wrote_are_matched_as_in_training(
    track: Make, midi: Make, tmp_path: Path
) -> None:
    file = tmp_path / "mine.mid"
    parts = [[(0, 8, 72)], [(0, 8, 50)], [(0, 8, 40)]]
    names = ["Lead", "piano", "Lead 2"]  # one name of ours among others says nothing
    file.write_bytes(midi(*(track(p, name=n) for p, n in zip(parts, names, strict=True))))
    x = read_phrases(file, DATA, GRID)
    found = [(int(t), int(p) + GRID.low) for t, _, p in x[0, 1].nonzero()]
    assert found == [(0, 72), (1, 50), (2, 40)]


def test_the_run_s_own_files_give_the_run_s_own_phrases(
    track: Make, midi: Make, tune: Make, tmp_path: Path
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.mid").write_bytes(midi(track(tune(number), name="a")))
    config = MusicConfig(data=MusicData(source=str(tmp_path), transpose=0, hop=4))
    domain = MusicDomain(config).resolve()
    source = domain.source("valid")
    held_out = torch.stack([source.read(i, torch.Generator()).x for i in range(len(source))])
    files = sorted(tmp_path.glob("*.mid"))
    assert any(torch.equal(domain.read_file(file), held_out) for file in files)


def test_what_cannot_be_scored_is_named(track: Make, midi: Make, tmp_path: Path) -> None:
    waltz = midi(track([(0, 9, 60)], meta=_meters((0, 3))))
    cases = {
        "text.mid": (b"la la la", "it is not a MIDI file"),
        "silent.mid": (midi(track([])), "it holds no notes"),
        "waltz.mid": (waltz, r"no 2 bars of 4/4 .* It is in 3/4"),
        "high.mid": (midi(track([(0, 8, 100)])), "notes of Lead, Chords"),
    }
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=rf"{name}: .*{reason}"):
            read_phrases(tmp_path / name, DATA, GRID)
    for missing in (tmp_path / "missing.mid", tmp_path):
        with pytest.raises(UserError, match=rf"{missing}: it cannot be opened"):
            read_phrases(missing, DATA, GRID)
