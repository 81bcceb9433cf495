"""The environments of effects: ports and plain configuration, frozen."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Literal, Protocol, TypedDict

from prodigy_action.dataclass import dataclass
from prodigy_action.environment.git_ports import GitState, RunRepository, WorktreeFiles, Worktrees
from prodigy_action.environment.map_ports import Activity, AdmissionGate, AgentLimits, Failures, MergeQueue
from prodigy_action.environment.run_ports import (
    Clock,
    CommandRunner,
    EventLog,
    ItemReader,
    Journal,
    ResultFiles,
    Scratch,
    ShellParser,
)
from prodigy_action.model.assignment import Selection
from prodigy_action.model.git import Worktree
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Interpreter, Phase, Retry, Step, Workflow
from prodigy_action.pure.item_titles import ItemTitles
from prodigy_action.pure.items.nothing_selected import SelectionWarning
from prodigy_action.pure.steps.run_variables import RunVariables
from prodigy_action.pure.work_planning import MapConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettings:
    """Configuration that every step gets."""

    agent_command: tuple[str, ...]
    interpreter: Interpreter
    environ: Mapping[str, str]
    """The environment of commands, before a step's own `env`."""
    fixed: frozenset[str] = frozenset()
    """Names of variables that a step's `env` cannot change: parameters and secrets."""
    given: frozenset[str] = frozenset()
    """Names of `environ` whose values come from parameters."""
    captured: frozenset[str] = frozenset()
    """Every name that a step of the workflow captures."""
    mentioned_ids: frozenset[str] = frozenset()
    """The ids of steps whose results a text of the workflow mentions."""
    grace_seconds: float = 1.0
    paths_in: Callable[[str], Mapping[str, str]] = lambda _: {}
    """The variables that hold paths of the parent worktree, with the same paths in another worktree."""
    missing_agent_program: Callable[[], str | None] = lambda: None
    """Why the agent program cannot be run; None when it can."""
    missing_interpreter: Callable[[Interpreter], str | None] = lambda _: None
    """Why that shell cannot be run; None when it can."""
    git_configuration: Callable[[], bytes] | None = None
    """Git's global configuration, of which each item gets a copy; None: items share it."""
    directory: str = "."
    """Where steps start, relative to the worktree; the relative paths of steps count from it."""

    def in_worktree(self, path: str) -> str:
        """A path of a step, relative to the worktree."""
        return path if self.directory == "." else posixpath.normpath(posixpath.join(self.directory, path))


class StepPorts(Protocol):
    """The ports for running a list of steps, in every phase."""

    @property
    def executor(self) -> CommandRunner: ...
    @property
    def git(self) -> GitState: ...
    @property
    def files(self) -> WorktreeFiles: ...
    @property
    def scratch(self) -> Scratch: ...
    @property
    def shell(self) -> ShellParser: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def log(self) -> EventLog: ...
    @property
    def step_settings(self) -> StepSettings: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonEnv:
    """The members that every phase and the whole run have in common."""

    storage: Journal
    results: ResultFiles
    executor: CommandRunner
    git: GitState
    files: WorktreeFiles
    scratch: Scratch
    shell: ShellParser
    clock: Clock
    log: EventLog
    step_settings: StepSettings
    variables: Mapping[str, JsonValue]
    without_cut_secret: Callable[[str], str] = str
    """Removes the piece of a secret at the end of a text that was cut off there."""

    def common(self, variables: Mapping[str, JsonValue]) -> CommonFields:
        """What another environment takes over, with these variables besides."""
        return {
            "storage": self.storage,
            "results": self.results,
            "executor": self.executor,
            "git": self.git,
            "files": self.files,
            "scratch": self.scratch,
            "shell": self.shell,
            "without_cut_secret": self.without_cut_secret,
            "clock": self.clock,
            "log": self.log,
            "step_settings": self.step_settings,
            "variables": {**self.variables, **variables},
        }


class CommonFields(TypedDict):
    """The fields of `CommonEnv`, as arguments."""

    storage: Journal
    results: ResultFiles
    executor: CommandRunner
    git: GitState
    files: WorktreeFiles
    scratch: Scratch
    shell: ShellParser
    without_cut_secret: Callable[[str], str]
    clock: Clock
    log: EventLog
    step_settings: StepSettings
    variables: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEnv(CommonEnv):
    """The environment of the map phase; all agents share it."""

    worktree_manager: Worktrees
    titles: ItemTitles = field(default_factory=ItemTitles)
    merge_queue: MergeQueue
    gate: AdmissionGate
    failures: Failures
    activity: Activity | None = None
    """None where nobody watches."""
    agent_template: tuple[Step, ...]
    total: int
    max_parallel: int
    limits: AgentLimits = field(default_factory=AgentLimits)
    retry_defaults: Retry | None = None
    commit: Literal["required", "auto", "as-made"] = "as-made"
    on_item_failure: str = "dlq"
    item_retry: Retry | None = None
    """How often a failed item is executed again; None: never."""
    failure_handler: tuple[Step, ...] = ()
    """Steps that run in the worktree of an item that failed for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEnv(CommonEnv):
    """The environment of setup, reduce and merge: the parent worktree and the captures of earlier phases."""

    config: Phase
    worktree: Worktree
    retry_defaults: Retry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnv(CommonEnv):
    """The environment of a whole run; the environments of phases are made from it."""

    workflow: Workflow
    run_id: str
    repository: RunRepository
    items: ItemReader
    max_parallel: int
    map_config: MapConfig
    initial: RunVariables
    """The variables that are known before setup."""
    limits: AgentLimits
    activity: Activity | None = None
    only: tuple[str, ...] = ()
    results_dir: str = "prodigy-results"
    """The results directory, as the user names it."""
    recorded_seconds: Mapping[str, float] = field(default_factory=dict)
    """Key → seconds of items in an earlier run."""
    masked: Callable[[str], str] = str
    """Removes the secrets of the run from a text."""
    target_branch: str | None = None
    """The branch that the checkout is on; None when its HEAD is detached."""
    resolve_map: Callable[[Mapping[str, JsonValue]], RunEnv] | None = None
    """The environment with those numbers of the map that depend on captures of setup; None when no number does."""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Digests of everything that decides what the run does."""
    warn_of_selection: Callable[[SelectionWarning], None]
    """Warns the user that no item is left to run, and names the setting that is the reason."""
    inspect_items: Callable[[Sequence[JsonValue], Selection], None] = lambda read, chosen: None
    """Warns of fields that the items do not have: of the items that were read, and of those that were chosen."""
    map_summary: Callable[[], dict[str, JsonValue]]
    """`${map.*}` of what has been recorded so far."""

    def with_map_resolved(self, variables: Mapping[str, JsonValue]) -> RunEnv:
        """This environment with all numbers of the map, once the captures of setup are known."""
        return self if self.resolve_map is None else self.resolve_map(variables)
