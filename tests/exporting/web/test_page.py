"""The page in a browser: it loads alone, computes what onnxruntime does, and obeys its controls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

KINDS = ("image", "piano-roll", "waveform", "text", "numbers")
Visit = Callable[[str], Any]


def expected(export: Path, inputs: dict[str, Any]) -> Any:
    """Return what onnxruntime makes of inputs."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        export / "model.onnx", providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_works(kind: str, visit: Visit, server: str, exports: Path) -> None:
    page = visit(f"{server}/{kind}/index.html")

    inputs, output = page.last()
    assert inputs["z"].shape == (len(output), 8)
    np.testing.assert_allclose(output, expected(exports / kind, inputs), atol=1e-4, rtol=0)
    assert len(np.unique(output.reshape(len(output), -1), axis=0)) > 1
    for name in sorted(inputs.keys() & {"float64", "int32", "bool"}):
        assert (set(inputs[name].ravel()), str(inputs[name].dtype)) == ({0, 1}, name)

    page.change(page.find("#new").click)
    seed = page.find("#seed").get_attribute("value")
    new_inputs, new_output = page.last()
    assert not np.array_equal(new_inputs["z"], inputs["z"])
    assert not np.array_equal(new_output, output)
    assert f"seed={seed}" in page.driver.current_url
    page.set("#seed", 1)
    assert np.array_equal(page.last()[1], output)  # the same seed, the same samples

    page.set("#sliders input", 3)
    moved_inputs, moved_output = page.last()
    steps = (moved_inputs["z"] - inputs["z"]) / 3
    if kind != "numbers":  # there the distribution has bounds
        np.testing.assert_allclose(np.linalg.norm(steps, axis=1), 1, atol=1e-2)
    assert not np.array_equal(moved_output, output)
    page.change(page.find("#centre").click)
    assert np.array_equal(page.last()[1], output)

    for number, label in enumerate(("low", "high")):
        page.set("#label", number)
        asked, of_label = page.last()
        assert set(asked["label"]) == {number}
        assert np.array_equal(asked["z"], inputs["z"])
        np.testing.assert_allclose(of_label, expected(exports / kind, asked), atol=1e-4, rtol=0)
        assert f"label={label}" in page.driver.current_url

    page.set("#count", 1)
    one_inputs, one = page.last()
    assert np.array_equal(one_inputs["z"], inputs["z"][:1])
    np.testing.assert_allclose(one, of_label[:1], atol=1e-6, rtol=0)

    assert page.problems() == []
    others = [a for a in page.requests() if not a.startswith((server, f"blob:{server}", "data:,"))]
    assert others == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_wider_than_the_screen(kind: str, visit: Visit, server: str) -> None:
    page = visit(f"{server}/{kind}/index.html")
    for width in (1280, 390):
        screen = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
        page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        for count in page.run("return [...document.querySelector('#count')].map((o) => o.value)"):
            page.set("#count", count)
            assert page.run("return document.documentElement.scrollWidth") <= width
            assert page.run(
                "return [...document.querySelectorAll('button, input, select')].every((e) =>"
                " !e.checkVisibility() || e.getBoundingClientRect().height >= 30)"
            )
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_setting_is_what_its_slider_says(visit: Visit, server: str) -> None:
    page = visit(f"{server}/text/index.html#seed=1")
    usual, output = page.last()
    assert set(usual["temperature"]) == {1}
    field = "#sliders label:last-child"
    assert page.find(field).text == "Temperature: 1"
    page.set(f"{field} input", 2.5)
    warm, _ = page.last()
    assert set(warm["temperature"]) == {2.5}
    assert np.array_equal(warm["z"], usual["z"])
    assert page.find(field).text == "Temperature: 2.5"
    assert "set-temperature=2.5" in page.driver.current_url
    page.change(page.find("#centre").click)
    assert np.array_equal(page.last()[1], output)
    for asked, given in (("0.5", 0.5), ("99", 1), ("", 1), ("hot", 1)):
        passed_on = page.again(f"seed=1&set-temperature={asked}").last()[0]
        assert set(passed_on["temperature"]) == {given}


def test_a_page_opened_from_the_disk_works(visit: Visit, pages: Path, exports: Path) -> None:
    page = visit((pages / "image" / "index.html").as_uri() + "#seed=5&label=high&count=4")
    inputs, output = page.last()
    np.testing.assert_allclose(output, expected(exports / "image", inputs), atol=1e-4, rtol=0)
    assert len(output) == 4
    assert set(inputs["label"]) == {1}
    page.change(page.find("#new").click)
    assert page.problems() == []
    own = (pages / "image").as_uri()
    assert all(a.startswith((own, "blob:null/", "data:,")) for a in page.requests())


