"""Inputs that were stored with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["read"]


def read(path: Path, about: Mapping[str, Any]) -> np.ndarray:
    """Return the array that an .npy file holds."""
    try:
        with path.open("rb") as file:  # np.load takes archives of several arrays, too
            stored: np.ndarray = np.lib.format.read_array(file)
    except OSError:
        raise
    except Exception:  # what is no such file fails in many ways
        raise SystemExit(f"{path} must be an array that numpy.save wrote.") from None
    return stored
