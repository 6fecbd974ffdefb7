"""Are scores against the data that a run was trained on?"""

from __future__ import annotations

from omnigan.engine.fingerprint import fingerprint, is_other
from omnigan.engine.runfolder import RunFolder
from omnigan.errors import UserError
from omnigan.trained import Trained

__all__ = ["other_data"]


def other_data(trained: Trained) -> str:
    """Say so in a sentence if a run's training examples are others than when it was trained.

    Returns:
        ``""`` where they are the same, where nobody knows, as of an export, and where they cannot
        be read, which whoever needs them will tell.
    """
    if trained.run is None:
        return ""
    stored = RunFolder(trained.run).examples
    try:
        other = stored.is_file() and is_other(stored, fingerprint(trained.domain.source("train")))
    except UserError:
        return ""
    if not other:
        return ""
    return (
        f"These are other examples than {trained.run} was trained on, and scores are against them: "
        "the data has changed, data.source is a path that means another folder from here, or "
        "another version of a library reads the data otherwise."
    )
