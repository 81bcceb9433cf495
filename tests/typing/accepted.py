"""Compositions that a type checker must accept; `test_typing.py` runs mypy over this file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, assert_type

from prodigy_action.runtime import (
    Effect,
    Failed,
    Ok,
    Outcome,
    asks,
    bracket,
    effect,
    from_async_fn,
    par_all,
    par_all_limit,
    pure,
    sequence,
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
class Worktree:
    name: str


@effect
async def create_worktree_effect(env: HasWorktrees, name: str, *, detached: bool = False) -> Worktree:
    return Worktree(name)


@effect
async def execute_effect(env: HasRunner, worktree: Worktree) -> int:
    return env.runner


async def read_names(env: HasWorktrees) -> list[str]:
    return env.worktrees


# The decorator keeps the parameters and takes the environment away.
assert_type(create_worktree_effect("agent-0", detached=True), Effect[Worktree, HasWorktrees])

# The value's type flows through a chain without annotations.
assert_type(create_worktree_effect("agent-0").map(lambda worktree: len(worktree.name)), Effect[int, HasWorktrees])
assert_type(
    create_worktree_effect("agent-0").and_then(
        lambda worktree: create_worktree_effect(worktree.name).map(lambda other: (worktree, other))
    ),
    Effect[tuple[Worktree, Worktree], HasWorktrees],
)

# Covariant value, contravariant environment.
more_general_value: Effect[object, HasWorktrees] = create_worktree_effect("agent-0")
for_more_environment: Effect[Worktree, CompleteEnv] = create_worktree_effect("agent-0")
for_any_environment: Effect[int, CompleteEnv] = pure(1)

# `within` starts a chain that mixes smaller environments.
mixed = (
    within(CompleteEnv, create_worktree_effect("agent-0"))
    .and_then(lambda worktree: execute_effect(worktree).map(lambda code: (worktree, code)))
    .and_then(lambda ended: pure(f"{ended[0].name}: {ended[1]}"))
    .context("executing agent 0")
)
assert_type(mixed, Effect[str, CompleteEnv])

# Constructors.
assert_type(pure(1), Effect[int, object])
assert_type(from_async_fn(read_names), Effect[list[str], HasWorktrees])
runner_of: Effect[int, HasRunner] = asks(lambda env: env.runner)
assert_type(sequence([create_worktree_effect("a"), create_worktree_effect("b")]), Effect[list[Worktree], HasWorktrees])
assert_type(
    bracket(
        within(CompleteEnv, create_worktree_effect("agent-0")),
        execute_effect,
        lambda worktree: pure(None),
    ),
    Effect[int, CompleteEnv],
)

# Methods.
assert_type(mixed.attempt(), Effect[Outcome[str], CompleteEnv])
assert_type(mixed.tap(lambda text: pure(len(text))), Effect[str, CompleteEnv])
assert_type(mixed.tap_error(lambda error: pure(str(error))), Effect[str, CompleteEnv])
assert_type(mixed.timeout(2.5), Effect[str, CompleteEnv])


def complete(runner: int) -> CompleteEnv:
    return CompleteEnv(worktrees=[], runner=runner)


assert_type(mixed.provide(complete), Effect[str, int])

# Joins.
assert_type(par_all([mixed, mixed]), Effect[list[str], CompleteEnv])
assert_type(par_all_limit([mixed, mixed], 2), Effect[list[Outcome[str]], CompleteEnv])


async def values_flow_to_the_runner(env: CompleteEnv) -> None:
    assert_type(await mixed.run(env), str)
    assert_type(await create_worktree_effect("agent-0").run(env), Worktree)


# Matching, or its type, distinguishes the two outcomes.
def shown_by_matching(outcome: Outcome[int]) -> str:
    match outcome:
        case Ok(value):
            return str(value + 1)
        case Failed(error):
            return str(error.__notes__)


def shown_by_type(outcome: Outcome[int]) -> int:
    if isinstance(outcome, Ok):
        return outcome.value
    raise outcome.error


more_general_outcome: Outcome[object] = Ok(1)
