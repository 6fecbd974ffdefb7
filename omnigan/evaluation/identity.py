"""Are scores against the data that a generator was trained on?"""

from __future__ import annotations

from omnigan.engine.fingerprint import fingerprints, named, others
from omnigan.errors import UserError
from omnigan.trained import Trained

__all__ = ["other_data"]


def other_data(trained: Trained) -> str:
    """Say so in a sentence if the examples are others than when a generator was trained.

    Returns:
        ``""`` where they are the same, where nobody knows, as with runs and exports of early
        versions, and where they cannot be read, which whoever needs them will tell.
    """
    if not trained.fingerprints:
        return ""
    try:
        found = others(trained.fingerprints, fingerprints(trained.domain))
    except UserError:
        return ""
    if not found:
        return ""
    return (
        f"{named(found).capitalize()} are others than when {trained.origin} was trained, and "
        "scores are against them: the data has changed, data.source is a path that means another "
        "folder from here, or another version of a library reads the data otherwise."
    )
