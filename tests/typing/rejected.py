"""Mistakes that a type checker must reject, each with mypy's code for it; `test_typing.py` runs mypy over this file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from prodigy_action.runtime import (
    Effect,
    Ok,
    Outcome,
    bracket,
    effect,
    from_async_fn,
    par_all,
    par_all_limit,
    pure,
    within,
)


class HasWorktrees(Protocol):
    @property
    def worktrees(self) -> list[str]: ...


class HasRunner(Protocol):
    @property
    def runner(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteEnv:
    worktrees: list[str]
    runner: int


@dataclass(frozen=True, slots=True)
class RunnerOnly:
    runner: int


@effect
async def create_worktree_effect(env: HasWorktrees, name: str) -> str:
    return name


@effect
async def execute_effect(env: HasRunner, worktree: str) -> int:
    return env.runner


def plain(env: CompleteEnv) -> int:
    return env.runner


complete: Effect[str, CompleteEnv] = create_worktree_effect("agent-0")

# Arguments of a decorated function.
create_worktree_effect(3)  # rejected: arg-type
create_worktree_effect()  # rejected: call-arg
create_worktree_effect("agent-0", force=True)  # rejected: call-arg

# Only coroutine functions become effects.
from_async_fn(plain)  # rejected: arg-type
effect(plain)  # rejected: arg-type

# A continuation gives an effect and takes the value before it.
complete.and_then(lambda name: name)  # rejected: arg-type, return-value
complete.and_then(lambda name: pure(name + 1))  # rejected: operator
complete.map(lambda name: name.missing)  # rejected: attr-defined

# No checker widens an environment, and none may narrow one.
create_worktree_effect("agent-0").and_then(execute_effect)  # rejected: arg-type
for_less: Effect[str, HasWorktrees] = complete  # rejected: assignment
narrowed_value: Effect[int, CompleteEnv] = complete  # rejected: assignment
within(RunnerOnly, create_worktree_effect("agent-0"))  # rejected: misc
complete.provide(lambda runner: RunnerOnly(runner))  # rejected: arg-type, return-value


async def run_with_too_little() -> None:
    await create_worktree_effect("agent-0").run(RunnerOnly(1))  # rejected: arg-type


# Constructors.
bracket(complete, execute_effect, lambda worktree: None)  # rejected: arg-type, return-value
par_all([1, 2])  # rejected: arg-type
par_all_limit([complete], "2")  # rejected: arg-type

# Seconds are numbers.
complete.timeout("2s")  # rejected: arg-type


# A value is there only after the failure was looked at.
def unlooked(outcome: Outcome[int]) -> int:
    return outcome.value  # rejected: union-attr


def outcome_of_another_type() -> Outcome[str]:
    return Ok(1)  # rejected: arg-type
