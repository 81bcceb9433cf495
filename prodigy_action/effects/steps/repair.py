"""What follows a failed execution: `on_exit_code` and `on_failure`."""

from __future__ import annotations

from prodigy_action.dataclass import dataclass
from prodigy_action.effects.steps.execution import execute_once
from prodigy_action.effects.steps.scope import Execution, StepCall
from prodigy_action.errors import StepFailed
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Handler, Step
from prodigy_action.pure.steps.rules import capture_updates, error_variables, handler_output
from prodigy_action.pure.steps.step_results import nested_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """The execution that counts in the end, and how the run continues after it.

    `recovered` and `tolerated` say why the step failed: a handler repaired it, or the workflow accepts the failure.
    Without both, and with a failed execution, the step fails.
    """

    execution: Execution
    recovered: str | None = None
    tolerated: str | None = None

    @property
    def continues(self) -> bool:
        """Whether the next step runs."""
        return self.execution.succeeded or self.recovered is not None or self.tolerated is not None


async def repair(call: StepCall, execution: Execution) -> Repaired:
    """Do what the step says about its failure."""
    step = call.step
    code = execution.completed.exit_code
    for_code = step.on_exit_code.get(code) if code != 0 else None
    if for_code is not None:
        captured, problem = await _run_steps(call, execution, for_code, "on_exit_code")
        if problem is None:
            return Repaired(execution=execution.with_updates(captured), recovered=execution.problem)
        execution = execution.failed(f"{execution.problem}; its on_exit_code steps failed: {problem}")
    handler = step.on_failure
    if handler is not None and not handler.ignore:
        repaired = await _handle(call, execution, handler)
        if repaired.continues:
            return repaired
        execution = repaired.execution
    retry = step.retry or call.scope.retry_defaults
    if (handler is not None and handler.ignore) or (retry is not None and retry.on_failure == "continue"):
        return Repaired(execution=execution, tolerated=execution.problem)
    return Repaired(execution=execution)


async def _handle(call: StepCall, execution: Execution, handler: Handler) -> Repaired:
    tries_again = handler.retry_original and handler.strategy != "cleanup"
    problem: str | None = None
    for attempt in range(1, handler.max_attempts + 1):
        captured, problem = await _run_handler(call, execution, handler, attempt)
        if problem is not None:
            call.env.log.warning(
                "handler_failed", within=call.scope.label, step=call.label, attempt=attempt, problem=problem
            )
            if handler.handler_failure_fatal:
                break
            continue
        execution = execution.with_updates(captured)
        if not tries_again:
            break
        execution = (await execute_once(call)).with_updates(captured)
        if execution.succeeded:
            return Repaired(execution=execution)
    if problem is not None:
        execution = execution.failed(f"{execution.problem}; its handler failed: {problem}", execution.kind)
    if handler.fail_workflow or (problem is not None and handler.handler_failure_fatal):
        return Repaired(execution=execution)
    if problem is None and not tries_again and handler.strategy in {None, "recovery", "fallback"}:
        if not call.step.commit_required or await call.env.git.head(call.scope.worktree.path) != call.before:
            return Repaired(execution=execution, recovered=execution.problem)
        execution = execution.failed(f"{execution.problem}; commit_required: its handler made no commit")
    return Repaired(execution=execution, tolerated=execution.problem)


async def _run_handler(
    call: StepCall, execution: Execution, handler: Handler, attempt: int
) -> tuple[dict[str, JsonValue], str | None]:
    """The captures of the handler, and why it failed."""
    env, path = call.env, call.scope.worktree.path
    before = await env.git.head(path) if handler.commit_required else ""
    captured, problem = await _run_steps(call, execution, handler.steps, "on_failure", f", attempt {attempt}")
    if problem is None and handler.commit_required and await env.git.head(path) == before:
        return {}, "commit_required: the handler made no commit"
    return captured, problem


async def _run_steps(
    call: StepCall, execution: Execution, steps: tuple[Step, ...], field: str, suffix: str = ""
) -> tuple[dict[str, JsonValue], str | None]:
    """Run steps that see the failure; their captures, and why they failed."""
    step, streams = call.step, execution.streams
    updates: dict[str, JsonValue] = {
        **handler_output(step, **streams),
        **capture_updates(step, **streams),
        **execution.updates,
        **error_variables(call.label, execution.problem or "", execution.completed.exit_code),
    }
    scope = call.scope.nested(f"{field} of {call.label}{suffix}", updates, previous=call.before)
    try:
        after = await call.nested.run(steps, scope)
    except StepFailed as error:
        return {}, error.message
    return nested_values(steps, after.variables), None
