"""The parts of the page about data, recipe, machine and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from omnigan.durations import spoken
from omnigan.engine.disk import resume_command
from omnigan.engine.runfolder import RunFolder
from omnigan.report.facts import Facts
from omnigan.report.markup import Markup, join, tag
from omnigan.report.progress import Progress
from omnigan.report.readings import Readings

__all__ = ["commands_section", "data_section", "environment_section", "keys", "recipe_section"]

MOST_LISTED = 100
SENTENCES = "summary"


def keys(values: Iterable[tuple[object, object]]) -> Markup:
    """Return a table of names and what they stand for."""
    rows = [tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in values]
    return tag("table", tag("tbody", *rows), class_="keys") if rows else Markup()


def data_section(data: Mapping[str, Any]) -> Markup:
    """Return what is known about the data: sentences, counts, and lists to open."""
    title = tag("h2", "Data", id="data")
    sentences = data.get(SENTENCES)
    said = [tag("p", each) for each in sentences] if isinstance(sentences, list) else []
    counts, lists = [], []
    for name, value in data.items():
        if name == SENTENCES or value in ({}, [], "", None):
            continue
        if isinstance(value, list) and len(value) > 4:
            lists.append(_opened(f"{name} ({len(value):,})", map(_plain, value)))
        else:
            counts.append((name, _plain(value)))
    if not (said or counts or lists):
        said = [tag("p", "Nothing is recorded.")]
    table = tag("details", tag("summary", "Counts"), keys(counts)) if counts else ""
    return join(title, *said, table, *lists)


def _opened(title: str, entries: Iterable[str]) -> Markup:
    listed = list(entries)
    items = [tag("li", entry) for entry in listed[:MOST_LISTED]]
    more = len(listed) - MOST_LISTED
    if more > 0:
        items.append(tag("li", f"and {more:,} more, in data.json"))
    return tag("details", tag("summary", title), tag("ul", *items))


def _plain(value: object) -> str:
    if isinstance(value, dict):
        shown = [f"{name} {_plain(each)}" for name, each in value.items()]
    elif isinstance(value, list):
        shown = [_plain(each) for each in value]
    else:
        return f"{value:,}" if type(value) is int else str(value)
    more = [f"and {len(shown) - MOST_LISTED:,} more"] if len(shown) > MOST_LISTED else []
    return ", ".join([*shown[:MOST_LISTED], *more])


def recipe_section(facts: Facts) -> Markup:
    """Return the recipe as it is in the folder."""
    title = tag("h2", "Recipe", id="recipe")
    if not facts.recipe:
        return join(title, tag("p", "There is no recipe.yaml that can be read."))
    cut = "Long values are cut here; recipe.yaml has them in full." if facts.cut else ""
    summary = tag("summary", "Every key, as the run resolved them")
    region = tag("pre", facts.recipe, tabindex=0, role="region", aria_label="Recipe")
    return join(title, tag("p", cut) if cut else "", tag("details", summary, region))


def environment_section(facts: Facts, timings: Readings) -> Markup:
    """Return versions, machine, and where the time went."""
    parts = [tag("h2", "Machine and time", id="machine"), keys(facts.environment.items())]
    # A resumed process counts anew, and what it has not done yet took no time of its own.
    spent = {k: v for k, v in timings.last.items() if k not in ("step", "cpu_seconds")}
    total, peak = spent.pop("seconds", 0.0), spent.pop("peak_bytes", 0.0)
    if total > 0:
        shares = [("training", total - sum(spent.values())), *spent.items()]
        rows = [(name, f"{spoken(s)} ({s / total:.1%})") for name, s in shares]
        rows += [("peak memory", f"{peak / 2**20:,.0f} MiB")] if peak else []
        parts += [tag("h3", f"Where {spoken(total)} went"), keys(rows)]
    return join(*parts)


def commands_section(run: RunFolder, facts: Facts, progress: Progress) -> Markup:
    """Return commands to copy."""
    name = shlex.quote(str(run.path))
    commands = {}
    if progress.state in ("stopped", "failed", "unfinished"):
        commands["Go on with the run"] = resume_command(run)
    commands["Make samples"] = f"omnigan sample {name} --count 16 --seed 1"
    if facts.best:
        commands["The same from the best weights"] = f"{commands['Make samples']} --best"
    commands["Measure it against real data"] = f"omnigan evaluate {name}"
    exported = shlex.quote(f"{Path(run.path).name}-export")
    commands["Make a folder to use or share"] = f"omnigan export {name} {exported}"
    commands["Build this page again"] = f"omnigan report {name}"
    shown = [
        join(
            tag("h3", what),
            tag(
                "div",
                tag("pre", tag("code", command)),
                tag("button", "Copy", type="button", class_="copy", hidden=True),
                class_="command",
            ),
        )
        for what, command in commands.items()
    ]
    return join(tag("h2", "What next", id="next"), *shown)
