"""The steps of one agent in its worktree."""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio

from prodigy_action.effects.step_scope import StepScope
from prodigy_action.effects.steps import run_steps
from prodigy_action.environment import MapEnv, RunLog
from prodigy_action.errors import StepFailed, StepTimedOut
from prodigy_action.model.events import StepRecord
from prodigy_action.model.git import Worktree
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.model.plan import WorkAssignment
from prodigy_action.pure.agent_variables import agent_environ, agent_variables, captured_variables
from prodigy_action.pure.step_rules import error_variables
from prodigy_action.runtime import Effect, EffectTimedOut, effect

PATCH_SECONDS_WHEN_CANCELLED = 0.5


class AgentFailed(StepFailed):
    """An agent whose steps failed: what ran, where its output is, and the patch of what it had changed."""

    def __init__(
        self,
        error: StepFailed,
        *,
        records: list[StepRecord],
        log: str,
        patch: str | None,
        seconds: float,
        slot: int | None,
    ) -> None:
        super().__init__(
            error.message,
            step=error.step,
            exit_code=error.step_exit_code,
            output_tail=error.output_tail,
            kind=error.kind,
        )
        self.timed_out = isinstance(error, StepTimedOut)
        self.records = records
        self.log = log
        self.patch = patch
        self.seconds = seconds
        self.slot = slot


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What the steps of one agent left: the worktree, the variables at the end, what ran."""

    worktree: Worktree
    variables: dict[str, JsonValue]
    records: list[StepRecord]
    captures: dict[str, JsonValue] = field(default_factory=dict)
    output: str = ""
    log: str = ""
    started: float = 0.0
    """Monotonic seconds at which the steps began."""


@effect
async def execute_commands_effect(env: MapEnv, assignment: WorkAssignment, worktree: Worktree) -> CommandResult:
    """Run the agent's steps in order. Raises `AgentFailed`, with the patch of what was changed, when one fails."""
    started = env.clock.monotonic()
    run_log = env.results.open_log(item_file_name(assignment.id, env.total))
    scratch = env.scratch.reserve()
    scope = StepScope(
        label=f"item {assignment.id}",
        worktree=worktree,
        variables={**env.variables, **agent_variables(assignment, worktree.name, env.total)},
        environ=agent_environ(assignment, f"{scratch}/item.json"),
        log=run_log,
        start=worktree.base,
        previous=worktree.base,
        command_timeouts=env.limits.command_timeouts,
        retry_defaults=env.retry_defaults,
    )
    try:
        item = compact_json(assignment.item).encode("utf-8", "surrogateescape")
        await env.scratch.save(scratch, {"item.json": item}, worktree=worktree.path)
        after = await _within_limit(env, scope).run(env)
    except StepFailed as error:
        await _run_failure_handler(env, scope, error)
        patch = await keep_patch(env, assignment, worktree)
        seconds = env.clock.monotonic() - started
        raise AgentFailed(
            error, records=scope.records, log=run_log.path, patch=patch, seconds=seconds, slot=worktree.slot
        ) from error
    except anyio.get_cancelled_exc_class():
        with anyio.move_on_after(PATCH_SECONDS_WHEN_CANCELLED, shield=True):
            await keep_patch(env, assignment, worktree)
        raise
    finally:
        await _close(env, run_log, scratch)
    last = after.variables.get("last")
    return CommandResult(
        worktree=worktree,
        variables=dict(after.variables),
        records=scope.records,
        captures=captured_variables(env.agent_template, after.variables),
        output=str(last["output"]) if isinstance(last, dict) else "",
        log=run_log.path,
        started=started,
    )


def _within_limit(env: MapEnv, scope: StepScope) -> Effect[StepScope, MapEnv]:
    steps: Effect[StepScope, MapEnv] = Effect(lambda ports: run_steps(ports, ports.agent_template, scope))
    limit = env.limits.agent_timeout_seconds
    if limit is None:
        return steps

    async def limited(ports: MapEnv) -> StepScope:
        try:
            return await steps.timeout(limit).run(ports)
        except EffectTimedOut as error:
            step = f"step {len(scope.records) + 1}"
            raise StepTimedOut(f"the agent timed out after {limit:g} s, in {step}", step=step) from error

    return Effect(limited)


async def _run_failure_handler(env: MapEnv, scope: StepScope, error: StepFailed) -> None:
    """The steps of `on_item_failure: custom`; what they come to changes nothing about the item."""
    if not env.failure_handler:
        return
    variables = error_variables(error.step, error.message, error.step_exit_code or 1)
    try:
        await run_steps(env, env.failure_handler, scope.nested("on_item_failure", variables))
    except StepFailed as failed:
        env.log.warning("item_handler_failed", within=scope.label, problem=failed.message)


async def _close(env: MapEnv, run_log: RunLog, scratch: str) -> None:
    run_log.close()
    with anyio.CancelScope(shield=True):
        await env.scratch.discard(scratch)


async def keep_patch(env: MapEnv, assignment: WorkAssignment, worktree: Worktree) -> str | None:
    """Write what differs from the base to the item's patch file; its path, or None when nothing does."""
    patch = await env.worktree_manager.patch(worktree)
    if not patch:
        return None
    return await env.results.write_patch(item_file_name(assignment.id, env.total), patch)


def item_file_name(item_id: int, total: int) -> str:
    """The stem of an item's files, wide enough that names sort in item order."""
    return f"item-{item_id:0{max(4, len(str(max(total - 1, 0))))}d}"
