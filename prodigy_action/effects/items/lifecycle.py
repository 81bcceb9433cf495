"""The life of an item in the map: admission, start, retry and end, with their records."""

from __future__ import annotations

from prodigy_action.dataclass import dataclass
from prodigy_action.effects.items.agent_result import AgentResult
from prodigy_action.effects.items.failure import attempt_after, record_end
from prodigy_action.environment import MapEnv
from prodigy_action.errors import JournalUnwritable
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.events import AgentStarted, ItemNotRun
from prodigy_action.pure.items.outcome import AgentFailed, ended_badly, is_expected
from prodigy_action.pure.policies.error_policy import Refused
from prodigy_action.pure.policies.retry import ItemAttempt
from prodigy_action.runtime import Ok, Outcome, effect


@dataclass(frozen=True, slots=True)
class Ended:
    """An item that is not executed again; `recorded` is true when the journal holds the end of its last execution."""

    recorded: bool = False


@effect
async def admit_effect(env: MapEnv, assignment: WorkAssignment) -> int | None:
    """Wait for admission and record that the item starts, or, when the gate is closed, that it does not run.

    Returns the epoch to count its end with, or None when it does not run.
    """
    decision = await env.gate.admit()
    if not isinstance(decision, Refused):
        await env.storage.append(AgentStarted(item_id=assignment.id))
        env.log.debug("agent_started", item_id=assignment.id)
        return decision.epoch
    await env.storage.append(ItemNotRun(item_id=assignment.id, reason=decision.reason))
    await env.merge_queue.resolve(assignment.id, None)
    return None


@effect
async def admit_rerun_effect(env: MapEnv, assignment: WorkAssignment, number: int) -> bool:
    """Record that a conflicting item starts again; when the error policy has closed the gate, the item stays
    conflicted.
    """
    if env.gate.stop_reason is not None:
        env.failures.report(assignment.id, "conflicted", f"it is not executed again: {env.gate.stop_reason}")
        return False
    await env.storage.append(AgentStarted(item_id=assignment.id, number=number))
    env.log.info("item_rerun", item_id=assignment.id, attempt=number)
    return True


@effect
async def retry_item_effect(
    env: MapEnv, assignment: WorkAssignment, outcome: Outcome[AgentResult], attempt: ItemAttempt
) -> ItemAttempt | Ended:
    """After a failed execution that is to be repeated: record it, wait, and record the start of the next one."""
    if isinstance(outcome, Ok):
        return Ended()
    error = outcome.error
    seconds = error.executed.seconds if isinstance(error, AgentFailed) else 0.0
    following = attempt_after(env, assignment, attempt, error, seconds) if is_expected(error) else None
    if following is None:
        return Ended()
    delay, next_one = following
    record = ended_badly(assignment.id, attempt.number, error)
    await record_end(env, record.model_copy(update={"retried": True}))
    problem = record.error.message if record.error else None
    env.log.info("item_retried", item_id=assignment.id, attempt=next_one.number, delay_seconds=delay, problem=problem)
    with env.gate.running():
        await env.clock.sleep(delay)
    if env.gate.stop_reason is not None:
        return Ended(recorded=True)
    await env.storage.append(AgentStarted(item_id=assignment.id, number=next_one.number))
    return next_one


@effect
async def record_outcome_effect(
    env: MapEnv, assignment: WorkAssignment, outcome: Outcome[AgentResult], attempt: ItemAttempt, epoch: int, end: Ended
) -> None:
    """Count the end of an agent, and record a failure (a success is recorded with its submission).

    Raises the error of an agent that is a bug, or that ends the whole run.
    """
    if isinstance(outcome, Ok):
        env.gate.record_finished(failed=False, epoch=epoch)
        return
    error, action = outcome.error, env.limits.timeout_action
    if not is_expected(error):
        raise error
    if end.recorded:
        # `retry_item_effect` recorded it as failed: it is counted and reported as the journal says.
        record = ended_badly(assignment.id, attempt.number, error)
    else:
        policy = env.on_item_failure
        record = ended_badly(assignment.id, attempt.number, error, on_item_failure=policy, on_timeout=action)
        await record_end(env, record)
    await env.merge_queue.resolve(assignment.id, None)
    stop = "an agent timed out and timeout_action is fail" if record.state == "timed_out" and action == "fail" else None
    failed = record.state in {"failed", "timed_out"}
    if record.state != "cancelled":
        env.gate.record_finished(failed=failed, epoch=epoch, stop=stop)
    if failed:
        env.failures.report(assignment.id, record.state, record.error.message if record.error else "")


@effect
async def halt_effect(env: MapEnv, error: Exception) -> None:
    """End the map as soon as possible after the journal could not be written."""
    if isinstance(error, JournalUnwritable):
        env.gate.halt(str(error))
