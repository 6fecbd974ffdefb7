"""Sentences with names, and without them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.wording import named, numbered, unnamed


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=6))
def test_whatever_files_are_called_only_their_number_stays(files: list[tuple[str, str]]) -> None:
    for what in ("Unreadable", "Channels that cancel each other out, of which one is taken"):
        said = f"{what}: {named(files, 'image')}."
        assert unnamed(said) == f"{what}: {numbered(len(files), 'image')}."


@pytest.mark.parametrize(
    "sentence",
    [
        "Sound: 14 files, 1.2 minutes; 10 of them to train on, 4 held out.",
        "Text: 98 texts from 1 file; 88 to train on (80 of them different), 10 held out.",
        "Music: 40 pieces, 4313 notes in 256 bars of 4/4.",
        "Pieces by label: slow (3), fast (4).",
        "Labels: 3 (30), 7, or more (70).",
        "Tracks: Lead (chords, pitches 1 to 5); drums (drums, pitches 36 to 38).",
        "20 of 40 pieces are left out: no 4 bars of 4/4 in a row (3/4: 10, 6/8: 10).",
        "Other files, ignored: 1 .txt, 2 .png.",
        "Also found: empty tracks (30), pickups (2).",
        "",
    ],
)
def test_other_sentences_stay(sentence: str) -> None:
    assert unnamed(sentence) == sentence
