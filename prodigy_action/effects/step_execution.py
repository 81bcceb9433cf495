"""Executions of one step: the action, the checks that belong to it, and further tries."""

from __future__ import annotations

from prodigy_action.effects.step_actions import run_agent_command, run_shell, write_file
from prodigy_action.effects.step_checks import check_execution
from prodigy_action.effects.step_loops import run_foreach
from prodigy_action.effects.step_scope import Execution, RunSteps, StepScope, local_outcome, step_label
from prodigy_action.environment import StepPorts
from prodigy_action.errors import ExpressionError, StepFailed
from prodigy_action.model.workflow import Retry, Step
from prodigy_action.pure.captures import decode_output
from prodigy_action.pure.retry_schedule import is_retryable, plan_delays
from prodigy_action.pure.step_rules import failure_message, step_timeout


async def execute(
    env: StepPorts, step: Step, index: int, scope: StepScope, before: str, run_steps: RunSteps
) -> Execution:
    """Execute a step, and again as its `retry` says; the last execution is what counts."""
    retry = step.retry or scope.retry_defaults
    if retry is None:
        return await execute_once(env, step, index, scope, before, run_steps)
    started = env.clock.monotonic()
    execution = await execute_once(env, step, index, scope, before, run_steps)
    for delay in plan_delays(retry, seed=f"{scope.label}/{index}"):
        if execution.succeeded or not _worth_retrying(retry, execution):
            break
        if retry.retry_budget is not None and env.clock.monotonic() - started + delay > retry.retry_budget:
            env.log.warning("retry_budget_spent", within=scope.label, step=step_label(step, index))
            break
        env.log.info(
            "step_retried",
            within=scope.label,
            step=step_label(step, index),
            delay_seconds=delay,
            problem=execution.problem,
        )
        await env.clock.sleep(delay)
        execution = await execute_once(env, step, index, scope, before, run_steps)
    if execution.succeeded:
        return execution
    return await _after_last_try(env, retry, step, index, scope, execution, run_steps)


def _worth_retrying(retry: Retry, execution: Execution) -> bool:
    done = execution.completed
    return execution.kind != "interpolation_failed" and is_retryable(
        retry.retry_on, exit_code=done.exit_code, signal=done.signal, timed_out=done.timed_out, output=done.tail
    )


async def _after_last_try(
    env: StepPorts,
    retry: Retry,
    step: Step,
    index: int,
    scope: StepScope,
    execution: Execution,
    run_steps: RunSteps,
) -> Execution:
    if retry.fallback is not None:
        nested = scope.nested(f"fallback of {step_label(step, index)}", {})
        try:
            await run_steps(env, (retry.fallback,), nested)
        except StepFailed as error:
            return execution.failed(f"{execution.problem}; its fallback failed too: {error.message}", execution.kind)
        return Execution(command=execution.command, completed=execution.completed, stdout=execution.stdout)
    if retry.on_failure == "continue":
        env.log.warning("step_failure_ignored", within=scope.label, step=step_label(step, index))
        return Execution(command=execution.command, completed=execution.completed, stdout=execution.stdout)
    return execution


async def execute_once(
    env: StepPorts, step: Step, index: int, scope: StepScope, before: str, run_steps: RunSteps
) -> Execution:
    """One execution: the action, then its checks. A mistake in one of its texts is a failed execution."""
    scope.log.write(f"=== {step_label(step, index)}\n".encode("utf-8", "surrogateescape"))
    try:
        execution = await _act(env, step, index, scope, run_steps)
        if execution.succeeded:
            execution = await check_execution(env, step, scope, execution, before, run_steps)
    except ExpressionError as error:
        problem = f"{error.message} ({error.hint})" if error.hint else error.message
        return _unexecuted(step, problem, "interpolation_failed")
    except (OSError, ValueError) as error:
        return _unexecuted(step, str(error), "step_failed")
    return execution


def _unexecuted(step: Step, problem: str, kind: str) -> Execution:
    command = step.shell or step.claude or step.kind
    return Execution(command=command, completed=local_outcome(1, stderr=problem), problem=problem, kind=kind)


async def _act(env: StepPorts, step: Step, index: int, scope: StepScope, run_steps: RunSteps) -> Execution:
    if step.foreach is not None:
        return await run_foreach(env, step, step.foreach, scope, run_steps)
    if step.kind == "validate":
        return Execution(command="validate", completed=local_outcome())
    timeout_seconds = step_timeout(step, index, scope.command_timeouts)
    if step.shell is not None:
        command, completed = await run_shell(env, step.shell, step, scope, timeout_seconds)
    elif step.claude is not None:
        command, completed = await run_agent_command(env, step.claude, step, scope, timeout_seconds)
    elif step.write_file is not None:
        command, completed = await write_file(env, step.write_file, scope)
    else:
        raise AssertionError(f"a step of unknown kind: {step!r}")
    return Execution(
        command=command,
        completed=completed,
        stdout=decode_output(completed.stdout),
        stderr=decode_output(completed.stderr),
        problem=failure_message(completed, timeout_seconds),
        kind="timed_out" if completed.timed_out else "step_failed",
    )
