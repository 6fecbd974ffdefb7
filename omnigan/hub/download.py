"""Getting an export from the Hub: three files of one commit, each looked at before the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omnigan.errors import OmniganError, UserError
from omnigan.exporting.read import CONFIG, MODEL, check_size
from omnigan.hub.reference import Reference
from omnigan.hub.words import api_of_hub, in_words
from omnigan.modelfile import MOST_BYTES as MOST_CONFIG

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["MOST_BYTES", "Fetched", "fetch"]

MOST_BYTES = 2**32
"""Of a model that is downloaded unasked."""
CARD = "README.md"


@dataclass(frozen=True)
class Fetched:
    """An export that is on this machine now.

    Attributes:
        folder: Where; a part of the Hub's cache, not to be changed.
        commit: What it is, for good: a revision may be something else tomorrow.
    """

    folder: Path
    commit: str


def fetch(reference: Reference) -> Fetched:
    """Download an export, as far as it is not in the cache of ``huggingface_hub``.

    Nothing but ``config.json``, ``model.safetensors`` and ``README.md`` is downloaded, whatever
    else there may be. The config is looked at before the model is, whose size has to fit it.
    Without network, or with ``HF_HUB_OFFLINE=1``, what is in the cache is used.

    Raises:
        UserError: There is no such model, it is no export of omnigan, or it is too large.
        OmniganError: The Hub cannot be reached, and the cache does not have it.
    """
    api = api_of_hub()
    with in_words(reference.repository, reference.revision):
        try:
            commit, sizes = _listed(api, reference)
        except Exception as error:
            cached = _cached(reference) if _is_out_of_reach(error) else None
            if cached is None:
                raise
            return cached
        return _downloaded(api, reference, commit, sizes)


def _listed(api: HfApi, reference: Reference) -> tuple[str, Mapping[str, int | None]]:
    """Return the commit of a revision, and its files with their sizes in bytes."""
    info = api.model_info(reference.repository, revision=reference.revision, files_metadata=True)
    if not info.sha:
        raise OmniganError(f"The Hub does not say which commit {reference} is.")
    return info.sha, {each.rfilename: each.size for each in info.siblings or ()}


def _is_out_of_reach(error: Exception) -> bool:
    """Tell whether there was no answer: not a refusal, and no fault of the Hub."""
    from huggingface_hub.errors import HfHubHTTPError

    return not isinstance(error, OmniganError | HfHubHTTPError)


def _cached(reference: Reference) -> Fetched | None:
    from huggingface_hub import try_to_load_from_cache

    found = [
        try_to_load_from_cache(reference.repository, name, revision=reference.revision)
        for name in (CONFIG, MODEL)
    ]
    if not all(isinstance(each, str) for each in found):
        return None
    folder = Path(str(found[0])).parent
    return Fetched(folder, folder.name)


def _downloaded(
    api: HfApi, reference: Reference, commit: str, sizes: Mapping[str, int | None]
) -> Fetched:
    for name in (CONFIG, MODEL):
        if name not in sizes:
            raise UserError(f"{reference} is not an export of omnigan: it has no {name}.")
    for name, most in ((CONFIG, MOST_CONFIG), (CARD, MOST_CONFIG), (MODEL, MOST_BYTES)):
        size = sizes.get(name)
        if size is not None and size > most:
            raise UserError(
                f"{reference} is too large to be loaded by name: its {name} has {size / 1e9:.1f} "
                f"GB. Download it with hf download {reference.repository}, and name the folder."
            )
    # By the name of the revision, which the cache then knows without network.
    config = Path(api.hf_hub_download(reference.repository, CONFIG, revision=reference.revision))
    if config.parent.name != commit:
        raise OmniganError(f"{reference} has just been changed: try again.")
    _check(config, sizes[MODEL], reference)
    for name in (CARD, MODEL):
        if name in sizes:
            api.hf_hub_download(reference.repository, name, revision=commit)
    return Fetched(config.parent, commit)


def _check(config: Path, size: int | None, reference: Reference) -> None:
    """Look at the config, and at the size of the model that is to come.

    Raises:
        UserError: It is not omnigan's, its domain is not installed, or the size does not fit it.
    """
    try:
        check_size(config, size)
    except UserError as error:
        raise UserError(
            f"{reference} cannot be loaded: {str(error).replace(f'{config.parent}/', '')}"
        ) from error
