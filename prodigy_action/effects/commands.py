"""The steps of one agent in its worktree."""

from __future__ import annotations

from dataclasses import field
from functools import partial

import anyio

from prodigy_action.dataclass import dataclass
from prodigy_action.effects.items.failure import Evidence, attempt_after, item_file_name, record_cut_off
from prodigy_action.effects.items.limit import run_within_limits
from prodigy_action.effects.steps.runner import StepRunner
from prodigy_action.effects.steps.scope import StepScope
from prodigy_action.environment import MapEnv, RunLog
from prodigy_action.errors import ProdigyError, StepFailed
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.git import Worktree
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.pure.items.outcome import AgentStopped, as_step_failure
from prodigy_action.pure.policies.retry import FIRST_ATTEMPT, ItemAttempt
from prodigy_action.pure.steps.agent_variables import (
    agent_environ,
    agent_variables,
    captured_variables,
    placed_variables,
)
from prodigy_action.pure.steps.printed_output import PrintedOutput
from prodigy_action.pure.steps.rules import error_variables
from prodigy_action.pure.steps.step_titles import step_title
from prodigy_action.runtime import effect


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What the steps of one agent left: the worktree, what ran, what was captured."""

    worktree: Worktree
    evidence: Evidence
    captures: dict[str, JsonValue] = field(default_factory=dict)
    printed: PrintedOutput = field(default_factory=PrintedOutput)


@effect
async def execute_commands_effect(
    env: MapEnv, assignment: WorkAssignment, worktree: Worktree, attempt: ItemAttempt = FIRST_ATTEMPT
) -> CommandResult:
    """Run the agent's steps in order.

    Raises `AgentFailed`, with the patch of the changes, when a step fails or a limit ends the agent. When the run
    itself is cancelled, the end of the agent is recorded before the cancellation is raised again.
    """
    started = env.clock.monotonic()
    run_log = env.results.open_log(item_file_name(assignment.id, env.total), late=True)
    scratch = env.scratch.reserve()
    placed = env.step_settings.paths_in(worktree.path)
    files = {"item.json": compact_json(assignment.item).encode("utf-8", "surrogateescape")}
    environ = {**placed, **agent_environ(assignment, f"{scratch}/item.json")}
    if env.step_settings.git_configuration is not None:
        files["gitconfig"] = env.step_settings.git_configuration()
        environ["GIT_CONFIG_GLOBAL"] = f"{scratch}/gitconfig"
    scope = StepScope(
        label=env.titles.key(assignment.id) or f"item {assignment.id}",
        worktree=worktree,
        variables={
            **placed_variables(env.variables, placed),
            **agent_variables(assignment, worktree.name, worktree.branch, env.total),
        },
        environ=environ,
        log=run_log,
        start=worktree.base,
        previous=worktree.base,
        command_timeouts=env.limits.command_timeouts,
        retry_defaults=env.retry_defaults,
        directory=env.step_settings.directory,
    )
    evidence = Evidence(assignment, worktree, attempt, scope.records, run_log, started, scope.usages)
    try:
        if attempt.number > 1:
            run_log.announce(b"=== execution %d of this item\n" % attempt.number)
        if env.activity is not None:
            env.activity.begin(assignment.id, partial(_current_step, env, scope))
        await env.scratch.save(scratch, files, worktree=worktree.path)
        after = await run_within_limits(
            env, lambda ports: StepRunner(ports).run(env.agent_template, scope), partial(_current_step, env, scope)
        )
    except (ProdigyError, OSError) as error:
        failed = as_step_failure(error, step=_current_step(env, scope))
        await _run_failure_handler(env, scope, failed, evidence)
        raise await evidence.failure(env, failed) from error
    except anyio.get_cancelled_exc_class():
        await record_cut_off(env, evidence, _current_step(env, scope))
        raise
    finally:
        if env.activity is not None:
            env.activity.end(assignment.id)
        await _close(env, run_log, scratch)
    return CommandResult(
        worktree=worktree,
        captures=captured_variables(env.agent_template, after.variables),
        printed=scope.printed,
        evidence=evidence,
    )


def _current_step(env: MapEnv, scope: StepScope) -> str:
    index = len(scope.records)
    return step_title(env.agent_template[index], index) if index < len(env.agent_template) else "the last step"


async def _run_failure_handler(env: MapEnv, scope: StepScope, error: StepFailed, evidence: Evidence) -> None:
    """The steps of `on_item_failure: custom`, after the item has failed for good; their result does not change its
    state.
    """
    seconds = env.clock.monotonic() - evidence.started
    if not env.failure_handler or isinstance(error, AgentStopped):
        return
    if attempt_after(env, evidence.assignment, evidence.attempt, error, seconds) is not None:
        return
    variables = error_variables(error.step, error.message, error.step_exit_code or 1)
    try:
        await StepRunner(env).run(env.failure_handler, scope.nested("on_item_failure", variables))
    except StepFailed as failed:
        env.log.warning("item_handler_failed", within=scope.label, problem=failed.message)


async def _close(env: MapEnv, run_log: RunLog, scratch: str) -> None:
    run_log.close()
    await env.scratch.discard(scratch)
