"""Images that are the same, or nearly the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from omnigan.datasets.copies import Clusters, Groups, close_pairs
from omnigan_image.data.collection import Pixels

__all__ = ["alike", "thumbnail"]

_SIDE = 16  # of a thumbnail
_NEAR = 0.1  # distance of two thumbnails as a share of their contrast
_BRIGHTNESS = 8.0  # largest difference of their mean levels, of 255
_FLAT = 4.0  # thumbnails with less contrast (standard deviation, of 255) say nothing


def thumbnail(pixels: Pixels) -> Pixels:
    """Return ``[C * 256]`` of pixels ``[C, H, W]``: 16 x 16 means of each channel."""
    planes = [
        np.asarray(Image.fromarray(plane).resize((_SIDE, _SIDE), Image.Resampling.BOX))
        for plane in pixels
    ]
    return np.concatenate(planes).ravel()


def alike(thumbnails: Sequence[Pixels], most: int) -> Groups | None:
    """Group images whose thumbnails are nearly the same.

    Two are when their difference, after taking the mean of each channel off, is under a tenth of
    their contrast (a correlation above 0.995), and their means are close. Copies that were
    resized or compressed again are; two digits of the same shape by different hands are not.

    Args:
        thumbnails: What :func:`thumbnail` returned.
        most: The largest group to believe in.

    Returns:
        The groups; None if one is larger, so that these are no copies but images of one kind.
    """
    if not thumbnails:
        return np.zeros(0, np.int64)
    values = np.stack(thumbnails).reshape(len(thumbnails), -1, _SIDE * _SIDE)
    contrasts = [part.std((1, 2), dtype=np.float32) for part in _parts(values)]
    lively = np.flatnonzero(np.concatenate(contrasts) > _FLAT)
    clusters = Clusters(len(values))
    for some, others in close_pairs(_coarse(values[lively]), _NEAR):
        a, b = lively[some], lively[others]
        for row, column in np.argwhere(_are_near(values[a], values[b])):
            if clusters.join(int(a[row]), int(b[column])) > most:
                return None
    return clusters.groups()


def _are_near(a: Pixels, b: Pixels) -> NDArray[np.bool_]:
    """Compare each of some thumbnails ``[A, C, 256]`` with each of others ``[B, C, 256]``."""
    gap = a.mean(2, dtype=np.float32)[:, None] - b.mean(2, dtype=np.float32)[None]
    correlation = _directions(a) @ _directions(b).T
    is_near = (correlation > 1 - _NEAR**2 / 2) & (np.abs(gap).max(2) < _BRIGHTNESS)
    return np.asarray(is_near, np.bool_)


def _directions(values: Pixels) -> NDArray[np.float32]:
    """Return unit vectors ``[N, C * 256]`` of thumbnails ``[N, C, 256]`` less their means."""
    centred = values - values.mean(2, keepdims=True, dtype=np.float32)
    flat = centred.reshape(len(centred), -1)
    norms = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(norms, 1e-6), np.float32)


def _coarse(values: Pixels) -> NDArray[np.float32]:
    """Return ``[N, C * 16]``: 4 x 4 means of the unit vectors, times 4.

    That is a projection: two vectors are never further apart in it than they are.
    """
    parts = [np.zeros((0, values.shape[1] * 16), np.float32)]
    for part in _parts(values):
        blocks = _directions(part).reshape(*part.shape[:2], 4, _SIDE // 4, 4, _SIDE // 4)
        parts.append(blocks.mean((3, 5)).reshape(len(part), -1) * 4)
    return np.concatenate(parts)


def _parts(values: Pixels) -> Iterator[Pixels]:
    """Yield some thumbnails after the other, to make numbers of few at a time."""
    return (values[first : first + 4096] for first in range(0, len(values), 4096))
