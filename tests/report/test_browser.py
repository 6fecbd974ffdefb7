"""The page in a browser: quiet, narrow enough, and every control works."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from omnigan.report import Report

pytestmark = pytest.mark.slow

WIDTHS = (1280, 390)


@pytest.fixture
def opened(browser: Any, run: Any) -> Callable[[int], Any]:
    """Return a function that opens the page of a run at a width in pixels."""
    line = {"metric": "Frechet distance", "part": "", "better": "lower", "provenance": "aa"}
    for step in (50, 100):
        rows = [{**line, "value": 900.0 / step, "floor": 1.5}]
        values = {"rows": rows, "provenances": {"aa": {"extractor": "x" * 80, "seed": 0}}}
        run.metrics([{"step": step, "evaluation": values, "warning": "W" * 300}])
    long = run.folder / "samples" / "step-00000100"
    run.tone(long / "001.wav", seconds=6, rate=16_000)  # becomes Vorbis
    (long / "words.txt").write_text("w" * 500)
    path = run.folder / "report.html"
    Report(run.folder).write(path)

    def open_at(width: int) -> Any:
        size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get("about:blank")  # what other tests left behind is not of this page
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get(path.as_uri())
        return browser

    return open_at


def until(condition: Callable[[], Any]) -> Any:
    """Return what a condition gives as soon as that is true."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def requests(driver: Any) -> list[str]:
    """Return the addresses that the page asked for, its own aside."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in asked if not url.startswith(("data:", driver.current_url))]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_works(opened: Callable[[int], Any], width: int) -> None:
    driver = opened(width)
    script = driver.execute_script

    # nothing sticks out, and all of it is there
    assert script("return document.documentElement.scrollWidth") <= width
    assert script("return document.querySelectorAll('.chart svg').length") == 4
    boxes = "return [...document.querySelectorAll('polyline')].map(e => e.getBBox().width)"
    assert all(each > 50 for each in script(boxes))
    assert script("return getComputedStyle(document.querySelector('polyline')).fill") == "none"

    # what is shown can be seen and heard
    loaded = "return [...document.images].every(e => e.complete && e.naturalWidth > 0)"
    until(lambda: script(loaded))
    heard = (
        "return [...document.querySelectorAll('audio')].map(e => e.readyState > 0 && e.duration)"
    )
    lengths = until(lambda: all(found := script(heard)) and found)
    assert sorted(map(round, (each * 2 for each in lengths))) == [1, 1, 12]

    # the slider goes through the steps, by keys and by buttons
    def shown() -> tuple[str, str]:
        return script(
            "return [document.getElementById('shown').textContent,"
            "document.querySelector('#stage pre').textContent]"
        )

    slider = driver.find_element("id", "step")
    assert shown() == ["100", "w" * 500]
    slider.send_keys("\ue012")  # left
    assert shown() == ["50", "words of 50\n"]
    assert slider.get_attribute("aria-valuetext") == "step 50"
    until(lambda: script(loaded))
    driver.find_element("id", "earlier").click()
    assert shown() == ["0", "words of 0\n"]
    driver.find_element("id", "earlier").click()
    assert shown()[0] == "0"
    slider.send_keys("\ue010")  # end
    assert shown() == ["100", "w" * 500]

    # charts tell their values to the arrow keys
    chart = driver.find_element("css selector", "[data-chart='1'] svg")
    chart.send_keys("\ue011")  # home
    told = "return [...document.querySelectorAll('[data-chart=\"1\"] :is(output, .value)')]"
    assert script(f"{told}.map(e => e.textContent)") == ["step 10", "0.1", "1.111"]
    chart.send_keys("\ue014")  # right
    assert script(f"{told}.map(e => e.textContent)") == ["step 20", "0.05", "2.222"]

    # and it did all that alone, without complaints
    assert requests(driver) == []
    assert driver.get_log("browser") == []


def test_what_is_injected_does_not_run(browser: Any, run: Any) -> None:
    """Even if text became markup, the policy of the page would not let it act."""
    path = run.folder / "report.html"
    Report(run.folder).write(path)
    evil = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'><style>*{}</style>"
    path.write_text(path.read_text().replace("<main>", f"<main>{evil}"))
    browser.get_log("browser")
    browser.get(path.as_uri())
    assert browser.execute_script("return window.hit") is None
    refused = [entry["message"] for entry in browser.get_log("browser")]
    assert len([message for message in refused if "Content Security Policy" in message]) >= 3
