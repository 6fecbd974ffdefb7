"""Files become data that other readers understand."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from omnigan.report.media import LONGEST_SIDE, LONGEST_SOUND, MOST_TEXT, Embedded, embed, estimate


def data_of(embedded: Embedded | None, media_type: str) -> bytes:
    assert embedded is not None
    head, _, body = embedded.content.partition(",")
    assert head == f"data:{media_type};base64"
    return base64.b64decode(body, validate=True)


def test_pictures_are_as_they_were(run: Any, tmp_path: Path) -> None:
    run.picture(tmp_path / "a.png", (31, 17))
    embedded = embed(tmp_path / "a.png")
    assert data_of(embedded, "image/png") == (tmp_path / "a.png").read_bytes()
    assert embedded is not None
    assert (embedded.kind, embedded.size, embedded.note) == ("image", (31, 17), "")


def test_a_large_picture_becomes_a_smaller_one_that_looks_the_same(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    rng = np.random.default_rng(0)
    smooth = np.kron(rng.integers(0, 200, (8, 32, 3), np.uint8), np.ones((75, 75, 1), np.uint8))
    grain = rng.integers(0, 8, smooth.shape, np.uint8)
    Image.fromarray(smooth + grain).save(path)
    embedded = embed(path)
    data = data_of(embedded, "image/webp")
    assert len(data) < path.stat().st_size / 4
    assert embedded is not None
    assert "WebP" in embedded.note
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == embedded.size == (LONGEST_SIDE, LONGEST_SIDE // 4)
        middle = np.asarray(picture.resize((32, 8), Image.Resampling.BOX), float)
    assert np.abs(middle - np.asarray(smooth[::75, ::75], float) - 3.5).mean() < 6
    assert estimate(path) > len(embedded) / 4


def test_small_sounds_are_as_they_were(run: Any, tmp_path: Path) -> None:
    run.tone(tmp_path / "a.wav", seconds=0.1)
    data = data_of(embed(tmp_path / "a.wav"), "audio/wav")
    assert data == (tmp_path / "a.wav").read_bytes()


@pytest.mark.parametrize(("rate", "expected"), [(48_000, 16_000), (44_100, 22_050), (8000, 8000)])
def test_long_sounds_keep_their_length_pitch_and_level(
    run: Any, tmp_path: Path, rate: int, expected: int
) -> None:
    path = tmp_path / "a.wav"
    run.tone(path, seconds=6, rate=rate, hertz=1000, channels=2)
    embedded = embed(path)
    sound, heard = soundfile.read(io.BytesIO(data_of(embedded, "audio/ogg")), always_2d=True)
    assert (heard, sound.shape[1]) == (expected, 1)
    assert len(sound) == pytest.approx(6 * expected, abs=2)
    power = np.abs(np.fft.rfft(sound[:, 0])) ** 2
    assert np.argmax(power) / 6 == pytest.approx(1000, abs=1)
    assert np.std(sound) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert embedded is not None
    assert len(embedded) < estimate(path) < path.stat().st_size
    assert embedded.smaller


def test_what_a_lower_rate_cannot_hold_is_not_heard(run: Any, tmp_path: Path) -> None:
    run.tone(tmp_path / "a.wav", seconds=3, rate=48_000, hertz=13_000)
    sound, _ = soundfile.read(io.BytesIO(data_of(embed(tmp_path / "a.wav"), "audio/ogg")))
    assert np.abs(sound[500:-500]).max() < 0.01


def test_a_sound_without_end_is_cut(run: Any, tmp_path: Path) -> None:
    run.tone(tmp_path / "a.wav", seconds=LONGEST_SOUND + 10, rate=8000)
    embedded = embed(tmp_path / "a.wav")
    assert embedded is not None
    assert embedded.note == f"the first {LONGEST_SOUND} s"
    sound, rate = soundfile.read(io.BytesIO(data_of(embedded, "audio/ogg")))
    assert len(sound) / rate == pytest.approx(LONGEST_SOUND, abs=0.01)


def test_texts_are_texts_even_if_they_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"gr\xc3\xbcn \xff <b>\n")
    assert embed(path) == Embedded(
        "text", "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n \ufffd <b>\n"
    )
    path.write_text("x" * (MOST_TEXT + 1))
    embedded = embed(path)
    assert embedded is not None
    assert embedded.content == "x" * MOST_TEXT
    assert "the first 20,000 of 20,001 bytes" in embedded.note


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.png", b"\x89PNG\r\n\x1a\nno picture"),
        ("page.png", b"<html><script>alert(1)</script>"),
        ("broken.wav", b"RIFF" + bytes(40_000)),
        ("empty.txt", b""),
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.svg", b"<svg onload='alert(1)'/>"),
        ("weights.bin", b"\0\1"),
    ],
)
def test_what_cannot_be_embedded_is_linked_to(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert embed(path) is None


def test_a_link_out_of_the_run_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    link = tmp_path / "samples.txt"
    link.symlink_to(secret)
    assert embed(link) is None
