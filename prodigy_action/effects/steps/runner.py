"""The life of a step: condition, executions, handlers, captures; and lists of them, in order or in batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prodigy_action.effects.steps.actions import visible_variables, with_own_environment
from prodigy_action.effects.steps.execution import capture_output, execute, unexecuted
from prodigy_action.effects.steps.repair import repair
from prodigy_action.effects.steps.scope import Execution, StepResult, StepScope, step_label
from prodigy_action.environment import StepPorts
from prodigy_action.errors import ExpressionError, StepFailed, StepTimedOut
from prodigy_action.model.events import StepRecord
from prodigy_action.model.workflow import Step
from prodigy_action.pure.expressions.conditions import Condition
from prodigy_action.pure.steps.nested_steps import nested_captures
from prodigy_action.pure.steps.rules import mentions_step_changes, output_updates, watches_head
from prodigy_action.runtime import Effect, par_all


async def run_steps(env: StepPorts, steps: tuple[Step, ...], scope: StepScope) -> StepScope:
    """Run steps in order, each seeing what those before it captured; returns the scope after the last.

    Raises `StepFailed` for the first step that fails for good.
    """
    tracking = any(mentions_step_changes(step) for step in steps)
    for index, step in enumerate(steps):
        began = await env.git.head(scope.worktree.path) if tracking else scope.previous
        result = await run_step(env, step, index, scope)
        scope = replace(scope.with_variables(result.updates), previous=began)
    return scope


async def run_batch(env: StepPorts, steps: tuple[Step, ...], scopes: Mapping[int, StepScope]) -> dict[int, StepResult]:
    """Run the steps of one batch side by side, to their ends, each in the scope given for its position.

    All failures of the batch are raised as one `ExceptionGroup`.
    """
    ended = await par_all([_step_effect(steps[index], index, scope) for index, scope in scopes.items()]).run(env)
    return dict(zip(scopes, ended, strict=True))


def _step_effect(step: Step, index: int, scope: StepScope) -> Effect[StepResult, StepPorts]:
    return Effect(lambda env: run_step(env, step, index, scope))


async def run_step(env: StepPorts, step: Step, index: int, scope: StepScope) -> StepResult:
    """Run one step to its end. Raises `StepFailed` (`StepTimedOut`) when nothing repaired its failure."""
    label = step_label(step, index)
    started = env.clock.monotonic()
    if step.when is not None and not await _holds(env, step.when, label, scope):
        record = StepRecord(index=index, kind=step.kind, command="", skipped=f"when: {step.when}")
        scope.records.append(record)
        return StepResult(record=record)

    before = await env.git.head(scope.worktree.path) if watches_head(step) else scope.previous
    try:
        scope = await with_own_environment(env, step, scope)
    except ExpressionError as error:
        execution = unexecuted(step, f"env: {error.message}", "interpolation_failed")
    else:
        execution = await execute(env, step, index, scope, before, run_steps)
    goes_on, tries = execution.succeeded, execution.tries
    if not goes_on:
        execution, goes_on = await repair(env, step, index, scope, execution, before, run_steps)
    told, execution = execution, capture_output(step, execution)
    goes_on = goes_on and execution.succeeded == told.succeeded
    captured = execution.captured or {}
    record = StepRecord(
        index=index,
        kind=step.kind,
        command=execution.command,
        exit_code=execution.completed.exit_code,
        seconds=round(env.clock.monotonic() - started, 3),
        captured={name: value for name, value in captured.items() if "." not in name},
        tries=list(tries),
    )
    scope.records.append(record)
    if not goes_on:
        raise _failure(label, execution)
    updates = {**output_updates(step, **execution.streams), **execution.updates, **captured}
    after_success = (*step.on_exit_code.get(0, ()), *step.on_success)
    if execution.succeeded and after_success:
        after = await run_steps(env, after_success, scope.nested(f"on_success of {label}", updates, previous=before))
        updates.update(nested_captures(after_success, after.variables))
    return StepResult(record=record, updates=updates, stdout=execution.stdout, stderr=execution.stderr)


async def _holds(env: StepPorts, condition: str, label: str, scope: StepScope) -> bool:
    try:
        return Condition.parse(condition).evaluate(await visible_variables(env, scope, condition=condition))
    except ExpressionError as error:
        raise StepFailed(f"{label}: when: {error.message}", step=label, kind="condition_failed") from error


def _failure(label: str, execution: Execution) -> StepFailed:
    message = f"{label}: {execution.problem}"
    tail = execution.completed.tail
    if execution.completed.timed_out:
        return StepTimedOut(message, step=label, output_tail=tail)
    code = execution.completed.exit_code
    signal = execution.completed.signal
    return StepFailed(
        message,
        step=label,
        exit_code=code,
        signal=signal,
        output_tail=tail,
        stdout=execution.stdout,
        kind=execution.kind,
    )
