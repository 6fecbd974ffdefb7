"""``report.html``: a run in one file that opens anywhere."""

from __future__ import annotations

from omnigan.report.report import LIMIT, Report

__all__ = ["LIMIT", "Report"]
