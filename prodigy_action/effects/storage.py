"""Records of the map: who was admitted, who started, who failed."""

from __future__ import annotations

from prodigy_action.effects.commands import AgentFailed
from prodigy_action.effects.merge import AgentResult
from prodigy_action.environment import MapEnv
from prodigy_action.errors import ProdigyError
from prodigy_action.model.events import AgentFinished, AgentStarted, ErrorRecord, FinishedState, ItemNotRun
from prodigy_action.model.plan import WorkAssignment
from prodigy_action.pure.retry_schedule import plan_delays
from prodigy_action.runtime import Failed, Ok, Outcome, effect


@effect
async def admit_effect(env: MapEnv, assignment: WorkAssignment) -> bool:
    """Record that the item starts; or, when the error policy has closed the gate, that it does not run."""
    reason = env.gate.stop_reason
    if reason is None:
        await env.storage.append(AgentStarted(item_id=assignment.id))
        env.log.debug("agent_started", item_id=assignment.id)
        return True
    await env.storage.append(ItemNotRun(item_id=assignment.id, reason=reason))
    await env.lane.settle(assignment.id, None)
    return False


@effect
async def admit_rerun_effect(env: MapEnv, assignment: WorkAssignment, number: int) -> bool:
    """Record that a conflicting item starts again; or, when the error policy has closed the gate, leave it as it is."""
    if env.gate.stop_reason is not None:
        return False
    await env.storage.append(AgentStarted(item_id=assignment.id, number=number))
    env.log.info("item_rerun", item_id=assignment.id, attempt=number)
    return True


@effect
async def retry_item_effect(
    env: MapEnv, assignment: WorkAssignment, outcome: Outcome[AgentResult], number: int
) -> bool:
    """After execution `number` failed and another one is due: record it, wait, and record the start of the next."""
    delays = plan_delays(env.item_retry, seed=assignment.key) if env.item_retry is not None else ()
    if isinstance(outcome, Ok) or number > len(delays) or env.gate.stop_reason is not None:
        return False
    record = failure_record(assignment, outcome, number, on_item_failure="dlq", on_timeout="dlq")
    await env.storage.append(record)
    problem = record.error.message if record.error else None
    delay = delays[number - 1]
    env.log.info("item_retried", item_id=assignment.id, attempt=number + 1, delay_seconds=delay, problem=problem)
    await env.clock.sleep(delay)
    await env.storage.append(AgentStarted(item_id=assignment.id, number=number + 1))
    return True


@effect
async def record_outcome_effect(
    env: MapEnv, assignment: WorkAssignment, outcome: Outcome[AgentResult], number: int = 1
) -> AgentResult | None:
    """Count the end of an agent, and record it when it failed (a success has recorded itself)."""
    if isinstance(outcome, Ok):
        env.gate.record_finished(failed=False)
        env.log.info("agent_finished", item_id=assignment.id, changed=outcome.value.submission is not None)
        return outcome.value
    action = env.limits.timeout_action
    record = failure_record(assignment, outcome, number, on_item_failure=env.on_item_failure, on_timeout=action)
    await env.storage.append(record)
    await env.lane.settle(assignment.id, None)
    stop = "an agent timed out and timeout_action is fail" if record.state == "timed_out" and action == "fail" else None
    env.gate.record_finished(failed=record.state != "skipped", stop=stop)
    problem = record.error.message if record.error else record.reason
    env.log.warning("agent_failed", item_id=assignment.id, state=record.state, problem=problem)
    return None


def failure_record(
    assignment: WorkAssignment, outcome: Failed, number: int, *, on_item_failure: str, on_timeout: str
) -> AgentFinished:
    """The journal record of a failed agent. An error that is none of ours is a bug, and is raised."""
    error = outcome.error
    if not isinstance(error, ProdigyError):
        raise error
    if not isinstance(error, AgentFailed):
        problem = ErrorRecord(kind=type(error).__name__, message=str(error))
        return AgentFinished(item_id=assignment.id, number=number, state="failed", seconds=0.0, error=problem)
    problem = ErrorRecord(
        kind=error.kind,
        message=error.message,
        step=error.step,
        exit_code=error.step_exit_code,
        output_tail=error.output_tail,
    )
    state: FinishedState = "timed_out" if error.timed_out else "failed"
    reason = None
    if on_item_failure == "skip" or (error.timed_out and on_timeout == "skip"):
        state, reason = (
            "skipped",
            f"{'timeout_action' if error.timed_out else 'on_item_failure'} is skip: {error.message}",
        )
    return AgentFinished(
        item_id=assignment.id,
        number=number,
        state=state,
        reason=reason,
        seconds=round(error.seconds, 3),
        slot=error.slot,
        steps=error.records,
        error=problem,
        log=error.log,
        patch=error.patch,
    )
