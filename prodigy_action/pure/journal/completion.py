"""Whether a run is finished: the one place that decides it.

A run is finished when its result is where it belongs: the phases have ended well, the branch, the checkout and the
bundle have what they should have, and the verdict is on record. Until then nothing of it may be removed.
"""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_action.model.events import PublishedPart
from prodigy_action.pure.journal.reducer import RunHistory


def is_finished(history: RunHistory) -> bool:
    """Whether nothing is left to do for a resume that executes no item again."""
    published = history.published
    return (
        history.finished is not None
        and published is not None
        and history.published_in_attempt
        and published.final
        and not published.missing
    )


def can_be_resumed(history: RunHistory) -> bool:
    """Whether the run is unfinished, and a resume would use what it has done."""
    if history.run is not None and history.run.phase in ("setup", "map"):
        return history.planned is not None and not _job_is_done(history)
    published = history.published
    unpublished = published is not None and published.final and bool(published.missing)
    return not is_finished(history) and (history.planned is not None or unpublished)


def _job_is_done(history: RunHistory) -> bool:
    """Whether a job that publishes nothing has come to its end: only the jobs after it need its results."""
    if history.run is None or history.finished is None or history.finished.result in ("cancelled", "internal"):
        return False
    ran = history.phases.get("map")
    return history.run.phase == "setup" or (ran is not None and ran.state == "succeeded")


def where_the_result_is(branch: str | None, missing: Sequence[PublishedPart], *, checkout: bool) -> str:
    """Where a user finds a result that could not be published as a whole."""
    if branch is not None:
        return f"on the branch {branch}" + (", and in the checkout" if checkout else "")
    return "in state/ of the results directory" if "bundle" in missing else "in commits.bundle of the results directory"
