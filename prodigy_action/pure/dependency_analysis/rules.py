"""The rules that make a step wait for an earlier one; each is a function of the two steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.footprint import Footprint
from prodigy_action.pure.dependency_analysis.worktree_paths import overlap


class DependencyKind(StrEnum):
    """Why a step must wait for an earlier one."""

    READ_AFTER_WRITE = "RAW"
    WRITE_AFTER_READ = "WAR"
    WRITE_AFTER_WRITE = "WAW"
    NEEDS = "needs"
    BARRIER = "barrier"
    PREVIOUS_OUTPUT = "previous-output"


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """One reason of an edge: the kind, and the resource as `plan --explain` prints it."""

    kind: DependencyKind
    resource: str


@dataclass(frozen=True, slots=True)
class AnalyzedStep:
    """A command with its position and footprint.

    `reads_ambient`: it reads a variable that no earlier command sets, so the value comes from outside. `output_from`
    are the commands whose output its texts may mean.
    """

    index: int
    command: Command
    footprint: Footprint
    reads_ambient: bool
    output_from: frozenset[int]


Rule = Callable[[AnalyzedStep, AnalyzedStep], Iterator[Reason]]


def read_after_write(before: AnalyzedStep, after: AnalyzedStep) -> Iterator[Reason]:
    """The later step reads what the earlier one writes."""
    yield from _conflicts(DependencyKind.READ_AFTER_WRITE, _writes(before.footprint), _reads(after.footprint))


def write_after_read(before: AnalyzedStep, after: AnalyzedStep) -> Iterator[Reason]:
    """The later step writes what the earlier one reads."""
    yield from _conflicts(DependencyKind.WRITE_AFTER_READ, _reads(before.footprint), _writes(after.footprint))


def write_after_write(before: AnalyzedStep, after: AnalyzedStep) -> Iterator[Reason]:
    """Both write the same resource: the later value stays."""
    yield from _conflicts(DependencyKind.WRITE_AFTER_WRITE, _writes(before.footprint), _writes(after.footprint))


def set_after_ambient_read(before: AnalyzedStep, after: AnalyzedStep) -> Iterator[Reason]:
    """The earlier step reads the ambient environment, the later one sets a variable."""
    if before.reads_ambient and after.footprint.variable_writes:
        yield Reason(DependencyKind.WRITE_AFTER_READ, "the environment")


def needs_earlier(before: AnalyzedStep, after: AnalyzedStep) -> Iterator[Reason]:
    """The later step names the earlier one in `needs`."""
    if before.command.id is not None and before.command.id in after.command.needs:
        yield Reason(DependencyKind.NEEDS, before.command.id)


def barrier_between(before: AnalyzedStep, after: AnalyzedStep) -> Iterator[Reason]:
    """One of the two is a barrier."""
    reason = before.footprint.barrier or after.footprint.barrier
    if reason:
        yield Reason(DependencyKind.BARRIER, reason)


def output_of_previous(before: AnalyzedStep, after: AnalyzedStep) -> Iterator[Reason]:
    """The later step uses the output of the step before it."""
    if before.index in after.output_from:
        yield Reason(DependencyKind.PREVIOUS_OUTPUT, f"output of step {before.index + 1}")


RULES: tuple[Rule, ...] = (
    read_after_write,
    write_after_read,
    write_after_write,
    set_after_ambient_read,
    needs_earlier,
    barrier_between,
    output_of_previous,
)


@dataclass(frozen=True, slots=True)
class _Resources:
    variables: frozenset[str]
    paths: frozenset[str]
    git: bool


def _reads(footprint: Footprint) -> _Resources:
    return _Resources(footprint.variable_reads, footprint.path_reads, footprint.git_reads)


def _writes(footprint: Footprint) -> _Resources:
    return _Resources(footprint.variable_writes, footprint.path_writes, footprint.git_writes)


def _conflicts(kind: DependencyKind, first: _Resources, second: _Resources) -> Iterator[Reason]:
    for name in first.variables & second.variables:
        yield Reason(kind, f"${name}")
    for path in first.paths:
        for other in second.paths:
            if overlap(path, other):
                yield Reason(kind, max(path, other, key=len) or "the worktree")
    if first.git and second.git:
        yield Reason(kind, "git state")


def analyze_steps(commands: Sequence[Command], footprints: Sequence[Footprint]) -> list[AnalyzedStep]:
    """Each command with the facts that depend on earlier commands."""
    steps: list[AnalyzedStep] = []
    written: set[str] = set()
    for index, (command, footprint) in enumerate(zip(commands, footprints, strict=True)):
        ambient = bool(footprint.variable_reads - written)
        sources = _sources(commands, index) if footprint.previous_output else frozenset()
        steps.append(AnalyzedStep(index, command, footprint, ambient, sources))
        written |= footprint.variable_writes
    return steps


def _sources(commands: Sequence[Command], index: int) -> frozenset[int]:
    """The nearest shell step and the nearest other step that certainly ran before, and those in between: the text may
    mean any of them.
    """
    sources: set[int] = set()
    found = {True: False, False: False}
    for position in range(index - 1, -1, -1):
        is_shell = commands[position].cmd is not None
        if not found[is_shell]:
            sources.add(position)
            found[is_shell] = not commands[position].skippable
    return frozenset(sources)
