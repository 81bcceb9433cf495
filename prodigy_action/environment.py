"""Ports and environments: what effects may ask of the world, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

import anyio

from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.events import Event, KeptObjects, StartKept
from prodigy_action.model.git import (
    CommitRequest,
    Conflicted,
    GitChanges,
    Landed,
    Publication,
    Submission,
    Worktree,
)
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Interpreter, Phase, Retry, Step, Workflow
from prodigy_action.pure.error_policy import Admitted, Refused
from prodigy_action.pure.json_path import JsonPath
from prodigy_action.pure.work_planning import MapConfig


class RunRepository(Protocol):
    """The run's private repository as the phases need it. `parent` and `worktrees` exist from `prepare_pool` on."""

    @property
    def parent_worktree(self) -> Worktree:
        """Where setup, reduce and merge steps run; its base is the checkout's HEAD."""
        ...

    @property
    def parent(self) -> ParentBranch: ...
    @property
    def worktrees(self) -> Worktrees: ...
    async def bring_carried(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """Copy what `map.carry` selects in the checkout to the parent worktree; the paths."""
        ...

    async def commit_setup_changes(self) -> str | None:
        """Commit the tracked files that setup modified; the commit, or None."""
        ...

    async def prepare_pool(self, size: int, carry: Sequence[str]) -> Worktree:
        """Fix the commit that every agent starts from (the base of the worktree returned), and the pool's size."""
        ...

    async def start_from_landed(self) -> Worktree:
        """Let further agents start from what has landed so far (the base of the worktree returned)."""
        ...

    async def advance(self) -> str:
        """Bring the parent worktree to the merged head, and return that."""
        ...

    async def result_head(self) -> str:
        """What the run has come to so far: what landed, and after that what later phases committed."""
        ...

    @property
    def brought_digest(self) -> str:
        """The files that `bring_carried` copied, as a digest; empty for none."""
        ...

    async def keep_start(self) -> StartKept:
        """Put on disk, beyond the run, what setup came to; after `prepare_pool`."""
        ...

    async def restore_start(self, start: StartKept) -> None:
        """Bring the parent worktree to where setup left it in an earlier attempt. Raises `JournalCorrupt`."""
        ...

    async def adopt_start(self, start: str) -> bool:
        """Take an earlier attempt's commit for the parent worktree's, when their files are the same; whether so."""
        ...

    async def land_on(self, head: str, landed: Mapping[int, str]) -> None:
        """Land on this head, which holds the `landed` items (by id: their last commit); after `prepare_pool`."""
        ...

    async def check_out(self, head: str) -> None:
        """Bring the parent worktree to a commit that an earlier attempt came to."""
        ...

    async def keep_head(self, head: str) -> KeptObjects | None:
        """Put on disk, beyond the run, what it has come to."""
        ...

    async def publish(self, head: str, *, move_checkout: bool) -> Publication:
        """Give `head` to the user's repository; with `move_checkout` false only the branch is written."""
        ...


class ItemReader(Protocol):
    """Reads the map's input. Raises `InvalidInput` for items that cannot be read."""

    async def read(
        self,
        worktree: str,
        text: str,
        json_path: JsonPath | None,
        environ: Mapping[str, str],
        command: Callable[[], str],
    ) -> list[JsonValue]:
        """The items of the file that `text` names (in the worktree, then in the checkout), or those that the shell
        text of `command` prints.
        """
        ...


class Clock(Protocol):
    """Time as a parameter: UTC wall time for records, monotonic seconds for durations."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class LogSink(Protocol):
    """Takes the combined output of commands, chunk by chunk."""

    def write(self, chunk: bytes) -> None: ...


class EventLog(Protocol):
    """The structured log: past-tense events with fields."""

    def debug(self, event: str, **fields: object) -> None: ...
    def info(self, event: str, **fields: object) -> None: ...
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, **fields: object) -> None: ...


class CommandRunner(Protocol):
    """Runs one program in a process session of its own and ends its whole tree."""

    async def run(self, spec: CommandSpec, log: LogSink) -> CompletedCommand: ...


class Journal(Protocol):
    """The append-only record of the run; `append` returns when the record is on disk."""

    async def append(self, event: Event) -> None: ...


class Worktrees(Protocol):
    """Isolated worktrees for agents. Raises `WorktreeUnusable` when only that agent is hurt."""

    async def create_worktree(self, name: str) -> Worktree: ...
    async def collect(self, worktree: Worktree, item_id: int) -> Submission:
        """Scan once and keep the agent's commits safe under the item's ref."""
        ...

    async def patch(self, worktree: Worktree) -> bytes:
        """Everything that differs from the base, committed or not, as a binary-safe patch; empty for nothing."""
        ...

    async def give_back(self, worktree: Worktree) -> None:
        """Bring the worktree back to its base, or replace it."""
        ...


class ParentBranch(Protocol):
    """The branch agents start from and merge into, in the object database."""

    @property
    def head(self) -> str:
        """What has landed so far."""
        ...

    async def land(self, item_id: int, submission: Submission, message: str) -> Landed | Conflicted: ...
    async def rebase(self, item_id: int, submission: Submission, message: str) -> Landed | None:
        """Cherry-pick an item that conflicts onto the head, with more regard for context; None when that fails too."""
        ...

    async def patch_of(self, submission: Submission) -> bytes:
        """The patch of an item's commits against the base, for an item that conflicted."""
        ...


class GitState(Protocol):
    """Questions and commits of one worktree, in any phase."""

    async def head(self, path: str) -> str: ...
    async def changes(self, path: str, since: str) -> GitChanges: ...
    async def messages(self, path: str, since: str) -> tuple[str, ...]:
        """The messages of the commits since that one, oldest first."""
        ...

    async def patch(self, path: str, since: str) -> bytes:
        """What `changes` tells, as a binary-safe patch."""
        ...

    async def commit(self, path: str, request: CommitRequest) -> str | None:
        """Commit what changed; None when nothing did."""
        ...


class WorktreeFiles(Protocol):
    """Files inside one worktree; a path that leaves it (also through a symlink) is a `ValueError`."""

    async def write(self, root: str, path: str, content: bytes, *, mode: int | None, create_dirs: bool) -> None: ...
    def check_yaml(self, content: bytes) -> None:
        """Raise `ValueError` when `content` is no YAML document."""
        ...

    async def read(self, root: str, path: str) -> bytes: ...
    async def links(self, root: str) -> frozenset[str]:
        """The symbolic links of the worktree and the files with several names, as paths relative to it."""
        ...

    async def directory(self, root: str, path: str) -> str:
        """The absolute path of an existing directory inside the worktree."""
        ...


class Scratch(Protocol):
    """Files of our own, outside every worktree: scripts, values, item documents."""

    def reserve(self) -> str:
        """The absolute path of a directory that nobody else uses until it is discarded; `save` makes it."""
        ...

    async def save(self, directory: str, files: Mapping[str, bytes], *, worktree: str) -> None:
        """Write `files`, and nothing else, into the reserved directory.

        They can be read only by ourselves and the commands of `worktree`.
        """
        ...

    async def discard(self, directory: str) -> None: ...


class ResultFiles(Protocol):
    """The files of the results directory that grow while the run goes on; paths returned are relative to it."""

    def open_log(self, name: str) -> RunLog: ...
    async def write_patch(self, name: str, patch: bytes) -> str: ...
    async def remove_patch(self, name: str) -> None:
        """Remove a patch that an earlier execution left, if there is one."""
        ...


class RunLog(LogSink, Protocol):
    """One log file."""

    @property
    def path(self) -> str: ...
    @property
    def tail(self) -> str:
        """The end of what was written, about as long as a command's tail."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettings:
    """Plain configuration that every step sees."""

    agent_command: tuple[str, ...]
    interpreter: Interpreter
    environ: Mapping[str, str]
    """The environment of commands before a step's own `env`."""
    fixed: frozenset[str] = frozenset()
    """Names of variables that win over those of a step's `env`: parameters and secrets."""
    captured: frozenset[str] = frozenset()
    """Every name that some step of the workflow captures."""
    grace_seconds: float = 1.0


class StepPorts(Protocol):
    """What running a list of steps needs, in every phase."""

    @property
    def executor(self) -> CommandRunner: ...
    @property
    def git(self) -> GitState: ...
    @property
    def files(self) -> WorktreeFiles: ...
    @property
    def scratch(self) -> Scratch: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def log(self) -> EventLog: ...
    @property
    def step_settings(self) -> StepSettings: ...


class MergeLane(Protocol):
    """Lands what agents hand in, in item order."""

    async def settle(self, item_id: int, submission: Submission | None, number: int = 1) -> None:
        """Decide an item (None: it has nothing to land) by its execution `number`, and land what is next in order."""
        ...

    async def drain(self) -> tuple[tuple[int, int], ...]:
        """Treat every undecided item as having nothing to land, and land the rest.

        Returns the conflicting items that are to be executed again, in item order, each with its next execution's
        number.
        """
        ...


class AdmissionGate(Protocol):
    """Counts failures, holds items back and closes when the error policy says so."""

    @property
    def stop_reason(self) -> str | None: ...
    @property
    def ends_running(self) -> bool:
        """Whether the agents that were running when the gate closed are ended."""
        ...

    async def admit(self) -> Admitted | Refused:
        """Whether the next item may start; waits while the circuit breaker holds items back."""
        ...

    def running(self) -> AbstractContextManager[anyio.CancelScope]:
        """A scope for the work of one agent, cancelled when running agents are to end."""
        ...

    def record_finished(self, *, failed: bool, epoch: int = 0, stop: str | None = None) -> None:
        """Count an item that ended, admitted in `epoch`; `stop` closes the gate for that reason."""
        ...

    def record_unlanded(self) -> None:
        """Count one item that ended well and whose commits could not land."""
        ...

    def halt(self, reason: str) -> None:
        """Close the gate and end the running agents, whatever the policy says."""
        ...


class Failures(Protocol):
    """Tells failed items in the log, in the rhythm that the error policy asks for."""

    def tell(self, item_id: int, state: str, problem: str) -> None: ...
    def finish(self) -> None:
        """Tell what is left."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLimits:
    """Limits of one agent, in seconds."""

    agent_timeout_seconds: float | None = None
    command_timeouts: Mapping[str, float] = field(default_factory=dict)
    timeout_action: str = "dlq"
    run_deadline: float | None = None
    """Monotonic seconds at which the whole run is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEnv:
    """The environment of the map phase: one value shared by all agents."""

    config: MapConfig
    worktree_manager: Worktrees
    lane: MergeLane
    gate: AdmissionGate
    failures: Failures
    agent_template: tuple[Step, ...]
    storage: Journal
    results: ResultFiles
    executor: CommandRunner
    git: GitState
    files: WorktreeFiles
    scratch: Scratch
    clock: Clock
    log: EventLog
    step_settings: StepSettings
    variables: Mapping[str, JsonValue]
    total: int
    max_parallel: int
    limits: AgentLimits = AgentLimits()
    retry_defaults: Retry | None = None
    commit: Literal["required", "auto", "as-made"] = "as-made"
    on_item_failure: str = "dlq"
    item_retry: Retry | None = None
    """How often a failed item is executed again; None: never."""
    failure_handler: tuple[Step, ...] = ()
    """Steps that run in the worktree of an item that failed for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEnv:
    """The environment of setup, reduce and merge: the parent worktree and what earlier phases captured."""

    config: Phase
    worktree: Worktree
    storage: Journal
    results: ResultFiles
    executor: CommandRunner
    git: GitState
    files: WorktreeFiles
    scratch: Scratch
    clock: Clock
    log: EventLog
    step_settings: StepSettings
    variables: Mapping[str, JsonValue]
    retry_defaults: Retry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnv:
    """The environment of a whole run; phases get smaller ones made from it."""

    workflow: Workflow
    run_id: str
    repository: RunRepository
    items: ItemReader
    storage: Journal
    results: ResultFiles
    executor: CommandRunner
    git: GitState
    files: WorktreeFiles
    scratch: Scratch
    clock: Clock
    log: EventLog
    step_settings: StepSettings
    variables: Mapping[str, JsonValue]
    max_parallel: int
    map_config: MapConfig
    limits: AgentLimits
    only: tuple[str, ...] = ()
    target_branch: str | None = None
    """The branch that the checkout is on; None when its HEAD is detached."""
    settle_map: Callable[[Mapping[str, JsonValue]], RunEnv] | None = None
    """The environment with the numbers of the map that wait for what setup captured; None when none does."""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """What decides what the run does, as digests."""
    map_summary: Callable[[], dict[str, JsonValue]]
    """`${map.*}` of what has been recorded so far."""
