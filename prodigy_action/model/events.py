"""The records of the journal: the single source of results, accounting and resume."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

FinishedState: TypeAlias = Literal["succeeded", "unchanged", "skipped", "failed", "timed_out", "cancelled"]
PhaseName: TypeAlias = Literal["setup", "map", "land", "reduce", "merge"]
LandedHow: TypeAlias = Literal["merge", "rebase", "rerun"]
RUN_TIMED_OUT = "run_timed_out"
"""The kind of error of an item that the limit of the run cut off."""
PhaseState: TypeAlias = Literal["succeeded", "failed", "skipped", "cancelled"]


class Record(BaseModel):
    """Base of all records; `at` is UTC in ISO 8601, filled in by the journal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str = ""


class StepTry(BaseModel):
    """One execution of a step that was executed again."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )

    number: int
    """From 1."""
    exit_code: int
    """What it ended with."""
    seconds: float
    """How long it took."""
    error: str | None = None
    """Why it failed."""


class StepRecord(BaseModel):
    """One executed (or skipped) step."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_serialization_defaults_required=True,
    )

    index: int
    """Position among the steps it stands with, from 0."""
    kind: str
    """`shell`, `claude`, `write_file`, `foreach` or `validate`."""
    command: str
    """The text after interpolation, secrets masked."""
    exit_code: int | None = None
    """What it ended with; null when it did not run."""
    seconds: float = 0.0
    """How long it took, with its handlers and further executions."""
    captured: dict[str, Any] = Field(default_factory=dict)
    """The variables that it captured."""
    skipped: str | None = None
    """Why the step did not run."""
    tries: list[StepTry] = Field(default_factory=list)
    """Its executions, in order, when its `retry` made it more than one."""


class ErrorRecord(BaseModel):
    """Why something failed."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_serialization_defaults_required=True,
    )

    kind: str
    """A word for programs, such as `step_failed`."""
    message: str
    """A sentence for people."""
    step: str | None = None
    """The step that failed."""
    exit_code: int | None = None
    """What its command ended with."""
    output_tail: str = ""
    """The end of what it printed."""


class KeptObjects(BaseModel):
    """Bytes of a file below the results directory, on disk before the record that names them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(pattern=r"^state/[A-Za-z0-9][A-Za-z0-9.-]*$")
    offset: int = Field(ge=0)
    size: int = Field(ge=0)


class RunStarted(Record):
    """The begin of a run, or of a further attempt at it.

    `fingerprints` are digests, by name, of all that decides what the run does: parts of the workflow, parameters.
    """

    event: Literal["run_started"] = "run_started"
    run_id: str
    attempt: int = 1
    workflow_name: str
    workflow_path: str
    workflow_sha256: str
    base_sha: str
    branch: str | None
    max_parallel: int
    settings: dict[str, Any] = Field(default_factory=dict)
    fingerprints: dict[str, str] = Field(default_factory=dict)


class PhaseStarted(Record):
    event: Literal["phase_started"] = "phase_started"
    phase: PhaseName


class PhaseFinished(Record):
    """`variables` are what the phase captured for later phases; `head` the parent branch afterwards."""

    event: Literal["phase_finished"] = "phase_finished"
    phase: PhaseName
    state: PhaseState
    seconds: float
    batches: list[list[int]] | None = None
    steps: list[StepRecord] = Field(default_factory=list)
    variables: dict[str, Any] = Field(default_factory=dict)
    error: ErrorRecord | None = None
    head: str | None = None
    log: str | None = None
    withheld: list[str] = Field(default_factory=list)
    """Variables whose values here are masked, so that they are of no use to a further attempt."""


class StartKept(Record):
    """What setup came to: the commit that every agent starts from, and the untracked files that they get besides.

    `kept` is a pack of the commits that setup made, `carried` an archive of files that the checkout does not have.
    `inputs` are digests of what setup depended on.
    """

    event: Literal["start_kept"] = "start_kept"
    start_sha: str
    kept: KeptObjects | None = None
    carried: KeptObjects | None = None
    inputs: dict[str, str] = Field(default_factory=dict)


class PlannedItem(BaseModel):
    """One assignment of the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    key: str
    item: Any
    worktree_name: str


class Planned(Record):
    event: Literal["planned"] = "planned"
    items: list[PlannedItem]
    selected_out: int
    max_parallel: int
    start_sha: str
    """The commit that every agent starts from."""
    withheld: list[int] = Field(default_factory=list)
    """Items whose values here are masked."""


class AgentStarted(Record):
    event: Literal["agent_started"] = "agent_started"
    item_id: int
    number: int = 1
    """Which execution of the item it is, from 1."""


class AgentFinished(Record):
    """The end of one execution. `succeeded` means it made commits; whether they land is told by another record."""

    event: Literal["agent_finished"] = "agent_finished"
    item_id: int
    number: int = 1
    state: FinishedState
    reason: str | None = None
    seconds: float
    slot: int | None = None
    """Where in the pool of worktrees it was executed, from 0."""
    head: str | None = None
    commits: list[str] = Field(default_factory=list)
    files_changed: list[str] = Field(default_factory=list)
    uncommitted: list[str] = Field(default_factory=list)
    steps: list[StepRecord] = Field(default_factory=list)
    captures: dict[str, Any] = Field(default_factory=dict)
    output: str = ""
    """The end of the last command's output."""
    error: ErrorRecord | None = None
    log: str | None = None
    patch: str | None = None
    retried: bool = False
    """Whether another execution is due."""
    kept: KeptObjects | None = None
    """A pack of its commits."""
    based_on: str | None = None
    """The commit that it started from, when that is not the one of all others."""


class ItemLanded(Record):
    event: Literal["item_landed"] = "item_landed"
    item_id: int
    commit: str
    how: LandedHow = "merge"


class ItemConflicted(Record):
    event: Literal["item_conflicted"] = "item_conflicted"
    item_id: int
    files: list[str]
    with_items: list[int]
    patch: str | None = None
    rerun: bool = False
    """Whether the item is to be executed again, on top of what landed, after all others."""


class ItemLandingFailed(Record):
    """Git could not merge the item for a reason that is no conflict; the item counts as failed."""

    event: Literal["item_landing_failed"] = "item_landing_failed"
    item_id: int
    error: ErrorRecord
    patch: str | None = None


class ItemNotRun(Record):
    event: Literal["item_not_run"] = "item_not_run"
    item_id: int
    reason: str


class HeadKept(Record):
    """What the run has come to, about to be published: from here on it may be found in the user's repository."""

    event: Literal["head_kept"] = "head_kept"
    head_sha: str
    kept: KeptObjects | None = None


class Published(Record):
    event: Literal["published"] = "published"
    head_sha: str
    branch: str | None
    checkout: bool
    reason: str | None = None


class RunFinished(Record):
    event: Literal["run_finished"] = "run_finished"
    result: Literal["success", "partial", "failure", "cancelled", "internal"]
    exit_code: int
    message: str | None = None


Event: TypeAlias = (
    RunStarted
    | PhaseStarted
    | PhaseFinished
    | StartKept
    | Planned
    | AgentStarted
    | AgentFinished
    | ItemLanded
    | ItemConflicted
    | ItemLandingFailed
    | ItemNotRun
    | HeadKept
    | Published
    | RunFinished
)
AnyEvent: TypeAlias = Annotated[Event, Field(discriminator="event")]
