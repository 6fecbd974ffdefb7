"""The Frechet distance between Gaussians fitted to two sets of features.

Heusel et al. (2017), "GANs trained by a two time-scale update rule converge to a local Nash
equilibrium". It falls with the number of examples, so only distances between sets of the same sizes
can be compared.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["frechet_distance", "gaussian_distance"]


def frechet_distance(x: Tensor, y: Tensor) -> float:
    """Return the squared Frechet distance of two sets of features, at least 0.

    Args:
        x: ``[N, F]``, at least two rows.
        y: ``[M, F]``, at least two rows; N and M may be smaller than F.

    Raises:
        ValueError: A set has fewer than two rows.
    """
    if min(len(x), len(y)) < 2:
        raise ValueError("the Frechet distance needs at least two rows on each side")
    x, y = x.double(), y.double()
    if min(len(x), len(y)) <= x.shape[1]:
        return _of_few(x, y)
    return gaussian_distance(x.mean(0), _covariance(x), y.mean(0), _covariance(y))


def gaussian_distance(
    mean_x: Tensor, covariance_x: Tensor, mean_y: Tensor, covariance_y: Tensor
) -> float:
    """Return ``|m_x - m_y|^2 + Tr(S_x + S_y - 2 (S_x S_y)^(1/2))`` of two Gaussians.

    With ``S_x = L L^T`` the matrices ``S_x S_y`` and ``L^T S_y L`` have the same eigenvalues, and
    the latter is symmetric: no square root of a matrix has to be taken.

    Args:
        mean_x: ``[F]``.
        covariance_x: ``[F, F]``, symmetric and positive semidefinite.
        mean_y: ``[F]``.
        covariance_y: ``[F, F]``.
    """
    root = _root(covariance_x.double())
    eigenvalues = torch.linalg.eigvalsh(root.T @ covariance_y.double() @ root)
    traces = covariance_x.double().trace() + covariance_y.double().trace()
    return _total(mean_x.double() - mean_y.double(), traces, eigenvalues.clamp(min=0).sqrt().sum())


def _total(offset: Tensor, traces: Tensor, trace_of_root: Tensor) -> float:
    return max(0.0, float(offset.square().sum() + traces - 2 * trace_of_root))


def _covariance(x: Tensor) -> Tensor:
    centred = x - x.mean(0)
    return centred.T @ centred / (len(x) - 1)


def _root(covariance: Tensor) -> Tensor:
    """Return ``L`` with ``L L^T`` equal to a positive semidefinite matrix."""
    lower: Tensor
    lower, failed = torch.linalg.cholesky_ex(covariance)
    if not int(failed):
        return lower
    values, vectors = torch.linalg.eigh(covariance)  # singular, say a feature that never changes
    root: Tensor = vectors * values.clamp(min=0).sqrt()
    return root


def _of_few(x: Tensor, y: Tensor) -> float:
    """Compute the distance without covariances, which are singular with fewer rows than features.

    With centred rows A and B, ``Tr (S_x S_y)^(1/2)`` is the sum of the singular values of
    ``A B^T``, whose small ones are exact where roots of eigenvalues would be noise.
    """
    a = (x - x.mean(0)) / math.sqrt(len(x) - 1)
    b = (y - y.mean(0)) / math.sqrt(len(y) - 1)
    return _total(
        x.mean(0) - y.mean(0),
        a.square().sum() + b.square().sum(),
        torch.linalg.svdvals(_no_taller(a) @ _no_taller(b).T).sum(),
    )


def _no_taller(rows: Tensor) -> Tensor:
    """Return at most as many rows as columns; they differ by an orthogonal factor on the left."""
    if len(rows) <= rows.shape[1]:
        return rows
    triangle: Tensor = torch.linalg.qr(rows, mode="r").R
    return triangle
