"""The top of the page: what run it is, how far it is, and what went wrong."""

from __future__ import annotations

from datetime import datetime

from omnigan.durations import spoken
from omnigan.report.content import Content
from omnigan.report.markup import Markup, tag
from omnigan.report.progress import Progress
from omnigan.wording import numbered

__all__ = ["alerts", "header"]

NEWEST = 3  # warnings that are in view

_STATES = {
    "running": "Running",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "unfinished": "Not finished",
}
_SECTIONS = {
    "samples": "Samples",
    "scores": "Scores",
    "curves": "Curves",
    "data": "Data",
    "recipe": "Recipe",
    "machine": "Machine and time",
    "next": "What next",
}


def header(content: Content) -> Markup:
    """Return the title of the page, how far the run is, and links to the sections."""
    facts, progress = content.facts, content.progress
    steps = f"step {progress.step:,}"
    if progress.total:
        steps += f" of {progress.total:,}"
    said: list[object] = [
        tag("span", _STATES[progress.state], class_=f"state {progress.state}"),
        steps,
        f"domain: {facts.domain}" if facts.domain else None,
        f"recipe: {facts.status['recipe']}" if "recipe" in facts.status else None,
        _duration(progress),
        f"began {_moment(progress.started)}" if progress.started else None,
        f"this page is of {_moment(content.now)}",
    ]
    bar = Markup()
    if progress.total:
        bar = tag("progress", max=progress.total, value=progress.step, aria_label="Steps done")
    links = [tag("li", tag("a", name, href=f"#{key}")) for key, name in _SECTIONS.items()]
    return tag(
        "header",
        tag("h1", content.name),
        tag("ul", *(tag("li", each) for each in said if each), class_="facts"),
        bar,
        tag("nav", tag("ul", *links), aria_label="Sections"),
    )


def _duration(progress: Progress) -> str | None:
    if progress.state == "running":
        return None if progress.left is None else f"about {spoken(progress.left)} left"
    return None if progress.seconds is None else f"took {spoken(progress.seconds)}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}".strip()


def alerts(content: Content) -> Markup:
    """Return what the page could not read and the warnings of the run, each sentence once."""
    steps: dict[str, list[int]] = {}
    for step, text in content.metrics.warnings:
        steps.setdefault(text, []).append(step)
    by_last = sorted(steps.items(), key=lambda entry: entry[1][-1])
    said = [tag("li", f"{_when(found)}: {text}") for text, found in by_last]
    entries = [*(tag("li", problem) for problem in _problems(content)), *said[-NEWEST:]]
    if not entries:
        return Markup()
    earlier = said[:-NEWEST]
    return tag(
        "section",
        tag("strong", "Worth knowing"),
        tag("ul", *entries),
        tag(
            "details",
            tag("summary", numbered(len(earlier), "earlier warning")),
            tag("ul", *earlier),
        )
        if earlier
        else "",
        class_="alert",
        aria_label="Worth knowing",
    )


def _problems(content: Content) -> list[str]:
    found = [*content.facts.problems]
    if content.progress.state == "failed" and content.progress.reason:
        found.insert(0, content.progress.reason)
    for readings, name in ((content.metrics, "metrics.jsonl"), (content.timings, "timings.jsonl")):
        if readings.damaged:
            found.append(f"{name}: {numbered(readings.damaged, 'line')} could not be read.")
    return found


def _when(steps: list[int]) -> str:
    if len(steps) == 1:
        return f"Step {steps[0]}"
    return f"{len(steps)} times from step {steps[0]} to {steps[-1]}"
