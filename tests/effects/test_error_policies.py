"""Any error policy over any items: who runs, how each ends, and the verdict are those of a plain model."""

from __future__ import annotations

from collections import Counter

import anyio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.events import AgentStarted, Planned, PlannedItem, RunStarted
from prodigy_action.model.workflow import Backoff, CircuitBreaker, ErrorPolicy, Retry, Step
from prodigy_action.phases.map import distribute_work, land_all
from prodigy_action.pure.journal.aggregation import check_accounting, fold_events
from prodigy_action.pure.policies.verdict import judge_items
from tests.support.backends import run_in_virtual_time
from tests.support.fakes import VirtualClock, failed, succeeded
from tests.support.map_worlds import MapWorld, assignments, map_world
from tests.support.policy_model import UNIT, Case, Rules, Simulation, verdict_of

RUN = RunStarted(
    run_id="r", workflow_name="w", workflow_path="w.yml", workflow_sha256="0", base_sha="b", branch=None, max_parallel=1
)

breakers = st.none() | st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 3))
rules = st.builds(
    Rules,
    action=st.sampled_from(["dlq", "dlq", "dlq", "skip", "stop"]),
    continues=st.sampled_from([True, True, True, False]),
    max_failures=st.none() | st.integers(0, 4),
    ratio=st.none() | st.sampled_from([0.1, 0.25, 0.5]),
    stop=st.sampled_from(["now", "after-running"]),
    breaker=breakers,
    attempts=st.integers(1, 2),
    retry_delay=st.integers(0, 3),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    total = draw(st.integers(1, 12))
    units = draw(st.lists(st.integers(0, 4), min_size=total, max_size=total))
    failing = draw(st.lists(st.sampled_from([0, 0, 1, 2]), min_size=total, max_size=total))
    conflicting = draw(st.frozensets(st.integers(0, total - 1), max_size=3))
    return Case(draw(rules), draw(st.integers(1, 5)), tuple(units), tuple(failing), conflicting)


def policy_of(rules: Rules) -> ErrorPolicy:
    breaker = None
    if rules.breaker is not None:
        opens, closes, units, probes = rules.breaker
        breaker = CircuitBreaker(
            failure_threshold=opens, success_threshold=closes, timeout=units * UNIT, half_open_requests=probes
        )
    return ErrorPolicy.model_validate(
        {
            "on_item_failure": rules.action,
            "continue_on_failure": rules.continues,
            "max_failures": rules.max_failures,
            "failure_threshold": rules.ratio,
            "stop": rules.stop,
            "circuit_breaker": breaker,
        }
    )


def world_of(case: Case) -> MapWorld:
    executions: Counter[int] = Counter()

    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        item = int(spec.env["PRODIGY_ITEM_ID"].removeprefix("item_"))
        executions[item] += 1
        attempt = executions[item]
        await anyio.sleep(case.seconds(item, attempt))
        return failed() if case.fails(item, attempt) else succeeded()

    delay = case.rules.retry_delay * UNIT
    retry = Retry(attempts=case.rules.attempts, initial_delay=delay, max_delay=delay, backoff=Backoff(kind="fixed"))
    return map_world(
        [Step(shell="work")],
        total=len(case.units),
        max_parallel=case.workers,
        behaviour=behaviour,
        policy=policy_of(case.rules),
        conflicting=case.conflicting,
        item_retry=retry,
        clock=VirtualClock(),
    )


def play(case: Case) -> MapWorld:
    """On asyncio, as the product runs: trio starts what is ready at the same time in any order."""
    world = world_of(case)
    total = len(case.units)

    async def run() -> None:
        planned = [PlannedItem(id=a.id, key=a.key, item=a.item, worktree_name="w") for a in assignments(total)]
        await world.journal.append(RUN)
        await world.journal.append(Planned(items=planned, selected_out=0, max_parallel=case.workers, start_sha="b"))
        await distribute_work(assignments(total)).run(world.env)
        await land_all().run(world.env)

    run_in_virtual_time("asyncio", run)
    return world


@settings(max_examples=300)
@given(case=cases())
def test_items_run_their_states_and_the_verdict_are_those_of_the_model(case: Case) -> None:
    model = Simulation(case)
    expected = model.play()
    world = play(case)
    result = fold_events(world.journal.events)
    check_accounting(result)
    assert {item.id: item.state for item in result.items} == expected
    started = [e.item_id for e in world.journal.events if isinstance(e, AgentStarted) and e.number == 1]
    assert started == model.order
    verdict = judge_items(result.counts, policy_of(case.rules), "threshold")
    assert verdict.result == verdict_of(case, expected)
    assert Counter(world.worktrees.created) == Counter(world.worktrees.released)


STOPPED_BEFORE_THE_RETRY = Case(
    Rules(
        action="skip",
        continues=False,
        max_failures=None,
        ratio=None,
        stop="now",
        breaker=None,
        attempts=2,
        retry_delay=1,
    ),
    workers=2,
    units=(1, *[0] * 10),
    failing=(*[0] * 10, 1),
    conflicting=frozenset({0}),
)


@settings(max_examples=100)
@given(case=cases())
@example(case=STOPPED_BEFORE_THE_RETRY)
def test_every_failed_item_is_reported_once(case: Case) -> None:
    world = play(case)
    reported: list[int] = []
    for _, event, fields in world.log.events:
        if event == "item_failed":
            reported.append(int(str(fields["item_id"])))
        elif event == "items_failed":
            reported += [each["item_id"] for each in fields["items"]]  # type: ignore[attr-defined]  # a list of objects
    states = {item.id: item.state for item in fold_events(world.journal.events).items}
    assert sorted(reported) == [
        item for item, state in states.items() if state in {"failed", "timed_out", "conflicted"}
    ]