def test_every_sample_has_chance_of_its_own(visit: Visit, server: str) -> None:
    page = visit(f"{server}/image/index.html#seed=7&count=64")
    inputs, _ = page.last()
    assert 16 < sum(inputs["label"]) < 48  # where nobody asks, any label
    z = inputs["z"].ravel()
    assert len(np.unique(z)) == 64 * 8
    # Bounds of four standard errors of the moments of a normal distribution.
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(z**power) - moment) < 4 * np.sqrt(variance / len(z))
    uniform = visit(f"{server}/numbers/index.html#seed=7&count=50").last()[0]["z"].ravel()
    assert np.all(np.abs(uniform) < 2)
    sorted_shares = np.sort(uniform / 4 + 0.5)
    distance = np.abs(sorted_shares - (np.arange(400) + 0.5) / 400).max()
    assert distance < 1.95 / 20  # Kolmogorov and Smirnov, one in a thousand
    # The published outputs of xoshiro128** for the state 1, 2, 3, 4.
    words = page.run(
        "const next = omnigan.xoshiro([1, 2, 3, 4]); return Array.from({ length: 6 }, next);"
    )
    assert words == [11520, 0, 5927040, 70819200, 2031721883, 1637235492]


def test_keys_are_enough(visit: Visit, server: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit(f"{server}/waveform/index.html").open(f"{server}/waveform/index.html#seed=2")
    page.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert page.driver.switch_to.active_element.get_attribute("id") == "new"
    page.change(lambda: page.driver.switch_to.active_element.send_keys(Keys.ENTER))
    page.driver.switch_to.active_element.send_keys(Keys.TAB)
    field = page.driver.switch_to.active_element
    field.clear()
    page.change(lambda: field.send_keys("12", Keys.ENTER))
    assert "seed=12" in page.driver.current_url
    slider = page.find("#sliders input")
    page.change(lambda: slider.send_keys(Keys.ARROW_RIGHT))
    assert "move-1=0.1" in page.driver.current_url


def test_an_address_names_its_sliders(visit: Visit, server: str) -> None:
    page = visit(f"{server}/image/index.html#seed=1&move-2=1.5&move-1=-0.5&move-9=1&move-3=far")
    names = page.run("return omnigan.sliderNames(omnigan.settings.directions)")
    assert names == ["1", "2", "3", "4", "5", "6"]
    fields = "return [...document.querySelectorAll('#sliders input')].map((e) => Number(e.value))"
    assert page.run(fields) == [-0.5, 1.5, 0, 0, 0, 0]
    assert page.again("seed=1&shape=1,0,2").run(fields) == [1, 0, 2, 0, 0, 0]
    script = (
        "const directions = [{ length: [1] }, { z: [1, 0] }, { z: [1], y: [1] }];"
        "const names = omnigan.sliderNames(directions);"
        "const words = new URLSearchParams(arguments[0]);"
        "return [names, omnigan.slidersIn(words, names, 4)];"
    )
    for address, places in (
        ("move-2=1&move-length=-3", [-3, 0, 1]),
        ("move-1=4.1&move-2=", [0, 0, 0]),
        ("shape=1,2,3", [1, 2, 3]),  # when every slider had its place in a list
        ("shape=2,3", [0, 2, 3]),  # when a length had no slider of its own
        ("shape=1,2,3&move-1=0", [1, 0, 3]),
        ("shape=no", [0, 0, 0]),
        ("", [0, 0, 0]),
    ):
        assert page.run(script, address) == [["length", "1", "2"], places]


def test_music_is_played_until_it_is_stopped(visit: Visit, server: str) -> None:
    page = visit(f"{server}/piano-roll/index.html")
    first, second = page.driver.find_elements("css selector", ".bar button:first-child")
    assert first.text == "Play"
    assert not page.find(".cursor").is_displayed()
    first.click()
    assert first.text == "Stop"
    page.wait("parseFloat(document.querySelector('.cursor').style.left) > 2")
    second.click()  # one at a time
    assert (first.text, second.text) == ("Play", "Stop")
    assert not page.find(".cursor").is_displayed()
    second.click()
    assert second.text == "Play"
    assert page.problems() == []


def test_a_sound_ends_by_itself(visit: Visit, server: str) -> None:
    page = visit(f"{server}/waveform/index.html")
    page.find(".bar button").click()
    page.wait("document.querySelector('.cursor:not([hidden])')")
    page.wait("document.querySelector('.bar button').textContent === 'Play'")
    assert not page.find(".cursor").is_displayed()
    assert page.problems() == []


def test_a_missing_file_is_told(visit: Visit, pages: Path) -> None:
    model = pages / "text" / "data" / "model-0.js"
    model.rename(model.with_suffix(".away"))
    try:
        page = visit((pages / "text" / "index.html").as_uri())
        status = page.find("#status").text
        assert "data/model-0.js is missing" in status
        assert not page.find("#new").is_enabled()
    finally:
        model.with_suffix(".away").rename(model)
