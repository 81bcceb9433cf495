"""The parts of an item's result: its state, its executions, its conflict."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.events import FinishedState

ItemState: TypeAlias = Literal[
    "succeeded", "unchanged", "skipped", "failed", "timed_out", "conflicted", "cancelled", "not_run"
]


class Result(BaseModel):
    """Base of everything in results.json."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_serialization_defaults_required=True,
    )


class Conflict(Result):
    """Why an item could not land."""

    files: list[str]
    """The conflicting paths."""
    with_items: list[int]
    """Earlier items that changed these files."""


class Attempt(Result):
    """One execution of an item."""

    number: int
    """From 1."""
    state: FinishedState
    """How it ended; `cancelled` when the run ended first."""
    started_at: str | None = None
    """UTC, ISO 8601."""
    seconds: float
    """How long it took."""
    slot: int | None = None
    """Where in the pool of worktrees it was executed, from 0."""
    error: str | None = None
    """Why it failed."""
    conflict: Conflict | None = None
    """Why its commits did not merge unchanged; `state` says how the item ended."""
    agent: AgentUsage | None = None
    """The calls of the agent program."""
