"""Measures of symbolic music, written from their definitions (docs/metrics.md)."""

from __future__ import annotations

from omnigan_music.metrics.suite import metrics_for

__all__ = ["metrics_for"]
