"""Executions of one step: the action, its checks, and retries."""

from __future__ import annotations

from dataclasses import replace

from prodigy_action.effects.steps.actions import run_agent_command, run_shell, text_variables, write_file
from prodigy_action.effects.steps.checks import check_execution
from prodigy_action.effects.steps.loops import run_foreach
from prodigy_action.effects.steps.scope import Execution, StepCall, StepScope, local_outcome
from prodigy_action.effects.steps.sub_workflow import run_sub_workflow
from prodigy_action.environment import StepPorts
from prodigy_action.errors import ExpressionError, StepFailed
from prodigy_action.model.command import CAPTURE_BYTES, CompletedCommand
from prodigy_action.model.events import StepTry
from prodigy_action.model.workflow import Retry, Step
from prodigy_action.pure.policies.retry import FIRST_ATTEMPT, Failure, GivenUp, next_attempt
from prodigy_action.pure.steps.agent_program import read_agent_report
from prodigy_action.pure.steps.captures import cut_output, decode_output
from prodigy_action.pure.steps.rules import (
    capture_updates,
    error_variables,
    failure_message,
    last_output,
    output_updates,
    step_timeout,
)
from prodigy_action.pure.steps.step_results import nested_values
from prodigy_action.pure.templates.interpolation import render_text
from prodigy_action.pure.text.reasons import reason_of
from prodigy_action.runtime import Effect, EffectTimedOut

SEARCHED = 64 * 1024
"""How many bytes at the end of each stream `retry_on` searches."""


async def execute(call: StepCall) -> Execution:
    """Execute a step, and again as its `retry` says; the last execution counts."""
    env, scope = call.env, call.scope
    retry = call.step.retry or scope.retry_defaults
    if retry is None:
        return await execute_once(call)
    attempt, tries = FIRST_ATTEMPT, list[StepTry]()
    while True:
        started = env.clock.monotonic()
        scope.tolerated.clear()
        execution = await execute_once(call)
        seconds = env.clock.monotonic() - started
        tries.append(_step_try(execution, attempt.number, seconds))
        if execution.succeeded or execution.kind == "interpolation_failed":
            break
        try:
            following = next_attempt(
                retry, attempt, _failure_of(execution, seconds), seed=f"{scope.label}/{call.index}"
            )
        except ExpressionError as wrong:
            env.log.warning("step_not_retried", within=scope.label, step=call.label, problem=wrong.message)
            break
        if isinstance(following, GivenUp):
            if following.budget_spent:
                env.log.warning("retry_budget_spent", within=scope.label, step=call.label)
            break
        delay, attempt = following
        env.log.info(
            "step_retried",
            within=scope.label,
            step=call.label,
            delay_seconds=delay,
            problem=execution.problem,
        )
        await env.clock.sleep(delay)
    if not execution.succeeded:
        execution = await _after_last_try(call, retry, execution)
    return replace(execution, tries=tuple(tries)) if len(tries) > 1 else execution


def _step_try(execution: Execution, number: int, seconds: float) -> StepTry:
    code = execution.completed.exit_code
    return StepTry(number=number, exit_code=code, seconds=round(seconds, 3), error=execution.problem)


def _failure_of(execution: Execution, seconds: float) -> Failure:
    done = execution.completed
    printed = (execution.problem or "", execution.stdout[-SEARCHED:], execution.stderr[-SEARCHED:], done.tail)
    return Failure(
        seconds=seconds,
        exit_code=done.exit_code,
        signal=done.signal,
        timed_out=done.timed_out,
        output="\n".join(printed),
        command=execution.command,
    )


async def _after_last_try(call: StepCall, retry: Retry, execution: Execution) -> Execution:
    if retry.fallback is not None:
        label = call.label
        error = error_variables(label, execution.problem or "", execution.completed.exit_code)
        nested = call.scope.nested(f"fallback of {label}", {**output_updates(call.step, **execution.streams), **error})
        try:
            after = await call.nested.run((retry.fallback,), nested)
        except StepFailed as error:
            return execution.failed(f"{execution.problem}; its fallback failed too: {error.message}", execution.kind)
        output = last_output(after.variables, nested.variables)
        captured = nested_values((retry.fallback,), after.variables)
        completed = local_outcome(stdout=output)
        return Execution(command=execution.command, completed=completed, stdout=output, updates=captured)
    return execution


