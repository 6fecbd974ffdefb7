"""Numbers of any kind, as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["write"]


def write(x: np.ndarray, show: Mapping[str, Any], stem: Path) -> Path:
    """Write an example of any shape as a table, its last axis in columns, and return the file."""
    path = stem.with_suffix(".csv")
    np.savetxt(path, x.reshape(-1, x.shape[-1] if x.ndim else 1), fmt="%.9g", delimiter=",")
    return path
