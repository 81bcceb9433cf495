"""A map whose ports are all fakes; mypy checks here that each fake fits its port."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prodigy_action.effects.items.admission import PolicyGate
from prodigy_action.effects.items.failure_reporting import FailureReporter
from prodigy_action.effects.landing.queue import OrderedMergeQueue
from prodigy_action.environment import AgentLimits, MapEnv, StepSettings
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.workflow import ErrorPolicy, Retry, Step
from prodigy_action.pure.policies.error_policy import may_stop
from tests.support.fakes import (
    Behaviour,
    FakeClock,
    FakeFiles,
    FakeGit,
    FakeLog,
    FakeParent,
    FakeResults,
    FakeRunner,
    FakeScratch,
    FakeWorktrees,
    MemoryJournal,
)
from tests.support.shell_parsing import ParserAtOnce


@dataclass
class MapWorld:
    """A `MapEnv` of fakes and the fakes themselves."""

    env: MapEnv
    journal: MemoryJournal
    runner: FakeRunner
    worktrees: FakeWorktrees
    parent: FakeParent
    log: FakeLog
    results: FakeResults
    clock: FakeClock
    git: FakeGit
    files: FakeFiles
    scratch: FakeScratch


def map_world(
    steps: Iterable[Step],
    *,
    total: int = 1,
    max_parallel: int = 4,
    behaviour: Behaviour | None = None,
    worktrees: FakeWorktrees | None = None,
    conflicting: Iterable[int] = (),
    policy: ErrorPolicy | None = None,
    limits: AgentLimits | None = None,
    commit: str = "as-made",
    item_retry: Retry | None = None,
    failure_handler: Iterable[Step] = (),
    clock: FakeClock | None = None,
) -> MapWorld:
    """A map over `total` items whose ports are all fakes."""
    scratch, journal, log, results = FakeScratch(), MemoryJournal(), FakeLog(), FakeResults()
    runner = FakeRunner(scratch, behaviour)
    trees, parent, clock, git, files = (
        worktrees or FakeWorktrees(),
        FakeParent(conflicting),
        clock or FakeClock(),
        FakeGit(),
        FakeFiles(),
    )
    chosen = policy or ErrorPolicy()
    gate, failures = PolicyGate(chosen, planned=total, clock=clock, log=log), FailureReporter(chosen, log)
    merge_queue = OrderedMergeQueue(
        range(total),
        parent=parent,
        storage=journal,
        results=results,
        log=log,
        total=total,
        gate=gate,
        failures=failures,
        waits=may_stop(chosen),
    )
    env = MapEnv(
        worktree_manager=trees,
        merge_queue=merge_queue,
        gate=gate,
        failures=failures,
        agent_template=tuple(steps),
        storage=journal,
        results=results,
        executor=runner,
        git=git,
        files=files,
        scratch=scratch,
        shell=ParserAtOnce(),
        clock=clock,
        log=log,
        step_settings=StepSettings(agent_command=("claude",), interpreter="sh", environ={"PATH": "/bin"}),
        variables={},
        total=total,
        max_parallel=max_parallel,
        limits=limits or AgentLimits(),
        commit=commit,  # type: ignore[arg-type]  # the tests name the modes by their text
        on_item_failure=chosen.on_item_failure,
        item_retry=item_retry,
        failure_handler=tuple(failure_handler),
    )
    return MapWorld(env, journal, runner, trees, parent, log, results, clock, git, files, scratch)


def assignments(total: int) -> list[WorkAssignment]:
    """Items 0, 1, … as the plan numbers them."""
    return [WorkAssignment(n, {"n": n}, f"agent-{n}", f"key-{n}") for n in range(total)]
