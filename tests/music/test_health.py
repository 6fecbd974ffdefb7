"""Warnings about generated phrases."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan_music.health import complaints, notes_in

TRACKS = ["Lead", "Bass"]


def phrases(*notes: int) -> Tensor:
    """Two phrases whose tracks have so many notes of one step each."""
    x = torch.zeros(2, 2, len(notes), 32, 12)
    for track, count in enumerate(notes):
        x[:, :, track, :count, 3] = 1
    return x


def test_usual_phrases_are_fine() -> None:
    assert notes_in(phrases(5, 3)) == 8
    for notes in [(5, 3), (2, 1), (20, 4)]:
        assert complaints(phrases(*notes), TRACKS, 8) == []


def test_too_many_and_too_few_notes_are_told() -> None:
    for notes in [(1, 1), (20, 5)]:
        (said,) = complaints(phrases(*notes), TRACKS, 8)
        assert f"{sum(notes)} notes each where training phrases have 8" in said
        assert "train.rate" in said


def test_silent_tracks_are_named_unless_all_are_silent() -> None:
    (said,) = complaints(phrases(0, 8), TRACKS, 8)
    assert said.startswith("The tracks Lead are silent")
    assert complaints(phrases(0, 0), TRACKS, 8) == []
