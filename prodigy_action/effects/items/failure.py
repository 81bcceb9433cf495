"""What is kept of an agent that did not end well."""

from __future__ import annotations

import re
from dataclasses import dataclass

import anyio

from prodigy_action.effects.items.limit import AgentStopped
from prodigy_action.environment import MapEnv, RunLog
from prodigy_action.errors import ExpressionError, GitFailed, ResultsUnwritable, StepFailed, StepTimedOut
from prodigy_action.model.events import RUN_TIMED_OUT, AgentFinished, ErrorRecord, FinishedState, StepRecord
from prodigy_action.model.git import Worktree
from prodigy_action.model.plan import WorkAssignment
from prodigy_action.pure.policies.item_retry import AttemptFailure, ItemAttempt, next_attempt

PATCH_SECONDS_WHEN_CANCELLED = 0.5
_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")


class AgentFailed(StepFailed):
    """An agent that did not end well: what ran, where its output is, and the patch of what it had changed."""

    def __init__(
        self,
        error: StepFailed,
        *,
        records: list[StepRecord],
        log: str,
        patch: str | None,
        seconds: float,
        slot: int | None,
        tail: str,
    ) -> None:
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
        self.records = records
        self.log = log
        self.patch = patch
        self.seconds = seconds
        self.slot = slot

    @property
    def state(self) -> FinishedState:
        """The state of the item, when nothing else is asked for."""
        return "cancelled" if self.stopped else "timed_out" if self.timed_out else "failed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One execution of an item while it is under way. `started` is in monotonic seconds."""

    assignment: WorkAssignment
    worktree: Worktree
    attempt: ItemAttempt
    records: list[StepRecord]
    log: RunLog
    started: float

    async def failure(self, env: MapEnv, error: StepFailed) -> AgentFailed:
        """The failure of this execution, its patch written."""
        patch = await keep_patch(env, self.assignment, self.worktree)
        return AgentFailed(
            error,
            records=self.records,
            log=self.log.path,
            patch=patch,
            seconds=env.clock.monotonic() - self.started,
            slot=self.worktree.slot,
            tail=self.log.tail,
        )


def as_step_failure(error: Exception, *, step: str) -> StepFailed:
    """An expected error that is no failure of a step itself, as the failure of the step in which it came up."""
    if isinstance(error, StepFailed):
        return error
    kind = _WORD_START.sub("_", type(error).__name__).lower()
    if isinstance(error, OSError):
        name = error.filename.decode(errors="surrogateescape") if isinstance(error.filename, bytes) else error.filename
        where = f": {name!r}" if name else ""
        return StepFailed(f"{step}: {(error.strerror or str(error)).lower()}{where}", step=step, kind="os_error")
    tail = error.stderr if isinstance(error, GitFailed) else ""
    return StepFailed(f"{step}: {error}", step=step, output_tail=tail, kind=kind)


def attempt_after(
    env: MapEnv, assignment: WorkAssignment, attempt: ItemAttempt, error: Exception, seconds: float = 0.0
) -> tuple[float, ItemAttempt] | None:
    """Seconds to wait and the next execution of the item; None when it has failed for good."""
    if env.gate.stop_reason is not None or isinstance(error, AgentStopped):
        return None
    failure = AttemptFailure(seconds=seconds, output=str(error))
    if isinstance(error, StepFailed):
        failure = AttemptFailure(
            seconds=seconds,
            exit_code=error.step_exit_code,
            signal=error.signal,
            timed_out=isinstance(error, StepTimedOut) or (isinstance(error, AgentFailed) and error.timed_out),
            output=f"{error.message}\n{error.output_tail}",
        )
    try:
        return next_attempt(env.item_retry, attempt, failure, seed=assignment.key)
    except ExpressionError as wrong:
        env.log.warning("item_not_retried", item_id=assignment.id, problem=wrong.message)
        return None


async def record_cut_off(env: MapEnv, evidence: Evidence, step: str) -> None:
    """Record an agent that the end of the run ends; its patch is kept when that takes no time."""
    patch = None
    with anyio.move_on_after(PATCH_SECONDS_WHEN_CANCELLED, shield=True):
        patch = await keep_patch(env, evidence.assignment, evidence.worktree)
    deadline = env.limits.run_deadline
    late = deadline is not None and env.clock.monotonic() >= deadline
    reason = f"the run {'timed out' if late else 'was cancelled'} while it was in {step}"
    await env.storage.append(
        AgentFinished(
            item_id=evidence.assignment.id,
            number=evidence.attempt.number,
            state="timed_out" if late else "cancelled",
            reason=reason,
            seconds=round(env.clock.monotonic() - evidence.started, 3),
            slot=evidence.worktree.slot,
            steps=evidence.records,
            error=ErrorRecord(
                kind=RUN_TIMED_OUT if late else "cancelled", message=reason, step=step, output_tail=evidence.log.tail
            ),
            log=evidence.log.path,
            patch=patch,
        )
    )


async def keep_patch(env: MapEnv, assignment: WorkAssignment, worktree: Worktree) -> str | None:
    """Write what differs from the base to the item's patch file; its path, or None when nothing does.

    A patch that cannot be made or written is told in the log: it must not replace the failure that it belongs to.
    """
    name = item_file_name(assignment.id, env.total)
    try:
        patch = await env.worktree_manager.patch(worktree)
        if patch:
            return await env.results.write_patch(name, patch)
        await env.results.remove_patch(name)
    except (GitFailed, ResultsUnwritable, OSError) as error:
        env.log.warning("patch_not_kept", item_id=assignment.id, problem=str(error))
    return None


async def forget_patch(env: MapEnv, assignment: WorkAssignment, attempt: ItemAttempt) -> None:
    """Remove the patch of an earlier execution of an item that has ended well."""
    if attempt.number == 1:
        return
    try:
        await env.results.remove_patch(item_file_name(assignment.id, env.total))
    except ResultsUnwritable as error:
        env.log.warning("patch_not_removed", item_id=assignment.id, problem=str(error))


def item_file_name(item_id: int, total: int) -> str:
    """The stem of an item's files, wide enough that names sort in item order."""
    return f"item-{item_id:0{max(4, len(str(max(total - 1, 0))))}d}"
