"""The steps of setup, reduce and merge in the parent worktree."""

from __future__ import annotations

import posixpath

from prodigy_action.effects.steps.runner import StepRunner
from prodigy_action.effects.steps.scope import StepResult, StepScope, scope_of_step
from prodigy_action.environment import PhaseEnv
from prodigy_action.errors import MalformedCommit, PhaseFailed, StepFailed
from prodigy_action.model.events import ErrorRecord, PhaseFinished, PhaseName, PhaseStarted, PhaseState
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.dependency_analysis.batches import commands_of, next_batches
from prodigy_action.pure.dependency_analysis.step_footprint import footprint_texts
from prodigy_action.pure.items.outcome import as_step_failure
from prodigy_action.pure.steps.agent_program import total_usage
from prodigy_action.pure.steps.agent_variables import captured_variables
from prodigy_action.pure.steps.captures import phase_capture
from prodigy_action.pure.steps.rules import mentions_step_changes
from prodigy_action.pure.steps.step_results import kept_results
from prodigy_action.pure.steps.workflow_variables import resolve_seconds
from prodigy_action.pure.text.cutting import PATHS_SHOWN
from prodigy_action.runtime import Effect, EffectTimedOut, effect


@effect
async def run_phase_effect(env: PhaseEnv, phase: PhaseName) -> dict[str, JsonValue]:
    """Run the phase in the parent worktree, batch by batch, and record its end; returns the variables that it captured.

    Raises `PhaseFailed` with every failure of the batch in which it stopped.
    """
    await env.storage.append(PhaseStarted(phase=phase))
    env.log.info("phase_started", phase=phase, steps=len(env.config.steps))
    started = env.clock.monotonic()
    run_log = env.results.open_log(phase)
    head = await env.git.head(env.worktree.path)
    scope = StepScope(
        label=phase,
        worktree=env.worktree,
        variables=env.variables,
        environ={},
        log=run_log,
        start=head,
        previous=head,
        retry_defaults=env.retry_defaults,
        in_phase=True,
        directory=env.step_settings.directory,
    )
    captured: dict[str, JsonValue] = {}
    problem: ErrorRecord | None = None
    state: PhaseState = "cancelled"
    ran: list[list[int]] = []
    try:
        after, results = await _within_limit(env, scope, ran).run(env)
        mentioned = env.step_settings.mentioned_ids
        captured = {
            **captured_variables(env.config.steps, after.variables),
            **kept_results(env.config.steps, after.variables, mentioned),
            **_capture_outputs(env, results),
        }
        await _check_commits(env, phase, head)
        state = "succeeded"
    except (StepFailed, EffectTimedOut, ExceptionGroup, ValueError) as error:
        state, problem = "failed", _error_record(phase, error)
        raise PhaseFailed(problem.message, phase=phase) from error
    finally:
        run_log.close()
        await env.storage.append(
            PhaseFinished(
                phase=phase,
                state=state,
                seconds=round(env.clock.monotonic() - started, 3),
                batches=ran,
                steps=sorted(scope.records, key=lambda record: record.index),
                variables=captured,
                error=problem,
                log=run_log.path,
                agent=total_usage(scope.usages),
            )
        )
        seconds = round(env.clock.monotonic() - started, 3)
        env.log.info("phase_finished", phase=phase, state=state, seconds=seconds)
    return captured


async def _check_commits(env: PhaseEnv, phase: PhaseName, since: str) -> None:
    try:
        links = await env.git.check_parent(since)
        if links:
            env.log.warning("links_lead_nowhere", phase=phase, links=list(links[:PATHS_SHOWN]), count=len(links))
    except MalformedCommit as error:
        raise as_step_failure(error, step=phase) from error


def _within_limit(
    env: PhaseEnv, scope: StepScope, ran: list[list[int]]
) -> Effect[tuple[StepScope, dict[int, StepResult]], PhaseEnv]:
    steps: Effect[tuple[StepScope, dict[int, StepResult]], PhaseEnv] = Effect(
        lambda ports: _run_to_end(ports, scope, ran)
    )
    if env.config.timeout is None:
        return steps
    return steps.timeout(resolve_seconds(env.config.timeout, env.variables, field="timeout"))


async def _run_to_end(env: PhaseEnv, scope: StepScope, ran: list[list[int]]) -> tuple[StepScope, dict[int, StepResult]]:
    """Run the batches; each step sees the variables and the git context of its place in the workflow."""
    steps = env.config.steps
    commands = commands_of(steps, env.retry_defaults)
    parsed = await env.shell.parse(footprint_texts(commands) if len(commands) > 1 else [])
    tracking = any(mentions_step_changes(step) for step in steps)
    results: dict[int, StepResult] = {}
    began: dict[int, str] = {}
    position = 0
    while position < len(commands):
        alone = position == len(commands) - 1
        start = posixpath.join(env.worktree.path, env.step_settings.directory)
        links = frozenset[str]() if alone else await env.files.links(posixpath.normpath(start))
        batches, position = next_batches(commands, parsed, links, position)
        for batch in batches:
            ran.append(batch)
            head = await env.git.head(env.worktree.path) if tracking else scope.previous
            scopes = {index: scope_of_step(scope, results, index, began.get(index - 1, head)) for index in batch}
            began.update(dict.fromkeys(batch, head))
            results.update(await StepRunner(env).run_batch(steps, scopes))
    return scope_of_step(scope, results, len(steps), scope.previous), results


def _capture_outputs(env: PhaseEnv, results: dict[int, StepResult]) -> dict[str, JsonValue]:
    captured: dict[str, JsonValue] = {}
    for name, rule in env.config.capture_outputs.items():
        result = results.get(rule.command_index)
        try:
            captured[name] = phase_capture(
                rule,
                result.stdout if result else "",
                result.stderr if result else "",
                without_cut_secret=env.without_cut_secret,
            )
        except ValueError as error:
            raise ValueError(f"capture_outputs.{name}: {error}") from error
    return captured


def _error_record(phase: PhaseName, error: Exception) -> ErrorRecord:
    if isinstance(error, EffectTimedOut):
        return ErrorRecord(kind="timed_out", message=f"{phase} timed out after {error.seconds:g} s")
    failures = list(error.exceptions) if isinstance(error, ExceptionGroup) else [error]
    steps = [each for each in failures if isinstance(each, StepFailed)]
    unexpected = [each for each in failures if not isinstance(each, StepFailed | ValueError)]
    if unexpected:
        raise unexpected[0]
    message = "; ".join(str(each) for each in failures)
    first = steps[0] if steps else None
    return ErrorRecord(
        kind=first.kind if first else "capture_failed",
        message=message,
        step=first.step if first else None,
        exit_code=first.step_exit_code if first else None,
        output_tail=first.output_tail if first else "",
    )
