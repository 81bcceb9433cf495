"""What follows a failed execution: `on_exit_code` and `on_failure`."""

from __future__ import annotations

from prodigy_action.effects.steps.execution import execute_once
from prodigy_action.effects.steps.scope import Execution, NestedSteps, StepCall, StepScope
from prodigy_action.errors import StepFailed
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Handler
from prodigy_action.pure.steps.nested_steps import nested_captures
from prodigy_action.pure.steps.rules import error_variables, output_updates


async def repair(call: StepCall, execution: Execution) -> tuple[Execution, bool]:
    """The execution that counts in the end, and whether the step continues as if it had succeeded."""
    step, scope, label = call.step, call.scope, call.label
    code = execution.completed.exit_code
    for_code = step.on_exit_code.get(code) if code != 0 else None
    if for_code is not None:
        nested = scope.nested(f"on_exit_code of {label}", _handler_variables(call, execution), previous=call.before)
        try:
            after = await call.nested.run(for_code, nested)
        except StepFailed as error:
            execution = execution.failed(f"{execution.problem}; its on_exit_code steps failed: {error.message}")
        else:
            return execution.with_updates(nested_captures(for_code, after.variables)), True
    handler = step.on_failure
    goes_on = handler is not None and handler.ignore
    if handler is not None and not handler.ignore:
        execution, goes_on = await _handle(call, execution, handler)
    retry = step.retry or scope.retry_defaults
    if not execution.succeeded and (goes_on or (retry is not None and retry.on_failure == "continue")):
        call.env.log.info("step_failure_ignored", within=scope.label, step=label, problem=execution.problem)
        return execution, True
    return execution, goes_on


def _handler_variables(call: StepCall, execution: Execution) -> dict[str, JsonValue]:
    error = error_variables(call.label, execution.problem or "", execution.completed.exit_code)
    return {**output_updates(call.step, **execution.streams), **error}


async def _handle(call: StepCall, execution: Execution, handler: Handler) -> tuple[Execution, bool]:
    scope, label = call.scope, call.label
    handled = False
    for attempt in range(1, handler.max_attempts + 1):
        name = f"on_failure of {label}, attempt {attempt}"
        handler_scope = scope.nested(name, _handler_variables(call, execution), previous=call.before)
        captured, problem = await _run_handler(call.nested, handler, handler_scope)
        handled = problem is None
        if problem is not None:
            call.env.log.warning("handler_failed", within=scope.label, step=label, attempt=attempt, problem=problem)
            if handler.handler_failure_fatal:
                return execution.failed(f"{execution.problem}; its handler failed: {problem}"), False
            continue
        if handler.strategy == "cleanup" or not handler.retry_original:
            execution = execution.with_updates(captured)
            break
        execution = (await execute_once(call)).with_updates(captured)
        if execution.succeeded:
            return execution, True
    return execution, handled and not handler.fail_workflow and handler.strategy in {None, "recovery", "fallback"}


async def _run_handler(
    nested: NestedSteps, handler: Handler, scope: StepScope
) -> tuple[dict[str, JsonValue], str | None]:
    """The captures of the handler, and why it failed."""
    env, path = nested.env, scope.worktree.path
    before = await env.git.head(path) if handler.commit_required else ""
    try:
        after = await nested.run(handler.steps, scope)
    except StepFailed as error:
        return {}, error.message
    if handler.commit_required and await env.git.head(path) == before:
        return {}, "commit_required: the handler made no commit"
    return nested_captures(handler.steps, after.variables), None
