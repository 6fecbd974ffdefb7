"""What generated texts are measured by."""

from __future__ import annotations

from omnigan_text.metrics.collection import suite

__all__ = ["suite"]
