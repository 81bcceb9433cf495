"""One item of an ended run, executed once more: its environment, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import final

from prodigy_action.dataclass import dataclass
from prodigy_action.environment import MapEnv, RunEnv, Worktrees
from prodigy_action.errors import GitFailed
from prodigy_action.model.events import KeptRef
from prodigy_action.model.git import Submission, Worktree
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Step
from prodigy_action.pure.journal.reproduction import SHELL_MARK, StepsToRun
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.runtime import effect


@dataclass(slots=True)
class Observed:
    """What the execution left."""

    worktree: str | None = None
    """The absolute path of the worktree; None when it was not made."""
    patch: bytes | None = None
    """Everything that differs from the commit that the item started from; None when that cannot be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How an item is executed once more."""

    steps: StepsToRun
    start: str
    """The commit that the item starts from."""
    keep: bool
    """Whether the worktree stays as the item leaves it."""
    shell_mark: str
    """The value of the variable by which the runner knows the command that stands for the interactive shell."""
    observed: Observed


def reproducing_env(env: MapEnv, again: Again) -> MapEnv:
    """The environment of the item: it is executed once, whatever the workflow says about further executions."""
    chosen, limits = again.steps, env.limits
    steps = chosen.steps
    if chosen.opens_shell:
        # A step like the others, so that the shell gets the environment and the directory of one.
        steps = (*steps, Step.model_validate({"name": "shell", "shell": ":", "env": {SHELL_MARK: again.shell_mark}}))
        limits = replace(limits, agent_timeout_seconds=None, command_timeouts={})
    return replace(
        env,
        agent_template=steps,
        limits=limits,
        item_retry=None,
        worktree_manager=_ObservedWorktrees(env.worktree_manager, again.observed, keep=again.keep),
    )


@effect
async def start_from_recorded_effect(
    env: RunEnv, plan: ResumePlan, again: Again, captured: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue]:
    """Bring the parent worktree to the commit that the item started from; the captures of setup, as they were recorded.

    `captured` are those of setup here; they are used where the record masks a secret.
    """
    if not await env.repository.adopt_start(again.start):
        await env.repository.check_out(again.start)
        if again.start == plan.earlier.planned.start_sha:
            env.log.warning("setup_came_to_other_files", used=again.start)
    recorded = {name: value for name, value in plan.earlier.variables.items() if name not in plan.earlier.withheld}
    return {**captured, **recorded}


@final
class _ObservedWorktrees:
    """Worktrees whose changes are noted before they are released; with `keep` they are not released."""

    def __init__(self, worktrees: Worktrees, observed: Observed, *, keep: bool) -> None:
        self._worktrees = worktrees
        self._observed = observed
        self._keep = keep

    async def create_worktree(self, name: str) -> Worktree:
        made = await self._worktrees.create_worktree(name)
        self._observed.worktree = made.path
        return made

    async def collect(self, worktree: Worktree, item_id: int) -> Submission:
        return await self._worktrees.collect(worktree, item_id)

    async def keep_refs(self, worktree: Worktree, item_id: int) -> tuple[KeptRef, ...]:
        return await self._worktrees.keep_refs(worktree, item_id)

    async def patch(self, worktree: Worktree) -> bytes:
        return await self._worktrees.patch(worktree)

    async def release(self, worktree: Worktree) -> None:
        try:
            self._observed.patch = await self._worktrees.patch(worktree)
        except (GitFailed, OSError):
            self._observed.patch = None  # what the item left cannot be compared: that is no failure of the item
        if not self._keep:
            await self._worktrees.release(worktree)
