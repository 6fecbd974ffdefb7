"""What several commands do."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from omnigan.engine.reporter import Reporter
    from omnigan.sampling import Trained

__all__ = ["first_rank", "harmless", "loaded", "print_json", "print_line", "reporting", "warn"]


def first_rank() -> bool:
    """Tell whether this is the process that talks, of those that torchrun may have started."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def reporting(stream: TextIO | None = None) -> Iterator[Reporter]:
    """Show progress, by default on the standard error, which leaves the output to the result."""
    from omnigan.console import console_reporter
    from omnigan.engine.reporter import Quiet

    reporter = console_reporter(stream or sys.stderr) if first_rank() else Quiet()
    try:
        yield reporter
    finally:
        reporter.finish()


def loaded(run: Path, device: str = "cpu", *, best: bool = False) -> Trained:
    """Load a generator, and say which commit it is if it came from the Hub."""
    from omnigan.api import load

    trained = load(run, device, best=best, warn=warn)
    if trained.commit is not None:
        print(f"{run.as_posix()} is commit {trained.commit}", file=sys.stderr)
    return trained


def warn(text: str) -> None:
    """Say what may be wrong, on the standard error."""
    print(f"warning: {text}", file=sys.stderr)


def harmless(text: str) -> str:
    """Return a stranger's text without signs that give orders to a terminal."""
    return "".join(sign if sign.isprintable() or sign in "\n\t\u3000" else "?" for sign in text)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_line(value: Any) -> None:
    """Print a value as JSON in one line, which is the last of what may be many."""
    print(json.dumps(value, ensure_ascii=False))
