"""The results of a run: the content of results.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, GetPydanticSchema

from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.events import (
    ErrorRecord,
    JobPhase,
    LandedHow,
    MadeRef,
    PhaseState,
    PublishedPart,
    ShardRecord,
    StepRecord,
)
from prodigy_action.model.item_parts import Attempt, Conflict, ItemState, Result
from prodigy_action.model.item_view import ExecutionView, ItemView, listed_items, tolerates

SCHEMA_VERSION: Literal[1] = 1

RunVerdict: TypeAlias = Literal["success", "partial", "failure", "cancelled", "internal"]


class WorkflowIdentity(Result):
    """Which workflow was run."""

    name: str
    """The `name` of the workflow."""
    path: str
    """The file, as it was named for the run."""
    sha256: str
    """Digest of the file's bytes, in hexadecimal."""


class Counts(Result):
    """How many items ended in each state; `planned` is the sum of all but `selected_out`."""

    planned: int = 0
    """Items that the plan assigned."""
    succeeded: int = 0
    """Items whose commits landed."""
    unchanged: int = 0
    """Items that succeeded and changed nothing."""
    skipped: int = 0
    """Items that were skipped on purpose."""
    failed: int = 0
    """Items whose step failed, or whose commits could not be landed for a reason other than a conflict."""
    timed_out: int = 0
    """Items that exceeded a time limit."""
    conflicted: int = 0
    """Items whose commits do not merge with those of earlier items."""
    cancelled: int = 0
    """Items that ended because the run ended."""
    not_run: int = 0
    """Items that never started."""
    selected_out: int = 0
    """Items that filter, distinct or paging removed."""


class PhaseResult(Result):
    """How a phase went."""

    state: PhaseState
    """How it ended."""
    started_at: str | None = None
    """UTC, ISO 8601."""
    seconds: float
    """How long it took."""
    batches: list[list[int]] | None = None
    """Steps that ran side by side, by position."""
    max_parallel: int | None = None
    """Agents at once (map)."""
    busy_seconds: float | None = None
    """Sum of the agents' times (map)."""
    efficiency: float | None = None
    """Busy seconds divided by the seconds that the used slots were available, 0 to 1 (map)."""
    steps: list[StepRecord] = Field(default_factory=list)
    """The steps that were executed or skipped, in order."""
    error: ErrorRecord | None = None
    """Why it failed."""
    log: str | None = None
    """Path in the results directory."""
    agent: AgentUsage | None = None
    """The calls of the agent program in its steps; those of items are in the items."""


class ItemResult(Result):
    """How one planned item ended."""

    id: int
    """Position in the plan, from 0."""
    key: str
    """Identity across attempts."""
    item: Any
    """The item itself."""
    state: ItemState
    """The one state it ended in."""
    reason: str | None = None
    """Why it was skipped, cancelled or not run, or what of it did not land."""
    seconds: float = 0.0
    """Time of all its executions together."""
    attempts: list[Attempt] = Field(default_factory=list)
    """Its executions, in order."""
    commits: list[str] = Field(default_factory=list)
    """The commits it made, oldest first; they landed only when the state is `succeeded`."""
    landed_by: LandedHow | None = None
    """How its commits landed: merged as they were, rebased onto what landed before, or made anew on top of it."""
    files_changed: list[str] = Field(default_factory=list)
    """Paths that its commits changed."""
    uncommitted: list[str] = Field(default_factory=list)
    """Paths that it changed and did not commit, at most 100; these changes did not land, and are in `patch`."""
    steps: list[StepRecord] = Field(default_factory=list)
    """Steps of the last execution, in order."""
    refs: list[MadeRef] = Field(default_factory=list)
    """Branches, tags and stashes that it made, which do not land."""
    error: ErrorRecord | None = None
    """Why it failed."""
    conflict: Conflict | None = None
    """Why its commits do not merge."""
    log: str | None = None
    """Path in the results directory."""
    patch: str | None = None
    """Path in the results directory: what it had changed that did not land."""
    agent: AgentUsage | None = None
    """The calls of the agent program in all its executions."""
    reproduce: str | None = None
    """The command that executes it once more on any machine with the repository; null unless it failed."""

    @property
    def tolerates(self) -> bool:
        """Whether a step failed and the run continued."""
        return any(tolerates(step) for step in self.steps)

    @property
    def executions(self) -> Sequence[ExecutionView]:
        """`attempts`, whichever way they are kept."""
        return self.attempts

    @property
    def changed(self) -> int:
        """How many paths its commits changed."""
        return len(self.files_changed)

    def whole(self) -> ItemResult:
        """The item itself: it has all its fields."""
        return self

    def content(self) -> dict[str, Any]:
        """The item as JSON values: every field, in order."""
        return self.model_dump()


class RunResult(Result):
    """The whole run."""

    schema_version: Literal[1] = SCHEMA_VERSION
    """Changes when a reader of the earlier version would misunderstand."""
    tool_version: str = ""
    """The version of prodigy-action that wrote this."""
    run_id: str
    """Identifies the run across attempts."""
    attempt: int = 1
    """From 1; a resumed run counts on."""
    result: RunVerdict
    """The verdict."""
    exit_code: int
    """The exit code of the program."""
    message: str | None = None
    """Why the run failed, in one sentence."""
    workflow: WorkflowIdentity
    """Which workflow was run."""
    base_sha: str
    """The commit that the run started from."""
    head_sha: str
    """The last commit of the run; `base_sha` when nothing landed."""
    branch: str | None = None
    """The branch that holds what landed; null when nothing did."""
    checkout_updated: bool = False
    """Whether the checkout was fast-forwarded to `head_sha`."""
    checkout_reason: str | None = None
    """Why it was not."""
    refs: list[MadeRef] = Field(default_factory=list)
    """Branches, tags and stashes that the steps of setup, reduce and merge made, and where they are."""
    missing: list[PublishedPart] = Field(default_factory=list)
    """The parts of the result that could not be written; `resume-from` completes them, and no item runs again."""
    missing_reason: str | None = None
    """Why they could not be written."""
    phase: JobPhase = "all"
    """What of the run the job did: `setup` planned it, `map` executed one shard, `reduce` collected all shards."""
    shard: ShardRecord | None = None
    """Which shard the job executed; null unless `phase` is `map`."""
    image: str | None = None
    """The image of the container that the run was in, empty when it is not known; null outside of a container."""
    started_at: str
    """UTC, ISO 8601."""
    seconds: float = 0.0
    """How long the run took."""
    counts: Counts
    """How many items ended in each state."""
    agent: AgentUsage | None = None
    """The calls of the agent program in the whole run, as far as they reported a result in JSON."""
    resume: str | None = None
    """The command that executes what failed or did not end, where this run was started; null when nothing is left."""
    phases: dict[Literal["setup", "map", "land", "reduce", "merge"], PhaseResult]
    """The phases that began, in order; `land` is the merging of the items, `merge` the workflow's merge steps."""
    items: Annotated[Sequence[ItemView], GetPydanticSchema(lambda _, handler: listed_items(handler(list[ItemResult])))]
    """Every planned item, in item order."""
