"""The page of a run: whole, closed to the outside, and honest about the state of the run."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from omnigan.report import LIMIT, Report

Make = Callable[..., Any]
Parse = Callable[[str], Any]
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
ADDRESSES = {"src", "href", "action", "data", "poster", "srcset", "formaction", "xlink:href"}


def build(run: Any, **options: Any) -> str:
    return Report(run.folder, **options).build(run.folder, NOW)


def check(page: Any) -> None:
    """Make sure that a page asks for nothing, runs nothing else, and can be used by everybody."""
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ADDRESSES & attributes.keys():
            value = attributes[name] or ""
            if tag == "a":
                assert value.startswith(("#", "data:audio/midi;base64,")) or ":" not in value
            else:
                assert value.startswith("data:")
    for style in page.blocks["style"]:
        assert "url(" not in style
        assert "@import" not in style
    assert "://" not in "".join(page.blocks["script"]) + "".join(page.blocks["style"])

    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    rules = dict(rule.split(" ", 1) for rule in (policy["content"] or "").split("; "))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in str(rules)
    scripts = [attributes.get("type") for tag, attributes in page.elements if tag == "script"]
    assert scripts == ["application/json", None]
    for kind, text in (("script", page.blocks["script"][1]), ("style", page.blocks["style"][0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"

    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    assert all(attributes.get("alt") for attributes in page.all("img"))
    assert all(attributes.get("aria-label") for attributes in page.all("audio"))
    labelled = {attributes.get("for") for attributes in page.all("label")}
    assert all(attributes["id"] in labelled for attributes in page.all("input"))
    targets = [a["href"][1:] for a in page.all("a") if (a["href"] or "").startswith("#")]
    assert set(targets) <= set(names)
    assert page.all("html", lang="en")
    json.loads(page.blocks["script"][0])


def test_a_run_in_one_file(run: Any, parse: Parse) -> None:
    text = build(run)
    page = parse(text)
    check(page)
    assert text.startswith("<!DOCTYPE html>")
    for words in (
        "Finished",
        "step 100 of 100",
        "domain: toy",
        "this page is of 2026-01-02 03:04 UTC",
        "Toys: 64 to train on.",
        "batch_size: 8",
        "omnigan sample",
        "omnigan evaluate",
        "words of 50",
        "words of None",
        "discriminator 0.01",
    ):
        assert words in page.words, words
    assert len(page.all("template")) == 2
    steps = [each["data-step"] for each in page.all("article") if each.get("data-step")]
    assert sorted(steps) == ["0", "100", "50"]
    # grid, example, sound and notes: at three steps and of real data
    assert (len(page.all("img")), len(page.all("audio"))) == (8, 4)
    notes = [a for a in page.all("a") if a.get("download")]
    assert [a["download"] for a in notes] == ["000.mid"] * 4
    assert len(page.all("svg")) == 3  # losses, what the domain reads, speed


def test_the_same_run_gives_the_same_page(run: Any) -> None:
    report = Report(run.folder)
    pages = {report.build(run.folder, NOW), report.build(run.folder, NOW), build(run)}
    assert len(pages) == 1


# ---- hostile contents --------------------------------------------------------------------------

TAGS = """
html head meta title link style body main header h1 h2 h3 h4 ul li span a nav section strong p
div label output button input article figure figcaption img pre template svg text line polyline
circle details summary table thead tbody tr th td code b script progress
"""
EVIL = "</script><img src=x onerror=alert(1)>\"'</pre></template>&"


def test_nothing_that_people_wrote_becomes_part_of_the_page(make_run: Make, parse: Parse) -> None:
    run = make_run("a'><b onclick=x>&run")
    run.recipe(data={"source": EVIL, EVIL: 1}, domain=EVIL)
    run.json("data.json", {"summary": [EVIL], EVIL: EVIL, "list": [EVIL] * 9, "of": {EVIL: [EVIL]}})
    run.json("environment.json", {EVIL: EVIL})
    run.json("status.json", {"state": "failed", "recipe": EVIL, "reason": EVIL, "started": EVIL})
    row = {"metric": EVIL, "part": EVIL, "value": 1.0, "floor": 0.5, "provenance": EVIL}
    evaluation = {"rows": [row, EVIL], "features": EVIL, "provenances": {EVIL: {"seed": EVIL}}}
    for step in (10, 20):
        run.metrics([{"step": step, EVIL: 1.0 * step, "warning": EVIL, "evaluation": evaluation}])
        run.metrics([{"step": step, "warning": EVIL}, {"step": step, "evaluation": evaluation}])
        folder = run.samples(step)
        (folder / "text.txt").write_text(EVIL)
        (folder / f"{EVIL.replace('/', '')}.txt").write_text(EVIL)
        (folder / f"javascript:{EVIL.replace('/', '')}.bin").write_text(EVIL)
        (folder / os.fsdecode(b"\xff\xfe.bin")).write_text(EVIL)
        run.picture(folder / f"{EVIL.replace('/', '')}.png")
    text = build(run)
    text.encode()  # no half characters
    page = parse(text)
    check(page)
    assert not page.all("b", onclick="x&run")
    assert {tag for tag, _ in page.elements} <= set(TAGS.split())
    assert page.words.count("onerror=alert(1)") > 20  # all of it is there, as text


def test_links_lead_to_the_files_wherever_the_page_is(
    make_run: Make, parse: Parse, tmp_path: Path
) -> None:
    run = make_run()
    folder = run.samples(5)
    names = ["a b.bin", "50%.bin", "q?x=1#y.bin", "javascript:alert(1).bin", "\N{SNOWMAN}.bin"]
    for name in names:
        (folder / name).write_text("x")
    elsewhere = tmp_path / "other" / "place"
    elsewhere.mkdir(parents=True)
    for place in (run.folder, elsewhere):
        page = parse(Report(run.folder).build(place, NOW))
        links = [a["href"] for a in page.all("a") if not a["href"].startswith("#")]
        assert len(links) == len(names)
        assert all((place / unquote(link)).is_file() for link in links)
        assert not [link for link in links if ":" in link]


# ---- states ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "lines", "locked", "says"),
    [
        (None, 10, False, ["Finished", "step 100 of 100"]),
        (None, 5, False, ["Not finished", "step 50 of 100", "--resume"]),
        (None, 5, True, ["Running", "about 5 s left"]),
        ("running", 5, True, ["Running", "about 5 s left"]),
        ("running", 5, False, ["Stopped", "--resume"]),
        ("stopped", 5, False, ["Stopped", "--resume"]),
        ("finished", 5, False, ["Finished", "step 50 of 100"]),  # likelihood training ends early
        ("failed", 5, False, ["Failed", "the reason why", "--resume"]),
    ],
)
def test_every_state_is_told(
    run: Any, parse: Parse, status: str | None, lines: int, *, locked: bool, says: list[str]
) -> None:
    for name in ("metrics.jsonl", "timings.jsonl"):
        path = run.folder / name
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))
    if status:
        run.json("status.json", {"state": status, "recipe": "mine", "reason": "the reason why"})
    handle = os.open(run.folder / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        if locked:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        page = parse(build(run))
    finally:
        os.close(handle)
    check(page)
    assert [word for word in says if word not in page.words] == []
    resumes = "--resume" in page.words
    assert resumes == ("--resume" in says)


def test_an_empty_folder_is_no_reason_to_fail(make_run: Make, parse: Parse) -> None:
    page = parse(build(make_run()))
    check(page)
    for words in ("There are no samples yet.", "There are no readings yet.", "was not evaluated"):
        assert words in page.words


def test_damage_is_told_and_the_rest_is_shown(run: Any, parse: Parse) -> None:
    for name in ("recipe.yaml", "data.json", "environment.json", "status.json"):
        (run.folder / name).write_bytes(b"\xff{[")
    run.metrics([["no", "object"]])
    (run.folder / "samples" / "step-00000050" / "grid.png").write_bytes(b"\x89PNG broken")
    best = run.folder / "best" / "step-00000050"
    best.mkdir(parents=True)
    (best / "state.json").write_text("{")
    page = parse(build(run))
    check(page)
    for name in ("recipe.yaml", "data.json", "environment.json", "status.json"):
        assert f"{name} cannot be read" in page.words
    assert "metrics.jsonl: 1 line could not be read." in page.words
    assert "discriminator" in page.words
    assert len(page.all("img")) == 7


# ---- what it says ------------------------------------------------------------------------------


def test_warnings_are_said_once(run: Any, parse: Parse) -> None:
    run.metrics([{"step": n, "warning": "It is silent."} for n in (40, 60, 80)])
    run.metrics([{"step": 90, "warning": "It is loud."}])
    words = parse(build(run)).words
    assert words.count("It is silent.") == 1
    assert "3 times from step 40 to 80: It is silent." in words
    assert "Step 90: It is loud." in words


def evaluation(step: int, value: float | None) -> dict[str, Any]:
    provenance = {
        "extractor": "classifier",
        "reference": "held-out",
        "reference_count": 64,
        "reference_sha256": "0123456789abcdef",
        "samples": 256,
        "seed": 3,
    }
    rows = [
        {
            "metric": "Frechet distance",
            "part": "",
            "value": value,
            "floor": 1.5,
            "better": "lower",
            "provenance": "aa",
        },
        {
            "metric": "notes",
            "part": "Bass",
            "value": 3.0,
            "floor": None,
            "better": "match",
            "provenance": "aa",
        },
    ]
    values = {"rows": rows, "features": "classifier 12", "provenances": {"aa": provenance}}
    return {"step": step, "evaluation": values}


def test_only_the_newest_warnings_are_in_view(run: Any, parse: Parse) -> None:
    run.metrics([{"step": n, "warning": f"Warning {n % 9}."} for n in range(30)])
    text = build(run)
    first, _, rest = text.partition("6 earlier warnings")
    assert [n for n in range(9) if f"Warning {n}." in first] == [0, 1, 2]
    assert [n for n in range(9) if f"Warning {n}." in rest] == [3, 4, 5, 6, 7, 8]
    check(parse(text))


def test_scores_stand_beside_their_floor_and_provenance(run: Any, parse: Parse) -> None:
    run.metrics([evaluation(50, 20.25)])
    page = parse(build(run))
    assert re.search(r"Frechet distance.*20\.25.*1\.5.*lower.*aa", page.words, re.S)
    assert re.search(r"notes.*Bass.*3.*-.*like the floor", page.words, re.S)
    for words in ("held-out", "256", "0123456789ab", "classifier 12", "scores of step 50"):
        assert words in page.words
    assert len(page.all("svg")) == 3  # one evaluation is no curve

    run.metrics([evaluation(100, None), evaluation(100, 12.5)])
    page = parse(build(run))
    check(page)
    assert len(page.all("svg")) == 5
    charts = json.loads(page.blocks["script"][0])
    assert charts[0]["series"] == [[[50, 100], [20.25, 12.5]]]
    assert "(floor 1.5)" in page.words


def test_the_best_weights_are_named(run: Any, parse: Parse) -> None:
    run.metrics([evaluation(50, 20.0)])
    best = run.folder / "best" / "step-00000050"
    best.mkdir(parents=True)
    (best / "state.json").write_text(json.dumps({"metric": "notes", "score": 1}))
    words = parse(build(run)).words
    assert "The best weights by notes are those of step 50." in words
    assert "--best" in words


def test_long_values_of_a_recipe_are_cut_and_that_is_said(run: Any, parse: Parse) -> None:
    run.recipe(data={"vocabulary": "x" * 5000, "names": [str(n) for n in range(500)]})
    words = parse(build(run)).words
    assert "xxx... (5,000 characters)" in words
    assert "400 more" in words
    assert "Long values are cut here" in words
    assert len(words) < 12_000


# ---- size --------------------------------------------------------------------------------------


def test_a_page_has_a_largest_size(make_run: Make, parse: Parse) -> None:
    run = make_run()
    run.recipe()
    for step in range(0, 60, 2):
        folder = run.samples(step)
        run.picture(folder / "grid.png", (200, 150), seed=step)  # 120 kB in the page
        (folder / "words.txt").write_text("word " * 10**5)
    run.metrics([{"step": n, **{f"r{i}": n * i for i in range(30)}} for n in range(1, 1500)])
    path = run.folder / "report.html"
    Report(run.folder, limit=3_000_000).write(path, NOW)
    assert 2_000_000 < path.stat().st_size <= 3_000_000
    assert LIMIT < 20_000_000
    page = parse(path.read_text())
    steps = sorted(int(each["data-step"]) for each in page.all("article"))
    assert steps[0] == 0
    assert steps[-1] == 58
    assert f"Shown are {len(steps)} of 30 steps." in page.words
    assert "the first 20,000 of 500,000 bytes" in page.words


def test_writing_leaves_the_old_page_or_the_new_one(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run.folder / "report.html"
    path.write_text("old")

    def full(self: Path, target: Path) -> Path:
        raise OSError("no space")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="no space"):
            Report(run.folder).write(path)
    assert path.read_text() == "old"
    assert not list(run.folder.glob(".report*"))
    Report(run.folder).write(path)
    assert path.read_text().startswith("<!DOCTYPE html>")


def test_a_resumed_run_counts_the_time_of_all_its_processes(make_run: Make, parse: Parse) -> None:
    run = make_run()
    lines: list[dict[str, float]] = [
        {"step": n, "seconds": n / 10, "held-out likelihood": 4.0} for n in range(10, 101, 10)
    ]
    # killed at step 100, and gone on from step 80, twice as slow
    slow = {"samples": 0.5, "peak_bytes": 1200 * 2**20}
    lines += [{"step": 80 + n, "seconds": n / 5, **slow} for n in range(10, 41, 10)]
    run.metrics(lines, "timings.jsonl")
    words = parse(build(run)).words
    assert "took 18 s" in words, "10 s and 8 s"
    assert "Where 8 s went" in words
    assert "(93.8%)" in words, "7.5 s of them training"
    assert "held-out likelihood" not in words
    assert "1,200 MiB" in words
