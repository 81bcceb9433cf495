"""How an execution of an item ended: the record of it, and the kind of what went wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed, JournalUnwritable, ProdigyError, StepFailed, StepTimedOut
from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.events import RUN_TIMED_OUT, AgentFinished, ErrorRecord, FinishedState, KeptRef, StepRecord
from prodigy_action.model.git import Submission
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.policies.retry import Failure
from prodigy_action.pure.steps.printed_output import PrintedOutput
from prodigy_action.pure.text.reasons import reason_of

_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """One ended execution of an item; `seconds` is how long it took."""

    item_id: int
    number: int
    """Which execution of the item it is, from 1."""
    seconds: float = 0.0
    slot: int | None = None
    steps: list[StepRecord] = field(default_factory=list)
    log: str | None = None
    patch: str | None = None
    refs: list[KeptRef] = field(default_factory=list)
    """Branches, tags and stashes of an execution without a result."""
    agent: AgentUsage | None = None


class AgentStopped(StepFailed):
    """The error policy ended the agent."""

    def __init__(self, reason: str, *, step: str) -> None:
        super().__init__(reason, step=step, kind="cancelled")


class AgentFailed(StepFailed):
    """The failure of an agent, and what its execution left; `tail` is the last part of its output."""

    def __init__(self, error: StepFailed, executed: Executed, *, tail: str) -> None:
        super().__init__(
            error.message,
            step=error.step,
            exit_code=error.step_exit_code,
            signal=error.signal,
            output_tail=error.output_tail or tail,
            kind=error.kind,
        )
        self.timed_out = isinstance(error, StepTimedOut)
        self.stopped = isinstance(error, AgentStopped)
        self.executed = executed


def is_expected(error: Exception) -> bool:
    """Whether an error is the failure of one item. Others are bugs, or end the whole run."""
    return isinstance(error, ProdigyError | OSError) and not isinstance(error, JournalUnwritable)


def as_step_failure(error: Exception, *, step: str) -> StepFailed:
    """An expected error of another kind, as a failure of the step in which it was raised."""
    if isinstance(error, StepFailed):
        return error
    kind = _WORD_START.sub("_", type(error).__name__).lower()
    if isinstance(error, OSError):
        name = error.filename.decode(errors="surrogateescape") if isinstance(error.filename, bytes) else error.filename
        where = f": {name!r}" if name else ""
        return StepFailed(f"{step}: {reason_of(error)}{where}", step=step, kind="os_error")
    tail = error.stderr if isinstance(error, GitFailed) else ""
    return StepFailed(f"{step}: {error}", step=step, output_tail=tail, kind=kind)


def retried_failure(error: Exception, seconds: float) -> Failure:
    """An expected error of an execution that took so long, as `retry_on` sees it."""
    if not isinstance(error, StepFailed):
        return Failure(seconds=seconds, output=str(error))
    return Failure(
        seconds=seconds,
        exit_code=error.step_exit_code,
        signal=error.signal,
        timed_out=isinstance(error, StepTimedOut) or (isinstance(error, AgentFailed) and error.timed_out),
        output=f"{error.message}\n{error.output_tail}",
        command=_last_command(error),
    )


def _last_command(error: StepFailed) -> str:
    steps = error.executed.steps if isinstance(error, AgentFailed) else ()
    return steps[-1].command if steps else ""


def ended_well(
    executed: Executed, submission: Submission, *, captures: Mapping[str, JsonValue], printed: PrintedOutput
) -> AgentFinished:
    """The record of an execution without a failure: `succeeded` when it made commits, else `unchanged`."""
    return AgentFinished(
        item_id=executed.item_id,
        number=executed.number,
        state="succeeded" if submission.commits else "unchanged",
        reason=_uncommitted_reason(submission),
        seconds=round(executed.seconds, 3),
        slot=executed.slot,
        head=submission.head,
        commits=list(submission.commits),
        files_changed=list(submission.files_changed),
        uncommitted=list(submission.uncommitted),
        steps=executed.steps,
        captures=dict(captures),
        output=printed.text,
        output_truncated=printed.truncated,
        log=executed.log,
        patch=executed.patch,
        agent=executed.agent,
        kept=submission.kept,
        based_on=submission.based_on,
        pulled=list(submission.pulled),
        refs=list(submission.refs),
    )


def _uncommitted_reason(submission: Submission) -> str | None:
    count = len(submission.uncommitted)
    if not count:
        return None
    return f"left {count:,} changed file{'' if count == 1 else 's'} uncommitted, which did not land"


def ended_badly(
    item_id: int, number: int, error: Exception, *, on_item_failure: str = "dlq", on_timeout: str = "dlq"
) -> AgentFinished:
    """The record of an execution that failed with an expected error."""
    failure = as_step_failure(error, step="worktree")
    problem = ErrorRecord(
        kind=failure.kind,
        message=failure.message,
        step=failure.step,
        exit_code=failure.step_exit_code,
        output_tail=failure.output_tail,
    )
    if not isinstance(failure, AgentFailed):
        return _without_success(Executed(item_id=item_id, number=number), "failed", None, problem)
    state: FinishedState = "cancelled" if failure.stopped else "timed_out" if failure.timed_out else "failed"
    reason = failure.message if failure.stopped else None
    if not failure.stopped and (on_item_failure == "skip" or (failure.timed_out and on_timeout == "skip")):
        rule = "timeout_action" if failure.timed_out and on_timeout == "skip" else "on_item_failure"
        state, reason = "skipped", f"{rule} is skip: {failure.message}"
    return _without_success(failure.executed, state, reason, problem, output=failure.output_tail)


def ended_by_the_run(executed: Executed, step: str, *, late: bool, tail: str) -> AgentFinished:
    """The record of an execution that the end of the run cut off in this step; `late`: the run's limit passed."""
    reason = f"the run {'timed out' if late else 'was cancelled'} while it was in {step}"
    problem = ErrorRecord(kind=RUN_TIMED_OUT if late else "cancelled", message=reason, step=step, output_tail=tail)
    return _without_success(executed, "timed_out" if late else "cancelled", reason, problem)


def recorded_submission(record: AgentFinished) -> Submission | None:
    """What an item submitted, as its record says; None when it has nothing to land."""
    if record.state != "succeeded" or record.head is None or not record.commits:
        return None
    return Submission(
        record.head,
        tuple(record.commits),
        tuple(record.files_changed),
        tuple(record.uncommitted),
        record.kept,
        record.based_on,
        tuple(record.pulled),
        refs=tuple(record.refs),
    )


def _without_success(
    executed: Executed, state: FinishedState, reason: str | None, problem: ErrorRecord, *, output: str = ""
) -> AgentFinished:
    return AgentFinished(
        item_id=executed.item_id,
        number=executed.number,
        state=state,
        reason=reason,
        seconds=round(executed.seconds, 3),
        slot=executed.slot,
        steps=executed.steps,
        output=output,
        error=problem,
        log=executed.log,
        patch=executed.patch,
        agent=executed.agent,
        refs=executed.refs,
    )
