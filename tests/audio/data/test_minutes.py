"""Where one clip of a long recording is used, people are told what uses all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omnigan.errors import UserError
from omnigan_audio.data.audio import load_audio

Make = Callable[..., Any]


def test_of_long_recordings_it_is_said_how_little_is_used(
    folder: Make, config: Make, hit: Make
) -> None:
    files = {f"{number}.wav": hit(number, 90 * 1000) for number in range(2)}
    recordings = folder({**files, "hit.wav": hit(9, 1000)}, rate=1000)
    data = config(recordings, rate=4000, length=4000)
    summary = load_audio(data)[1].report()["summary"]
    assert (
        "Of the 3.0 minutes 0.1 are used, 1 s of each file; data.cut=random takes parts from all "
        "over each recording."
    ) in summary
    summary = load_audio(config(recordings, rate=4000, cut="random"))[1].report()["summary"]
    assert "are used" not in "".join(summary)


def test_of_hits_with_long_tails_nothing_is_said(folder: Make, config: Make, hit: Make) -> None:
    hits = folder({f"{number}.wav": hit(number, 5 * 1000) for number in range(4)}, rate=1000)
    assert "are used" not in "".join(load_audio(config(hits, rate=4000))[1].report()["summary"])


def test_one_long_recording_alone_is_refused_with_the_cut_that_it_needs(
    folder: Make, config: Make, hit: Make
) -> None:
    alone = folder({"long.wav": hit(0, 90 * 1000)}, rate=1000)
    with pytest.raises(UserError, match=r"Give more sounds, or .*: data\.cut=random takes parts"):
        load_audio(config(alone, rate=4000))
    with pytest.raises(UserError, match=r"Give more sounds$"):
        load_audio(config(folder({"hit.wav": hit(1)}, name="one")))
