"""What follows a failed execution: `on_exit_code` and `on_failure`."""

from __future__ import annotations

from prodigy_action.effects.steps.execution import execute_once
from prodigy_action.effects.steps.scope import Execution, RunSteps, StepScope, step_label
from prodigy_action.environment import StepPorts
from prodigy_action.errors import StepFailed
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Handler, Step
from prodigy_action.pure.steps.nested_steps import nested_captures
from prodigy_action.pure.steps.rules import error_variables, output_updates


async def repair(
    env: StepPorts, step: Step, index: int, scope: StepScope, execution: Execution, before: str, run_steps: RunSteps
) -> tuple[Execution, bool]:
    """The execution that counts in the end, and whether the step goes on as if it had succeeded."""
    label = step_label(step, index)
    code = execution.completed.exit_code
    for_code = step.on_exit_code.get(code) if code != 0 else None
    if for_code is not None:
        nested = scope.nested(f"on_exit_code of {label}", _told(step, label, execution), previous=before)
        try:
            after = await run_steps(env, for_code, nested)
        except StepFailed as error:
            execution = execution.failed(f"{execution.problem}; its on_exit_code steps failed: {error.message}")
        else:
            return execution.with_updates(nested_captures(for_code, after.variables)), True
    handler = step.on_failure
    goes_on = handler is not None and handler.ignore
    if handler is not None and not handler.ignore:
        execution, goes_on = await _handle(env, step, index, scope, execution, before, handler, run_steps)
    retry = step.retry or scope.retry_defaults
    if not execution.succeeded and (goes_on or (retry is not None and retry.on_failure == "continue")):
        env.log.info("step_failure_ignored", within=scope.label, step=label, problem=execution.problem)
        return execution, True
    return execution, goes_on


def _told(step: Step, label: str, execution: Execution) -> dict[str, JsonValue]:
    error = error_variables(label, execution.problem or "", execution.completed.exit_code)
    return {**output_updates(step, **execution.streams), **error}


async def _handle(
    env: StepPorts,
    step: Step,
    index: int,
    scope: StepScope,
    execution: Execution,
    before: str,
    handler: Handler,
    run_steps: RunSteps,
) -> tuple[Execution, bool]:
    label = step_label(step, index)
    handled = False
    for attempt in range(1, handler.max_attempts + 1):
        name = f"on_failure of {label}, attempt {attempt}"
        told = scope.nested(name, _told(step, label, execution), previous=before)
        captured, problem = await _run_handler(env, handler, told, run_steps)
        handled = problem is None
        if problem is not None:
            env.log.warning("handler_failed", within=scope.label, step=label, attempt=attempt, problem=problem)
            if handler.handler_failure_fatal:
                return execution.failed(f"{execution.problem}; its handler failed: {problem}"), False
            continue
        if handler.strategy == "cleanup" or not handler.retry_original:
            execution = execution.with_updates(captured)
            break
        execution = (await execute_once(env, step, index, scope, before, run_steps)).with_updates(captured)
        if execution.succeeded:
            return execution, True
    return execution, handled and not handler.fail_workflow and handler.strategy in {None, "recovery", "fallback"}


async def _run_handler(
    env: StepPorts, handler: Handler, scope: StepScope, run_steps: RunSteps
) -> tuple[dict[str, JsonValue], str | None]:
    """What the handler captured, and why it failed."""
    path = scope.worktree.path
    before = await env.git.head(path) if handler.commit_required else ""
    try:
        after = await run_steps(env, handler.steps, scope)
    except StepFailed as error:
        return {}, error.message
    if handler.commit_required and await env.git.head(path) == before:
        return {}, "commit_required: the handler made no commit"
    return nested_captures(handler.steps, after.variables), None
