"""The records of the journal: the single source of results, accounting and resume."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.run_inputs import RunInputs

FinishedState: TypeAlias = Literal["succeeded", "unchanged", "skipped", "failed", "timed_out", "cancelled"]
JobPhase: TypeAlias = Literal["all", "setup", "map", "reduce"]
"""The part of a run that one job does."""
PhaseName: TypeAlias = Literal["setup", "map", "land", "reduce", "merge"]
LandedHow: TypeAlias = Literal["merge", "rebase", "rerun"]
PublishedPart: TypeAlias = Literal["bundle", "branch", "checkout", "refs"]
RUN_TIMED_OUT = "run_timed_out"
"""The kind of error of an item that the limit of the run cut off."""
PhaseState: TypeAlias = Literal["succeeded", "failed", "skipped", "cancelled"]


class Record(BaseModel):
    """Base of all records; `at` is the time in UTC, ISO 8601, which the journal fills in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str = ""


class StepTry(BaseModel):
    """One execution of a step that was executed more than once."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_serialization_defaults_required=True,
    )

    number: int
    """From 1."""
    exit_code: int
    """The exit code of the execution."""
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
    name: str = ""
    """Its `name` or `id`, else the first line of its command in the workflow; empty in records of earlier versions."""
    kind: str
    """`shell`, `claude`, `write_file`, `foreach` or `validate`."""
    command: str
    """The command with its values, secrets masked, safe to paste into a shell: values that are no plain words stand
    before it as assignments. For other kinds of steps, what it acted on.
    """
    exit_code: int | None = None
    """The exit code of the step; null when it did not run."""
    seconds: float = 0.0
    """How long it took, with its handlers and further executions."""
    captured: dict[str, Any] = Field(default_factory=dict)
    """The variables that it captured."""
    skipped: str | None = None
    """Why the step did not run."""
    recovered: str | None = None
    """Why it failed, when its handler succeeded and the run continued."""
    tolerated: str | None = None
    """Why it failed, when nothing repaired it and the run continued."""
    tolerated_inside: list[str] = Field(default_factory=list)
    """Which steps inside it (of a loop, a sub-workflow, a handler, a validation) failed and were tolerated, and why."""
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
    """The exit code of its command."""
    output_tail: str = ""
    """The last part of what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class KeptObjects:
    """Bytes of a file below the results directory; they are on disk before the record that names them is written."""

    file: Annotated[str, Field(pattern=r"^state/[A-Za-z0-9][A-Za-z0-9.-]*$")]
    offset: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=0)]


class MadeRef(BaseModel):
    """A branch, a tag or a stash that steps made, besides what lands."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)

    name: str
    """Its full name where it was made, such as `refs/tags/v1`; older stashes are `refs/stash@{1}` and so on."""
    object_id: str
    """The commit, or the object of an annotated tag."""
    kept_as: str | None = None
    """Its full name in `commits.bundle` (for items), or in the repository of the checkout; null when it is lost, and
    when it could not be published (`missing` has `refs`).
    """
    reason: str | None = None
    """Why it is lost, or not published."""


class KeptRef(MadeRef):
    """The same in the journal, with a pack of its objects."""

    kept: KeptObjects | None = None

    def shown(self) -> MadeRef:
        """What reports say of it."""
        return MadeRef(name=self.name, object_id=self.object_id, kept_as=self.kept_as, reason=self.reason)


class ShardRecord(BaseModel):
    """Which shard a job executes, from 0, and how many there are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int = Field(ge=0)
    total: int = Field(ge=1)


