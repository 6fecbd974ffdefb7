from __future__ import annotations

import io
from pathlib import Path

import pytest

from omnigan.console import BarReporter, LineReporter, console_reporter
from omnigan.durations import spoken


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.9, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (3599.7, "1 h"),
        (86_400 * 3 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_durations_are_said_in_two_units(seconds: float, text: str) -> None:
    assert spoken(seconds) == text


def test_lines_come_at_intervals_and_at_the_end() -> None:
    clock, stream = Clock(), io.StringIO()
    reporter = LineReporter(stream, interval=10, clock=clock)
    reporter.start(Path("runs/x"), 20, 100)
    for step in range(21, 101):
        clock.now += 1.0  # one step a second
        reporter.step(step, {"d_loss": 0.5} if step % 5 == 0 else {})
    reporter.finish()
    assert stream.getvalue().splitlines() == [
        "training 100 steps after 20 in runs/x",
        *(
            f"step {step} of 100, D loss 0.5, 1 steps/s, {spoken(100 - step)} left"
            for step in range(25, 101, 10)
        ),
        "step 100 of 100, D loss 0.5, 1 steps/s, 0 s left",
    ]


def test_slow_steps_are_told_of_long_before_there_are_losses() -> None:
    clock, stream = Clock(), io.StringIO()
    reporter = LineReporter(stream, interval=10, clock=clock)
    reporter.start(Path("runs/x"), 0, 100)
    for step in range(1, 11):
        clock.now += 16.0
        reporter.step(step, {"d_loss": 0.5} if step == 10 else {})
    assert stream.getvalue().splitlines()[1:] == [
        "step 1 of 100, 0.0625 steps/s, 26 min 24 s left",
        "step 3 of 100, 0.0625 steps/s, 25 min 52 s left",
        "step 5 of 100, 0.0625 steps/s, 25 min 20 s left",
        "step 7 of 100, 0.0625 steps/s, 24 min 48 s left",
        "step 9 of 100, 0.0625 steps/s, 24 min 16 s left",
        "step 10 of 100, D loss 0.5, 0.0625 steps/s, 24 min left",
    ]


def test_long_work_is_told_at_intervals() -> None:
    clock, stream = Clock(), io.StringIO()
    reporter = LineReporter(stream, interval=10, clock=clock)
    for done in range(1, 31):
        clock.now += 1.0
        reporter.notify("reading files", done, 30)
    assert stream.getvalue().splitlines() == [
        f"reading files: {done} of 30" for done in (1, 11, 21)
    ]


def test_warnings_go_to_the_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = console_reporter()
    assert isinstance(reporter, LineReporter)
    reporter.say("Going on.")
    reporter.warn("The discriminator has won.")
    assert capsys.readouterr() == ("Going on.\n", "warning: The discriminator has won.\n")


def test_a_terminal_gets_bars() -> None:
    terminal = Terminal()
    reporter = console_reporter(terminal)
    assert isinstance(reporter, BarReporter)
    reporter.notify("reading [files]", 1, 2)
    reporter.notify("reading [files]", 2, 2)
    reporter.start(Path("runs/[x]"), 0, 3)
    for step in (1, 2, 3):
        reporter.step(step, {"d_loss": 0.25, "g_loss": 2, "d_accuracy": 0.75} if step > 1 else {})
    reporter.warn("Look [here].")
    reporter.finish()
    shown = terminal.getvalue()
    for text in (
        "reading [files]",
        "runs/[x]",
        "3/3",
        "D 0.25, G 2, acc 0.75",
        "warning: Look [here].",
    ):
        assert text in shown
