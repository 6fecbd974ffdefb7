from __future__ import annotations

import math

import pytest

from omnigan.domain import Metric
from omnigan_music.metrics import metrics_for


def values(metric: Metric, x, reference):
    found = metric.compute(x) if metric.against is None else metric.compute(x, reference)
    return found if isinstance(found, dict) else {"": found}


@pytest.mark.parametrize("options", [("SATB", 4, ""), ("AD", 2, "D"), ("D", 1, "D"), ("A", 1, "")])
def test_every_metric_of_every_kind_of_grid(grid, tensor, composed, options):
    g = grid(*options)
    x, reference = tensor(g, composed(g, 6, 0), 6), tensor(g, composed(g, 8, 1), 8)
    for metric in metrics_for(g).values():
        for value in values(metric, x, reference).values():
            assert isinstance(value, float)
            assert math.isfinite(value)


def test_parts_are_named_after_tracks(grid, tensor, composed):
    g = grid("ABD", drums="D")
    x, metrics = tensor(g, composed(g, 4, 0), 4), metrics_for(g)
    assert set(values(metrics["empty bars"], x, x)) == {"A", "B", "D"}
    assert set(values(metrics["notes of 2 steps or more"], x, x)) == {"A", "B"}
    assert set(values(metrics["tonal distance"], x, x)) == {"A-B"}


def test_only_what_applies(grid):
    assert "drum onsets on eighths" not in metrics_for(grid())
    assert "drum onsets on eighths" in metrics_for(grid("AD", drums="D"))
    assert "groove consistency" not in metrics_for(grid(bars=1))
    assert "scale consistency" not in metrics_for(grid("D", drums="D"))
    assert "notes of 3 steps or more" in metrics_for(grid(steps_per_beat=24))


def test_silence_is_measured_without_a_fuss(grid, tensor, composed):
    g = grid("AD", drums="D")
    reference = tensor(g, composed(g, 5, 0), 5)
    found = {
        name: values(metric, tensor(g, [], 3), reference) for name, metric in metrics_for(g).items()
    }
    assert found["empty bars"] == {"A": 1.0, "D": 1.0}
    assert found["distinct phrases"][""] == pytest.approx(1 / 3)
    assert math.isnan(found["scale consistency"][""])
    assert found["longest copied run"]["A longest"] == 0
