"""Are scores against the data that a run was trained on?"""

from __future__ import annotations

from omnigan.engine.fingerprint import fingerprints, named, others
from omnigan.engine.runfolder import RunFolder
from omnigan.errors import UserError
from omnigan.trained import Trained

__all__ = ["other_data"]


def other_data(trained: Trained) -> str:
    """Say so in a sentence if the examples of a run are others than when it was trained.

    Returns:
        ``""`` where they are the same, where nobody knows, as of an export, and where they cannot
        be read, which whoever needs them will tell.
    """
    if trained.run is None:
        return ""
    stored = RunFolder(trained.run).examples
    try:
        found = others(stored, fingerprints(trained.domain)) if stored.is_file() else []
    except UserError:
        return ""
    if not found:
        return ""
    return (
        f"{named(found).capitalize()} are others than when {trained.run} was trained, and scores "
        "are against them: the data has changed, data.source is a path that means another folder "
        "from here, or another version of a library reads the data otherwise."
    )
