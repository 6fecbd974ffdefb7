"""Scores in the front matter of a model card, where the Hugging Face Hub reads them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from omnigan.exporting.facts import Scores

__all__ = ["model_index"]

_BETTER = {"lower": "lower is better", "higher": "higher is better", "match": "as real is best"}


def model_index(
    name: str, task: str, scores: Scores, dtype: str, metrics: Collection[str]
) -> list[dict[str, Any]]:
    """Return the Hub's ``model-index``; empty where there is no value of these metrics.

    The Hub compares by task, data set and metric, and knows neither floors nor provenance: so they
    are in the name and the arguments of a metric, and the data set is nobody else's.

    Args:
        name: The model's.
        task: The Hub's name of its task, or what comes nearest.
        scores: Of the weights that the card is about.
        dtype: What these are stored as.
        metrics: The names of those that are told.
    """
    rows = [row for row in scores.values["rows"] if row["metric"] in metrics]
    sources = scores.values["provenances"]
    told = [
        _metric(row, sources[row["provenance"]], dtype) for row in rows if row["value"] is not None
    ]
    if not told:
        return []
    data = {"name": "held-out examples of its own data", "type": "held-out"}
    return [
        {
            "name": name,
            "results": [{"task": {"type": task}, "dataset": data, "metrics": told}],
        }
    ]


def _metric(row: Mapping[str, Any], source: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    title = f"{row['metric']} {row['part']}".rstrip()
    floor = "" if row["floor"] is None else f"real data {row['floor']:.4g}, "
    features = {"features": source["extractor"]} if source.get("extractor") else {}
    weights = {} if dtype == "fp32" else {"weights": f"before they were rounded to {dtype}"}
    return {
        "type": re.sub(r"\W+", "-", title.lower()).strip("-"),
        "value": row["value"],
        "name": f"{title} ({floor}{_BETTER[row['better']]})",
        "args": {
            "floor": row["floor"],
            "provenance": row["provenance"],
            **{key: source.get(key) for key in ("reference", "samples", "seed", "version")},
            **features,
            **weights,
        },
    }
