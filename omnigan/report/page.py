"""The page as a whole."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template

from omnigan import __version__
from omnigan.report.about import (
    commands_section,
    data_section,
    environment_section,
    recipe_section,
)
from omnigan.report.charts import ChartBook
from omnigan.report.content import Content
from omnigan.report.grouping import reading_charts, speed_chart
from omnigan.report.header import alerts, header
from omnigan.report.looks import samples_section
from omnigan.report.markup import Markup, data_block, join, tag
from omnigan.report.scores import scores_section

__all__ = ["compose"]


def compose(content: Content, limit: int) -> str:
    """Return the page, with as many samples as fit.

    Args:
        content: What it shows.
        limit: Most bytes.
    """
    charts = ChartBook()
    first = join(header(content), alerts(content))
    rest = join(
        scores_section(content.metrics, content.facts.best, charts),
        _curves(content, charts),
        data_section(content.facts.data),
        recipe_section(content.facts),
        environment_section(content.facts, content.timings),
        commands_section(content.run, content.facts, content.progress),
    )
    block = data_block(json.dumps(charts.values, separators=(",", ":")), "charts-data")
    page = _template(f"{content.name} - omnigan")
    size = sum(len(part.encode()) for part in (page.before, first, rest, block, page.after))
    content.samples.update(limit - size)
    samples = samples_section(content.samples, content.samples_at)
    body = tag("main", first, samples, rest)
    return "".join((page.before, body, block, page.after))


# ---- the frame ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Frame:
    before: str
    after: str


@cache
def _file(name: str) -> str:
    return (resources.files("omnigan.report") / name).read_text(encoding="utf-8")


def _template(title: str) -> _Frame:
    style, script = _file("page.css"), _file("page.js")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; media-src data:; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )
    values: Mapping[str, str] = {
        "policy": policy,
        "version": __version__,
        "title": join(title),
        "style": style,
        "script": script,
        "body": "\0",
    }
    before, after = Template(_file("page.html")).substitute(values).split("\0")
    return _Frame(before, after)


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _curves(content: Content, charts: ChartBook) -> Markup:
    title = tag("h2", "Curves", id="curves")
    drawn = reading_charts(content.metrics)
    speed = speed_chart(content.timings)
    if speed:
        drawn.append(speed)
    if not drawn:
        return join(title, tag("p", "There are no readings yet."))
    return join(title, charts.draw(drawn))
