"""Files that show the closest pairs of an evaluation: whoever sees them can tell a copy."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from omnigan.domain import Artifact, Domain
from omnigan.errors import OmniganError
from omnigan.evaluation.failures import failures_kept
from omnigan.evaluation.results import Evaluation
from omnigan.returned import artifacts

__all__ = ["show_closest"]


def show_closest(
    domain: Domain, evaluation: Evaluation, folder: Path, failed: list[str]
) -> list[Artifact]:
    """Write generated examples beside the training examples nearest to them.

    Args:
        domain: Whose examples they are; one that cannot show pairs writes nothing.
        evaluation: With its pairs.
        folder: Made if there is anything to write.
        failed: Where a sentence goes if it cannot be done.

    Raises:
        OSError: The folder cannot be written to.
    """
    if evaluation.pairs is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    shown: list[Artifact] = []
    try:
        with failures_kept("A picture of the closest pairs", failed):
            shown = artifacts(domain, "compare", domain.compare(*evaluation.pairs, folder))
    except OmniganError as error:  # the run, and the scores, matter more
        failed.append(f"The closest pairs cannot be shown: {error}")
    with suppress(OSError):  # it is not empty
        folder.rmdir()
    return shown
