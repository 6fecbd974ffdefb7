"""The report of a run is kept up to date, and no trouble with it reaches training."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omnigan.report
from omnigan.engine import checkpoint
from omnigan.engine.publishing import SHARE, Publisher
from omnigan.engine.reporter import Quiet
from omnigan.engine.runfolder import RunFolder
from omnigan.engine.signals import StopRequest
from omnigan.engine.step import Adversaries
from omnigan.errors import OmniganError

Run = Callable[..., Any]


def status(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "status.json").read_text())
    return found


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch, out: Path) -> list[tuple[str, int]]:
    """Return a list that gets the state and the number of sample folders at every report."""
    seen: list[tuple[str, int]] = []

    class Watched:
        def __init__(self, folder: Path) -> None:
            assert folder == out

        def write(self, path: Path, *, thorough: bool) -> None:
            assert path == out / "report.html"
            seen.append((status(out)["state"], len(list(out.glob("samples/step-*")))))

    monkeypatch.setattr(omnigan.report, "Report", Watched)
    monkeypatch.setattr("omnigan.engine.publishing.SHARE", 1e9)
    return seen


def test_a_report_is_written_with_each_samples_and_at_the_end(
    run: Run, pages: list[tuple[str, int]]
) -> None:
    run()
    assert pages == [("running", 1), ("running", 2), ("running", 3), ("finished", 4)]


def test_a_run_leaves_a_page_that_shows_it(run: Run, out: Path) -> None:
    heard = run("log.evaluate_every=15", "log.evaluate_samples=16")
    text = (out / "report.html").read_text()
    for words in ("Finished", "step 30 of 30", "recipe: mixture", "modes", "Speed", "points"):
        assert words in text
    assert "report" not in " ".join(heard.warned)
    assert status(out)["state"] == "finished"
    assert "report" in json.loads((out / "timings.jsonl").read_text().splitlines()[-1])
    assert not list(out.glob(".*.tmp"))


def test_a_report_that_fails_is_one_warning(
    run: Run, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(out=tmp_path / "calm")

    def broken(self: Any, path: Path, *, thorough: bool) -> None:
        raise ZeroDivisionError("what nobody thought of")

    monkeypatch.setattr("omnigan.engine.publishing.SHARE", 1e9)
    monkeypatch.setattr(omnigan.report.Report, "write", broken)
    heard = run()
    assert len(heard.about("what nobody thought of")) == 1
    newest = [checkpoint.find(each / "checkpoints")[0] for each in (out, tmp_path / "calm")]
    first, second = ((each.folder / "ema.safetensors").read_bytes() for each in newest)
    assert first == second


def test_no_space_for_the_report_is_no_reason_to_stop(
    run: Run, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if Path(target).name in ("report.html", "status.json"):
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    heard = run()
    assert len(heard.about("No space left on device")) == 1
    assert checkpoint.find(out / "checkpoints")[0].step == 30
    assert not (out / "report.html").exists()
    assert not list(out.glob(".*.tmp"))


def test_a_run_that_is_stopped_and_goes_on_says_so(
    run: Run, out: Path, pages: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[StopRequest] = []
    begin, advance = StopRequest.__init__, Adversaries.advance

    def remember(self: StopRequest) -> None:
        begin(self)
        requests.append(self)

    def ask(self: Adversaries, data: Any) -> Any:
        if self.step == 12 and len(requests) == 1:
            requests[-1].number = 15
        return advance(self, data)

    monkeypatch.setattr(StopRequest, "__init__", remember)
    monkeypatch.setattr(Adversaries, "advance", ask)
    with pytest.raises(OmniganError, match="Stopped at step 13"):
        run()
    assert pages[-1] == ("stopped", 2)
    before = status(out)
    path = out / "status.json"
    path.write_text(json.dumps({**before, "started": "2020-02-02T02:02:02+00:00"}))
    run(resume=True)
    assert pages[-1] == ("finished", 4)
    assert status(out)["started"] == "2020-02-02T02:02:02+00:00"


def test_a_run_that_fails_says_why(run: Run, out: Path) -> None:
    with pytest.raises(OmniganError, match="holds NaN"):
        run("data.nan_at=41")
    assert status(out)["state"] == "failed"
    assert "training example 41" in status(out)["reason"]
    text = (out / "report.html").read_text()
    assert "Failed" in text
    assert "training example 41" in text


def test_reports_take_a_small_share_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    written: list[float] = []

    class Slow:
        def __init__(self, folder: Path) -> None: ...

        def write(self, path: Path, *, thorough: bool) -> None:
            written.append(now[0])
            now[0] += 3.0

    monkeypatch.setattr(omnigan.report, "Report", Slow)
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    publisher = Publisher(RunFolder(tmp_path), "slow", Quiet())
    with publisher:
        for _ in range(1000):
            publisher.update()
            now[0] += 10.0
        assert written[0] == 0  # there is a page from the start
        assert 3.0 * (len(written) - 1) <= SHARE * now[0]
        assert len(written) > 10
        before = len(written)
    assert len(written) == before + 1  # the last one is always written
