"""Files of sounds, opened by others: the standard library's reader of WAV, and Pillow."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from omnigan_audio.picture import contact_sheet, levels, sound_picture
from omnigan_audio.render import GAP, all_in_turn, render, render_overview, to_waves

RATE, LENGTH = 8000, 2000
TIME = torch.arange(LENGTH) / RATE


def sine(hertz: float, amplitude: float = 0.5) -> Tensor:
    return amplitude * torch.sin(2 * torch.pi * hertz * TIME)[None, None]


def read(path: Path) -> tuple[int, NDArray[np.int16]]:
    """Read 16-bit mono with the standard library."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_files_of_each_sound(tmp_path: Path) -> None:
    x = torch.cat([sine(400), sine(1000)])
    artifacts = render(x, RATE, tmp_path)
    assert [artifact.path.name for artifact in artifacts] == [
        *("000.wav", "000.png", "001.wav", "001.png")
    ]
    assert [artifact.kind for artifact in artifacts] == ["audio", "image"] * 2
    rate, samples = read(tmp_path / "001.wav")
    assert (rate, len(samples)) == (RATE, LENGTH)
    np.testing.assert_allclose(samples / 32768, x[1, 0].numpy(), atol=1 / 32768)
    with Image.open(tmp_path / "000.png") as picture:
        assert picture.mode == "RGB"
        assert 700 < picture.width < 1000


def test_an_offset_is_taken_out_and_nothing_is_clipped(tmp_path: Path) -> None:
    x = torch.cat([sine(400) + 0.3, sine(400, 1.0) + 0.5, sine(400, 0.01)])
    render(x, RATE, tmp_path)
    quiet, loud, faint = (read(tmp_path / f"00{number}.wav")[1] / 32768.0 for number in range(3))
    np.testing.assert_allclose(quiet, sine(400)[0, 0].numpy(), atol=1e-4)
    assert abs(loud.mean()) < 1e-4
    assert 0.99 < np.abs(loud).max() <= 1
    assert np.sum(np.abs(loud) > 0.9999) <= 2 * 400 * LENGTH / RATE + 1, "crests, no flat tops"
    assert np.abs(faint).max() == pytest.approx(0.01, abs=1e-4), "never scaled up"


def test_too_loud_keeps_its_shape() -> None:
    (found,) = to_waves(sine(400, 3.0))
    np.testing.assert_allclose(found, sine(400, 1.0)[0, 0].numpy(), atol=1e-5)


def test_objects_are_plain_arrays() -> None:
    found = to_waves(torch.cat([sine(400), sine(500)]).requires_grad_())
    assert [(each.dtype, each.shape) for each in found] == [(np.float32, (LENGTH,))] * 2
    broken = sine(400)
    broken[..., 5] = torch.nan
    broken[..., 6] = torch.inf
    assert all(np.isfinite(each).all() for each in to_waves(broken))


def test_all_in_turn(tmp_path: Path) -> None:
    x = torch.cat([sine(400), sine(1000), sine(700)])
    picture, sound = render_overview(x, RATE, tmp_path)
    assert (picture.kind, sound.kind) == ("image", "audio")
    _, samples = read(sound.path)
    step = LENGTH + round(GAP * RATE)
    assert len(samples) == 3 * step
    for number in range(3):
        played = samples[number * step :][:step] / 32768
        np.testing.assert_allclose(played[:LENGTH], x[number, 0].numpy(), atol=1e-4)
        assert not played[LENGTH:].any()
    assert len(all_in_turn([np.ones(3, np.float32)], 10)) == 5


def test_more_than_a_thousand_have_longer_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank = Image.new("RGB", (1, 1))
    monkeypatch.setattr("omnigan_audio.render.sound_picture", lambda wave, rate: blank)
    names = [each.path.name for each in render(torch.zeros(1001, 1, 2), RATE, tmp_path)]
    assert names[0] == "0000.wav"
    assert names[-1] == "1000.png"


# ---- pictures -----------------------------------------------------------------------------------


def mel_rows(hertz: float, rows: int) -> float:
    """Return the row of a frequency by the published formula of Slaney's Auditory Toolbox."""

    def mel(f: float) -> float:
        return f * 3 / 200 if f < 1000 else 15 + np.log(f / 1000) * 27 / np.log(6.4)

    return (rows - 1) * (1 - mel(hertz) / mel(RATE / 2))


@pytest.mark.parametrize("hertz", [200.0, 700.0, 1000.0, 2500.0])
def test_a_sine_is_a_line_at_its_frequency(hertz: float) -> None:
    found = levels(sine(hertz, 1.0)[0, 0].numpy(), RATE, 100, 200)
    assert found.shape == (200, 100)
    middle = found[:, 20:-20].mean(1)
    assert abs(int(middle.argmax()) - mel_rows(hertz, 200)) <= 3
    assert middle.max() == pytest.approx(0, abs=1.5), "dB of full scale"


def test_a_click_is_a_line_at_its_moment() -> None:
    x = np.zeros(LENGTH, np.float32)
    x[1500] = 1
    found = levels(x, RATE, 200, 50)
    assert abs(int(found.max(0).argmax()) - 150) <= 1
    assert found[:, :100].max() < -100


def pixels(image: Image.Image) -> NDArray[np.int64]:
    return np.asarray(image.convert("RGB")).astype(np.int64)


def test_louder_is_lighter_and_silence_is_dark() -> None:
    loud, faint = sine(1000, 0.9)[0, 0].numpy(), sine(1000, 0.02)[0, 0].numpy()
    sheet = pixels(contact_sheet([loud, faint, 0 * loud], RATE, 3))
    rows = slice(75, 130)
    parts = [sheet[rows, left : left + 140].sum(2).max() for left in (8, 156)]
    dark = sheet[rows, 304:444]
    assert (dark == dark[0, 0]).all()
    assert dark[0, 0].sum() < 60
    assert parts[0] > parts[1] + 60


def test_a_row_for_each_label(tmp_path: Path) -> None:
    x = sine(500).repeat(6, 1, 1)
    labels = ("kick", "snare")
    for number, names in enumerate([labels, ()]):
        folder = tmp_path / str(number)
        folder.mkdir()
        render_overview(x, RATE, folder, names)
    with Image.open(tmp_path / "0/contact.png") as image:
        rows = pixels(image)
    with Image.open(tmp_path / "1/contact.png") as image:
        square = pixels(image)
    assert rows.shape[0] == square.shape[0], "2 rows of 3 either way"
    assert rows.shape[1] > square.shape[1] + 20, "names stand beside them"
    render_overview(x[:5], RATE, tmp_path, labels)
    with Image.open(tmp_path / "contact.png") as image:
        assert image.width == square.shape[1], "5 do not fit into rows of labels"


@pytest.mark.parametrize(
    ("length", "rate"), [(1, 8000), (50, 8000), (3000, 48_000), (4096, 22_050)]
)
def test_any_length_and_rate_can_be_drawn(length: int, rate: int) -> None:
    x = np.linspace(-1, 1, length).astype(np.float32)
    assert sound_picture(x, rate).width == sound_picture(0 * x, rate).width
    assert contact_sheet([x], rate, 1).width > 100


def test_the_same_sound_gives_the_same_bytes(tmp_path: Path) -> None:
    x, written = torch.cat([sine(300), sine(900)]), []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        artifacts = [
            *render(x, RATE, tmp_path / name),
            *render_overview(x, RATE, tmp_path / name),
        ]
        written.append([artifact.path.read_bytes() for artifact in artifacts])
    assert written[0] == written[1]
