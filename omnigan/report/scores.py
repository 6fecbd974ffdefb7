"""The part of the page about evaluations."""

from __future__ import annotations

from collections.abc import Mapping

from omnigan.report.charts import ChartBook, short_value
from omnigan.report.grouping import number, rows, score_charts
from omnigan.report.markup import Markup, join, tag
from omnigan.report.readings import Readings
from omnigan.wording import numbered

__all__ = ["scores_section"]

FIRST = 6
"""Charts that are in view."""
SHORT = 16  # rows of a table that is in view

_PROVENANCE = {
    "extractor": "features",
    "weights": "weights of the features",
    "preprocessing": "preprocessing",
    "reference": "held against",
    "reference_count": "of them",
    "reference_sha256": "their content",
    "samples": "generated",
    "seed": "seed",
    "version": "omnigan",
}
_BETTER = {"match": "like the floor", "lower": "lower", "higher": "higher"}
_HASHES = "weights", "reference_sha256"


def scores_section(metrics: Readings, best: tuple[int, str] | None, book: ChartBook) -> Markup:
    """Return the section.

    Args:
        metrics: Of ``metrics.jsonl``.
        best: Step and metric of the best weights, if there are such.
        book: Of the page's charts.
    """
    title = tag("h2", "Scores", id="scores")
    found = metrics.evaluations
    if not found:
        advice = "The run was not evaluated; log.evaluate_every in the recipe asks for it."
        return join(title, tag("p", advice))
    step, evaluation = found[-1]
    parts = [title]
    if best:
        parts.append(tag("p", f"The best weights by {best[1]} are those of step {best[0]:,}."))
    drawn = score_charts(metrics, best[1] if best else None)
    if drawn:
        parts.append(book.draw(drawn[:FIRST]))
    if drawn[FIRST:]:
        more = f"{numbered(len(drawn) - FIRST, 'more metric')} over the run"
        parts.append(tag("details", tag("summary", more), book.draw(drawn[FIRST:])))
    features = evaluation.get("features")
    return join(
        *parts,
        tag(
            "details",
            tag("summary", f"All scores of step {step:,}"),
            _score_table(evaluation),
            tag("p", f"Features: {features}.", class_="quiet") if features else "",
            open=len(rows(evaluation)) <= SHORT,
        ),
        tag(
            "details",
            tag("summary", "What the scores were computed from"),
            tag("p", "Two scores can be compared only where all of this is the same."),
            _provenance_table(evaluation),
        ),
    )


def _score_table(evaluation: Mapping[str, object]) -> Markup:
    """Return the numbers of an evaluation, each with its floor."""
    names = ("metric", "", "generated", "floor", "best", "provenance")
    classes = (None, None, "number", "number", None, None)
    head = [tag("th", name, scope="col", class_=c) for name, c in zip(names, classes, strict=True)]
    body, above = [], None
    for row in rows(evaluation):
        metric = str(row.get("metric", ""))
        cells = (
            metric if metric != above else "",
            row.get("part") or "",
            _said(row.get("value")),
            _said(row.get("floor")),
            _BETTER.get(str(row.get("better")), ""),
            tag("code", row.get("provenance", "")),
        )
        body.append([tag("td", cell, class_=c) for cell, c in zip(cells, classes, strict=True)])
        above = metric
    return _table(tag("tr", *head), [tag("tr", *cells) for cells in body])


def _provenance_table(evaluation: Mapping[str, object]) -> Markup:
    """Return what the scores were computed from: only with the same can two be compared."""
    found = evaluation.get("provenances")
    known = found if isinstance(found, dict) else {}
    columns = {key: value for key, value in known.items() if isinstance(value, dict)}
    if not columns:
        return Markup()
    head = tag("tr", tag("td", ""), *(tag("th", tag("code", key), scope="col") for key in columns))
    body = []
    for name, words in _PROVENANCE.items():
        cells = [_shortened(name, values.get(name, "")) for values in columns.values()]
        if any(cells):
            shown = [tag("td", cell or "-") for cell in cells]
            body.append(tag("tr", tag("th", words, scope="row"), *shown))
    return _table(head, body)


def _shortened(name: str, value: object) -> str:
    return str(value)[:12] if name in _HASHES else str(value)


def _said(value: object) -> str:
    found = number(value)
    return "-" if found is None else short_value(found)


def _table(head: Markup, body: list[Markup]) -> Markup:
    whole = tag("table", tag("thead", head), tag("tbody", join(*body)))
    return tag("div", whole, class_="wide", tabindex=0, role="region", aria_label="Table")
