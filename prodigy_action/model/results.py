"""The results of a run: the content of results.json."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from prodigy_action.model.events import ErrorRecord, PhaseState, StepRecord

SCHEMA_VERSION: Literal[1] = 1

ItemState: TypeAlias = Literal[
    "succeeded", "unchanged", "skipped", "failed", "timed_out", "conflicted", "cancelled", "not_run"
]
RunVerdict: TypeAlias = Literal["success", "partial", "failure", "cancelled", "internal"]


class Result(BaseModel):
    """Base of everything in results.json."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class WorkflowIdentity(Result):
    """Which workflow was run."""

    name: str
    path: str
    sha256: str
    """Digest of the file's bytes, in hexadecimal."""


class Counts(Result):
    """How many items ended in each state; `planned` is the sum of all but `selected_out`."""

    planned: int = 0
    succeeded: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    timed_out: int = 0
    conflicted: int = 0
    cancelled: int = 0
    not_run: int = 0
    selected_out: int = 0
    """Items that filter, distinct or paging removed."""


class PhaseResult(Result):
    """How a phase went."""

    state: PhaseState
    seconds: float
    batches: list[list[int]] | None = None
    """Steps that ran side by side, by position."""
    max_parallel: int | None = None
    busy_seconds: float | None = None
    """Sum of the agents' times (map)."""
    efficiency: float | None = None
    """Busy seconds over the seconds that the slots in use had."""
    steps: list[StepRecord] = Field(default_factory=list)
    error: ErrorRecord | None = None
    log: str | None = None


class Attempt(Result):
    """One execution of an item."""

    number: int
    state: str
    seconds: float
    error: str | None = None


class Conflict(Result):
    """Why an item could not land."""

    files: list[str]
    with_items: list[int]
    """Earlier items that changed these files."""


class ItemResult(Result):
    """What became of one planned item."""

    id: int
    key: str
    """Identity across attempts."""
    item: Any
    state: ItemState
    reason: str | None = None
    seconds: float = 0.0
    attempts: list[Attempt] = Field(default_factory=list)
    commits: list[str] = Field(default_factory=list)
    files_changed: list[str] = Field(default_factory=list)
    steps: list[StepRecord] = Field(default_factory=list)
    error: ErrorRecord | None = None
    conflict: Conflict | None = None
    log: str | None = None
    """Path in the results directory."""
    patch: str | None = None
    """Path in the results directory, for an item that did not land though it had changed something."""


class RunResult(Result):
    """The whole run."""

    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: str
    attempt: int = 1
    result: RunVerdict
    exit_code: int
    message: str | None = None
    """Why the run failed, in one sentence."""
    workflow: WorkflowIdentity
    base_sha: str
    head_sha: str
    branch: str | None = None
    """The branch that holds what landed; null when nothing did."""
    checkout_updated: bool = False
    """Whether the checkout was fast-forwarded to `head_sha`."""
    checkout_reason: str | None = None
    """Why it was not."""
    started_at: str
    seconds: float = 0.0
    counts: Counts
    phases: dict[str, PhaseResult]
    items: list[ItemResult]
