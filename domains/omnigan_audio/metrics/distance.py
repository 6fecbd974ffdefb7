"""Distances between sets of sounds in their pooled log-mel features."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan.evaluation.frechet import frechet_distance
from omnigan.evaluation.kernel import kernel_distance

__all__ = ["COMPONENTS", "principal_frechet", "standardised_kernel"]

COMPONENTS = 32
_LEAST_DEVIATION = 1e-6


def principal_frechet(features: Tensor, reference: Tensor, components: int = COMPONENTS) -> float:
    """Return the Frechet distance in the principal components of the reference.

    In few dimensions it needs few examples. What is wrong in a direction in which the reference
    hardly varies goes unseen.

    Args:
        features: ``[N, F]``, at least two rows.
        reference: ``[M, F]``, at least two rows.
        components: How many; fewer where there are fewer rows or features.
    """
    reference, features = reference.double(), features.double()
    mean = reference.mean(0)
    directions = torch.linalg.svd(reference - mean, full_matrices=False).Vh[:components]
    return frechet_distance((features - mean) @ directions.T, (reference - mean) @ directions.T)


def standardised_kernel(features: Tensor, reference: Tensor) -> float:
    """Return the kernel distance of features on the scale on which the reference varies.

    Args:
        features: ``[N, F]``, at least three rows.
        reference: ``[M, F]``, at least three rows.
    """
    mean, deviation = reference.mean(0), reference.std(0).clamp(min=_LEAST_DEVIATION)
    return kernel_distance((features - mean) / deviation, (reference - mean) / deviation).value
