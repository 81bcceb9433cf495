"""The verdict of a run: result, exit code and one sentence."""

from __future__ import annotations

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, ExitCode, InvalidInput, ProdigyError, ResultsUnwritable
from prodigy_action.model.results import Counts, RunVerdict
from prodigy_action.model.workflow import ErrorPolicy
from prodigy_action.pure.policies.error_policy import tolerated_failures


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict; `message` is empty for a plain success."""

    result: RunVerdict
    exit_code: ExitCode
    message: str = ""


def judge_items(counts: Counts, policy: ErrorPolicy, fail_on: str, *, excluded: int = 0) -> Verdict:
    """The verdict on the items of a run in which no phase failed.

    `excluded` is how many of the `not_run` items the user asked to leave out. With neither `max_failures` nor
    `failure_threshold` no failed item is tolerated; with both, both must hold.
    """
    failed = counts.failed + counts.timed_out + counts.conflicted
    left_over = counts.cancelled + counts.not_run - excluded
    reasons = [f"{failed} of {counts.planned} items failed"] if failed else []
    if left_over:
        reasons.append(f"{left_over} of {counts.planned} items did not run to their end")
    message = ", ".join(reasons)
    if not reasons:
        return Verdict("success", ExitCode.SUCCESS)
    if fail_on == "never":
        return Verdict("partial", ExitCode.SUCCESS, message)
    if left_over or fail_on == "any" or not _tolerated(failed, counts.planned, policy):
        return Verdict("failure", ExitCode.FAILURE, message)
    return Verdict("partial", ExitCode.SUCCESS, f"{message}, which the workflow tolerates")


def judge_cancelled(received: str | None) -> Verdict:
    """The verdict on a run that a signal of this name ended; None: that its caller did."""
    code = ExitCode.INTERRUPTED if received == "SIGINT" else ExitCode.TERMINATED
    return Verdict("cancelled", code, f"the run was cancelled by {received or 'its caller'}")


def judge_error(error: Exception) -> Verdict:
    """The verdict on a run that failed as a whole; an error that is not expected is a bug."""
    if isinstance(error, TimeoutError):
        return Verdict("failure", ExitCode.FAILURE, f"the run {error}")
    if isinstance(error, InvalidInput):
        return Verdict("failure", ExitCode.FAILURE, "; ".join(map(_located, error.diagnostics)) or str(error))
    if isinstance(error, ProdigyError):
        if error.exit_code is ExitCode.INTERNAL:
            return Verdict("internal", ExitCode.INTERNAL, str(error))
        return Verdict("failure", ExitCode.FAILURE, str(error))
    return Verdict("internal", ExitCode.INTERNAL, f"a bug of prodigy-action: {error!r}")


def _located(problem: Diagnostic) -> str:
    return f"{problem.place}: {problem.message}{f' ({problem.hint})' if problem.hint else ''}"


def after_loss(verdict: Verdict, error: ResultsUnwritable) -> Verdict:
    """The verdict when an event could not be recorded."""
    if verdict.exit_code is not ExitCode.SUCCESS:
        return verdict
    return Verdict("failure", ExitCode.FAILURE, str(error))


def _tolerated(failed: int, planned: int, policy: ErrorPolicy) -> bool:
    allowed = tolerated_failures(policy, planned)
    if allowed is None and policy.failure_threshold is None:
        return False
    within_count = allowed is None or failed <= allowed
    within_ratio = policy.failure_threshold is None or failed / planned <= policy.failure_threshold
    return within_count and within_ratio