async def execute_once(call: StepCall) -> Execution:
    """One execution: the action, then its checks. An error in one of its texts is a failed execution."""
    env, step, scope = call.env, call.step, call.scope
    scope.log.announce(f"=== {call.label}\n".encode("utf-8", "surrogateescape"))
    limit = step_timeout(step, call.index, scope.command_timeouts)

    async def act_and_check(ports: StepPorts) -> Execution:
        execution = await _act(call, limit)
        if step.output_file is not None:
            execution = await _write_output(ports, step.output_file, execution, step, scope)
        if execution.succeeded and step.kind != "validate":
            execution = capture_output(step, execution)
        if execution.succeeded:
            execution = await check_execution(call, execution)
        return execution

    work = Effect(act_and_check)
    try:
        if limit is not None and step.kind in {"foreach", "workflow", "validate"}:
            return await work.timeout(limit).run(env)
        return await work.run(env)
    except ExpressionError as error:
        problem = f"{error.message} ({error.hint})" if error.hint else error.message
        return unexecuted(step, problem, "interpolation_failed")
    except EffectTimedOut as error:
        ended = replace(local_outcome(1), timed_out=True)
        problem = f"timed out after {error.seconds:g} s"
        return Execution(command=step.kind, completed=ended, problem=problem, kind="timed_out")
    except (OSError, ValueError) as error:
        return unexecuted(step, reason_of(error), "step_failed")


def capture_output(step: Step, execution: Execution) -> Execution:
    """The execution with the captured value; failed when the output does not have the form that `capture` names."""
    if execution.captured is not None:
        return execution
    if execution.succeeded and execution.completed.stdout_truncated and step.capture is not None:
        problem = (
            f"capture {step.capture!r}: more output than the {CAPTURE_BYTES // 2**20} MiB that a variable may hold"
        )
        return execution.failed(f"{problem}; use output_file", "capture_failed")
    try:
        return replace(execution, captured=capture_updates(step, **execution.streams))
    except ValueError as error:
        return execution.failed(f"capture {step.capture!r}: {error}", "capture_failed")


async def _write_output(env: StepPorts, path: str, execution: Execution, step: Step, scope: StepScope) -> Execution:
    """The execution, with its standard output written to the file that the step names, whether it succeeded or not."""
    variables = {**scope.variables, **output_updates(step, **execution.streams)}
    target = render_text(path, await text_variables(env, replace(scope, variables=variables), path))
    if execution.completed.stdout_truncated:
        return execution.failed(f"output_file {target!r}: the output is longer than what is kept of it")
    try:
        inside = env.step_settings.in_worktree(target)
        await env.files.write(scope.worktree.path, inside, execution.completed.stdout, mode=None, create_dirs=True)
    except (OSError, ValueError) as error:
        return execution.failed(f"output_file {target!r}: {reason_of(error)}")
    return execution


def unexecuted(step: Step, problem: str, kind: str) -> Execution:
    """A step that could not be executed as written."""
    command = step.shell or step.claude or step.kind
    return Execution(command=command, completed=local_outcome(1, stderr=problem), problem=problem, kind=kind)


def _kept_text(output: bytes, *, truncated: bool) -> str:
    return cut_output(output) if truncated else decode_output(output)


async def _act(call: StepCall, timeout_seconds: float | None) -> Execution:
    env, step, scope = call.env, call.step, call.scope
    if step.foreach is not None:
        return await run_foreach(call, step.foreach)
    if step.workflow is not None:
        return await run_sub_workflow(call, step.workflow)
    if step.kind == "validate":
        return Execution(command="validate", completed=local_outcome())
    if step.shell is not None:
        command, completed = await run_shell(env, step.shell, step, scope, timeout_seconds)
    elif step.claude is not None:
        command, completed = await run_agent_command(env, step.claude, step, scope, timeout_seconds)
        return _of_agent(command, completed, scope, failure_message(completed, timeout_seconds))
    elif step.write_file is not None:
        command, completed = await write_file(env, step.write_file, scope)
        errors = decode_output(completed.stderr)
        written = Execution(command=command, completed=completed, stdout=decode_output(completed.stdout), stderr=errors)
        return written.failed(errors) if completed.exit_code else written
    else:
        raise AssertionError(f"a step of unknown kind: {step!r}")
    return Execution(
        command=command,
        completed=completed,
        stdout=_kept_text(completed.stdout, truncated=completed.stdout_truncated),
        stderr=_kept_text(completed.stderr, truncated=completed.stderr_truncated),
        problem=failure_message(completed, timeout_seconds),
        kind="timed_out" if completed.timed_out else "step_failed",
    )


def _of_agent(command: str, completed: CompletedCommand, scope: StepScope, problem: str | None) -> Execution:
    """The execution of an agent program; of a result in JSON, the output is its text, and its error a failure."""
    report = read_agent_report(decode_output(completed.stdout))
    kind = "timed_out" if completed.timed_out else "step_failed"
    if report is not None:
        scope.usages.append(report.usage)
        answer = report.text.encode("utf-8", "surrogateescape")
        completed = replace(completed, stdout=answer, stdout_truncated=False)
        if problem is None and report.error is not None:
            completed, problem, kind = replace(completed, exit_code=1), report.error, "agent_error"
    return Execution(
        command=command,
        completed=completed,
        stdout=_kept_text(completed.stdout, truncated=completed.stdout_truncated),
        stderr=_kept_text(completed.stderr, truncated=completed.stderr_truncated),
        problem=problem,
        kind=kind,
    )
