"""SIGTERM ends a run in words, even where no step ends."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from omnigan.engine import signals
from omnigan.engine.signals import StopRequest, last_words, leaving, listening

LONG = 0.05


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the statuses with which the process would have ended, and shorten the grace time."""
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    monkeypatch.setattr(signals, "GRACE", LONG)
    return statuses


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    assert signal.set_wakeup_fd(-1) == -1, "a run leaves nothing behind"
    signal.signal(signal.SIGTERM, before)


def asked(what: Callable[[StopRequest], None], command: str | None = None) -> StopRequest:
    """Ask a run to stop while it does something."""
    with listening() as request, leaving(request):
        request.command = command
        os.kill(os.getpid(), signal.SIGTERM)
        what(request)
    return request


def until(left: list[int]) -> None:
    """Wait for the end; a busy machine may take its time."""
    limit = time.monotonic() + 5
    while not left and time.monotonic() < limit:
        time.sleep(LONG / 10)


def in_a_step(request: StopRequest) -> None:
    with request.step():
        time.sleep(3 * LONG)


def test_a_step_that_never_ends_is_left_in_words(
    left: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    def compute(request: StopRequest) -> None:
        with request.step():
            until(left)

    asked(compute, "omnigan train mine --resume")
    assert left == [128 + signal.SIGTERM]
    said = capsys.readouterr().err
    assert said.startswith("Stopped: ")
    assert said.endswith("whole. Go on with:\n  omnigan train mine --resume\n")


def test_last_words_are_said_before_the_process_ends(
    left: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "BREATH", LONG)
    heard: list[tuple[str, int, list[int]]] = []
    with last_words(lambda error: heard.append((str(error), error.exit_status, list(left)))):
        asked(lambda request: until(left), "omnigan train mine --resume")
    ((text, status, before),) = heard
    assert text.endswith("Go on with:\n  omnigan train mine --resume")
    assert (status, before) == (left[0], [])
    left.clear()
    never = threading.Event()
    with last_words(lambda error: never.wait()):
        asked(lambda request: until(left))
    never.set()
    assert left == [128 + signal.SIGTERM], "nobody waits for them for ever"
    asked(lambda request: until(left))
    assert len(heard) == 1, "nor are they said after the block"


def test_so_is_what_comes_before_the_first_step(
    left: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    asked(lambda request: until(left))
    assert left == [128 + signal.SIGTERM]
    assert capsys.readouterr().err.endswith("nothing is saved\n")


def test_work_between_steps_may_take_its_time(left: list[int]) -> None:
    def evaluate(request: StopRequest) -> None:
        with request.step():
            pass
        time.sleep(3 * LONG)

    request = asked(evaluate)
    assert left == []
    assert request.number == signal.SIGTERM


def test_long_steps_have_three_times_what_they_took(left: list[int]) -> None:
    with listening() as request, leaving(request):
        with request.step():
            time.sleep(4 * LONG)
        os.kill(os.getpid(), signal.SIGTERM)
        in_a_step(request)
    assert left == []


def test_whoever_listens_already_is_not_left(left: list[int]) -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    asked(in_a_step)
    assert left == []


def test_only_the_main_thread_hears_signals(left: list[int]) -> None:
    found: list[int] = []

    def run() -> None:
        with listening() as request, leaving(request):
            found.append(threading.active_count())

    before = threading.active_count()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [before + 1]


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_signals_of_a_forked_process_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[float] = []
    monkeypatch.setattr(signals, "GRACE", LONG)
    monkeypatch.setattr(signals, "_leave", lambda request, seconds: ended.append(seconds))
    reader, writer = os.pipe()
    with listening() as request, leaving(request):
        child = os.fork()
        if not child:
            os.write(writer, b"!")
            time.sleep(5)
            os._exit(0)  # it did not hear
        os.read(reader, 1)
        os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)
        time.sleep(3 * LONG)
    os.close(reader)
    os.close(writer)
    assert os.WTERMSIG(status) == signal.SIGTERM
    assert (ended, request.number) == ([], None)
