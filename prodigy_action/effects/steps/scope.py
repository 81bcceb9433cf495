"""The scope that a list of steps runs in, and the result of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Protocol, TypedDict

from prodigy_action.dataclass import dataclass
from prodigy_action.effects.steps.turns import Turn
from prodigy_action.environment import RunLog, StepPorts
from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.command import TAIL_BYTES, CompletedCommand
from prodigy_action.model.events import StepRecord, StepTry
from prodigy_action.model.git import Worktree
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Retry, Step
from prodigy_action.pure.steps.printed_output import PrintedOutput
from prodigy_action.pure.steps.step_titles import step_title
from prodigy_action.pure.text.cutting import cut_start


@dataclass(frozen=True, slots=True, kw_only=True)
class StepScope:
    """The context of a list of steps: its directory, its variables, its log.

    `records` collects the records of steps, in the order in which steps ended. `${workflow.*}` counts from the commit
    `start`, `${step.*}` from `previous`.
    """

    label: str
    worktree: Worktree
    variables: Mapping[str, JsonValue]
    environ: Mapping[str, str]
    log: RunLog
    start: str
    previous: str
    command_timeouts: Mapping[str, float] = field(default_factory=dict)
    retry_defaults: Retry | None = None
    records: list[StepRecord] = field(default_factory=list)
    printed: PrintedOutput = field(default_factory=PrintedOutput)
    """What the steps print."""
    given: frozenset[str] = frozenset()
    """Variables of `environ` whose values come from an item, a capture or a parameter."""
    directory: str = "."
    """The directory of steps without a `working_dir`, relative to the worktree."""
    usages: list[AgentUsage] = field(default_factory=list)
    """What the calls of the agent program took, those of nested steps too."""
    in_phase: bool = False
    """Whether the steps are those of setup, reduce or merge, and not of an item."""
    within: str = ""
    """Where the steps stand in the step that they are written in; empty for the steps of a phase or of an item."""
    tolerated: list[str] = field(default_factory=list)
    """The failures that were tolerated inside the step that the steps are written in, in their order."""
    turn: Turn | None = None
    """The turn of the element of a parallel `foreach`."""

    def with_variables(self, updates: Mapping[str, JsonValue], *, previous: str | None = None) -> StepScope:
        """The same scope with further variables; `previous` is its new commit, if it has another one."""
        start = self.previous if previous is None else previous
        if not updates and start == self.previous:
            return self
        return replace(self, variables={**self.variables, **updates}, previous=start)

    def nested(self, label: str, updates: Mapping[str, JsonValue], *, previous: str | None = None) -> StepScope:
        """The scope of a handler's or a loop's steps, which are not recorded one by one."""
        scope = self.with_variables(updates)
        return replace(
            scope,
            label=f"{self.label}, {label}",
            within=label,
            previous=previous or self.previous,
            records=[],
            printed=PrintedOutput(),
        )


def exported_variables(env: StepPorts, scope: StepScope) -> dict[str, str]:
    """The environment that the commands of the scope get."""
    return {**env.step_settings.environ, **scope.environ}


class Streams(TypedDict):
    """The streams and the end of an execution, under the names that the rules for variables use."""

    stdout: str
    stderr: str
    exit_code: int
    succeeded: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution of a step. `problem` is the reason of its failure; None: it succeeded."""

    command: str
    completed: CompletedCommand
    stdout: str = ""
    stderr: str = ""
    problem: str | None = None
    kind: str = "step_failed"
    updates: Mapping[str, JsonValue] = field(default_factory=dict)
    captured: Mapping[str, JsonValue] | None = None
    """The value that `capture` read from the output; None before."""
    tries: tuple[StepTry, ...] = ()
    """All executions of the step, when there was more than one."""

    @property
    def succeeded(self) -> bool:
        """Whether the step succeeded."""
        return self.problem is None

    @property
    def streams(self) -> Streams:
        """The arguments of the rules for variables."""
        done = self.completed
        return {
            "stdout": self.stdout,
            "stderr": self.stderr,
            "exit_code": done.exit_code,
            "succeeded": self.succeeded,
            "seconds": done.seconds,
        }

    def failed(self, problem: str, kind: str = "step_failed") -> Execution:
        """The same execution, failed by a check."""
        return replace(self, problem=problem, kind=kind)

    def with_updates(self, updates: Mapping[str, JsonValue]) -> Execution:
        """The same execution with further variables; variables that it set itself win."""
        return replace(self, updates={**updates, **self.updates}) if updates else self


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """A step that succeeded (or was skipped, or whose failure is ignored) and the variables that it sets."""

    record: StepRecord
    updates: Mapping[str, JsonValue] = field(default_factory=dict)
    stdout: str = ""
    stderr: str = ""


def scope_of_step(scope: StepScope, results: Mapping[int, StepResult], index: int, previous: str) -> StepScope:
    """The scope of the step at `index`: with the variables of all earlier steps, in their order."""
    updates: dict[str, JsonValue] = {}
    for position in sorted(results):
        if position < index:
            updates.update(results[position].updates)
    return scope.with_variables(updates, previous=previous)


class NestedSteps(Protocol):
    """Runs the steps that are written inside a step. `StepRunner` is it; its module imports all the others here."""

    @property
    def env(self) -> StepPorts: ...
    async def run(self, steps: tuple[Step, ...], scope: StepScope) -> StepScope:
        """Run them in order; the scope after the last. Raises `StepFailed`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCall:
    """A step at its place: its position in the list, its scope, and what runs the steps inside it."""

    nested: NestedSteps
    step: Step
    index: int
    scope: StepScope
    before: str
    """The commit at which the step began, as far as it matters."""

    @property
    def env(self) -> StepPorts:
        """The ports of the run."""
        return self.nested.env

    @property
    def label(self) -> str:
        """How messages call the step."""
        return step_title(self.step, self.index)


def local_outcome(exit_code: int = 0, *, stdout: str = "", stderr: str = "") -> CompletedCommand:
    """The outcome of an action that is not a process."""
    return CompletedCommand(
        exit_code=exit_code,
        signal=None,
        stdout=stdout.encode("utf-8", "surrogateescape"),
        stderr=stderr.encode("utf-8", "surrogateescape"),
        tail=cut_start(stderr or stdout, TAIL_BYTES),
        seconds=0.0,
        timed_out=False,
    )
