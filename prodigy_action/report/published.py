"""Where the result is, for every report in the same words."""

from __future__ import annotations

from collections.abc import Callable

from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.completion import where_the_result_is
from prodigy_action.report.headline import failed_phases


def landed_text(result: RunResult, code: Callable[[str], str] = str) -> str:
    """Which commit holds what landed, and where it is; `code` marks names and commits."""
    head = code(result.head_sha[:12])
    if result.branch is None and not result.missing:
        return f"Nothing landed: {why_nothing_landed(result)}."
    if result.branch is None:
        where = where_the_result_is(None, result.missing, checkout=False)
        if result.head_sha == result.base_sha:
            return f"Nothing landed; {_missing(result, code)}"
        return f"Landed: {head}, which is {where}; {_missing(result, code)}"
    landed = f"Landed: {head} on the branch {code(result.branch)}"
    if result.missing:
        return f"{landed}{', and in the checkout' if result.checkout_updated else ''}; {_missing(result, code)}"
    if result.checkout_updated:
        return f"{landed}, and the checkout was fast-forwarded to it."
    reason = f": {code(result.checkout_reason)}" if result.checkout_reason else "."
    return f"{landed}; the checkout was left as it is{reason}"


def why_nothing_landed(result: RunResult) -> str:
    """Why a run that has no branch landed nothing, in fixed words."""
    counts = result.counts
    failed = counts.failed + counts.timed_out + counts.conflicted
    if phases := failed_phases(result):
        return f"{phases[0][0]} failed"
    if result.result in ("internal", "cancelled") and not counts.planned:
        return "the run ended before it had items"
    if result.phase == "setup" and result.result == "success":
        return "the job with phase: reduce lands the items"
    if counts.succeeded and result.phase == "map":
        return "the job with phase: reduce lands what is ready"
    if counts.succeeded:
        return "the run ended before it published what the items made"
    if not counts.planned:
        return "there were no items" if "map" in result.phases else "no step made a commit"
    if not counts.planned - failed:
        return "every item failed"
    if counts.not_run + counts.cancelled == counts.planned:
        return "no item ran to the end"
    return "no item that ran well made a commit"


def _missing(result: RunResult, code: Callable[[str], str]) -> str:
    parts = " and ".join(f"the {part}" for part in result.missing)
    reason = f": {code(result.missing_reason)}" if result.missing_reason else ""
    return f"{parts} could not be written (resume-from completes that){reason}"