class RunStarted(Record):
    """The start of a run, or of a further attempt at it.

    `fingerprints` are digests, by name, of everything that decides what the run does: parts of the workflow,
    parameters. `shard` stands with the phase `map` alone.
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
    fingerprints: dict[str, str] = Field(default_factory=dict)
    phase: JobPhase = "all"
    shard: ShardRecord | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_older_records(cls, record: Any) -> Any:
        """Journals up to version 0.1.0 hold a field `settings`, which was always empty."""
        if isinstance(record, dict) and "settings" in record:
            return {name: value for name, value in record.items() if name != "settings"}
        return record


class InputsGiven(Record):
    """The inputs with which an item of the run can be executed once more, recorded when all secrets are known."""

    event: Literal["inputs_given"] = "inputs_given"
    given: RunInputs
    image: str | None = None
    """The image of the container that the run is in, empty when it is not known; None outside of a container."""


class PhaseStarted(Record):
    event: Literal["phase_started"] = "phase_started"
    phase: PhaseName


class PhaseFinished(Record):
    """The end of a phase. `variables` are what it captured for later phases, `head` is the parent branch at its end."""

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
    agent: AgentUsage | None = None
    withheld: list[str] = Field(default_factory=list)
    """Variables whose values are masked here; a further attempt cannot use these values."""


class StartKept(Record):
    """The result of setup: the commit that every agent starts from, and the untracked files that every agent gets.

    `kept` is a pack of the commits that setup made, `carried` an archive of files that the checkout does not have.
    `inputs` are digests of the files that setup depended on. `worktree` is where setup ran: files that it made may name
    that path.
    """

    event: Literal["start_kept"] = "start_kept"
    start_sha: str
    kept: KeptObjects | None = None
    carried: KeptObjects | None = None
    inputs: dict[str, str] = Field(default_factory=dict)
    worktree: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class PlannedItem:
    """One assignment of the plan. There is one for every item until the run ends: it is no larger than its values."""

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
    seconds: dict[int, float] = Field(default_factory=dict)
    """How long items took in an earlier run, by id: these durations balance the shards."""
    whole: int | None = None
    """In the journal of a shard: how many items the plan of all shards has."""
    plan: str | None = None
    """In the journal of a shard: the digest of that plan."""


class AgentStarted(Record):
    event: Literal["agent_started"] = "agent_started"
    item_id: int
    number: int = 1
    """Which execution of the item it is, from 1."""


class AgentFinished(Record):
    """The end of one execution. `succeeded` means that it made commits; a later record says whether they landed."""

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
    """What its steps printed to standard output, in their order; the end when it is long."""
    output_truncated: bool = False
    """Whether the beginning of `output` is missing."""
    error: ErrorRecord | None = None
    log: str | None = None
    patch: str | None = None
    retried: bool = False
    """Whether another execution is due."""
    kept: KeptObjects | None = None
    """A pack of its commits."""
    based_on: str | None = None
    """The commit that it started from, when it is not the one that all other agents started from."""
    refs: list[KeptRef] = Field(default_factory=list)
    """Branches, tags and stashes that it made, and which do not land."""
    agent: AgentUsage | None = None
    pulled: list[str] = Field(default_factory=list)
    """Those of its commits that others made."""


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
    """Git could not merge the item, for a reason other than a conflict; the item counts as failed."""

    event: Literal["item_landing_failed"] = "item_landing_failed"
    item_id: int
    error: ErrorRecord
    patch: str | None = None


class ItemNotRun(Record):
    event: Literal["item_not_run"] = "item_not_run"
    item_id: int
    reason: str


class HeadKept(Record):
    """The result commit that is about to be published; from this record on, the user's repository may contain it."""

    event: Literal["head_kept"] = "head_kept"
    head_sha: str
    kept: KeptObjects | None = None
    refs: list[MadeRef] = Field(default_factory=list)
    """What the steps of setup, reduce and merge made besides, also in earlier attempts, under the names that they have
    in `commits.bundle`."""


class Published(Record):
    event: Literal["published"] = "published"
    head_sha: str
    branch: str | None
    checkout: bool
    reason: str | None = None
    """Why the checkout was left alone."""
    final: bool = True
    """Whether every phase had ended well; if not, only the branch was wanted, and a resume goes on."""
    refs: list[MadeRef] = Field(default_factory=list)
    """Branches, tags and stashes that the steps of setup, reduce and merge made."""
    missing: list[PublishedPart] = Field(default_factory=list)
    """The parts that could not be written; a resume completes them."""
    failure: str | None = None
    """Why that failed."""


class RunFinished(Record):
    event: Literal["run_finished"] = "run_finished"
    result: Literal["success", "partial", "failure", "cancelled", "internal"]
    exit_code: int
    message: str | None = None


Event: TypeAlias = (
    RunStarted
    | InputsGiven
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
