"""Effects side by side: order, bound, failures, cancellation, memory."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass, field

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.runtime import Effect, Failed, Ok, Outcome, effect, from_async_fn, par_all, par_all_limit, pure
from tests.support.backends import BACKENDS, run_in_virtual_time, run_on
from tests.support.worlds import Boom, World, record, record_and_fail

on_each_backend = pytest.mark.parametrize("backend", BACKENDS)


@dataclass(slots=True)
class Gauge:
    """How many effects are active, the most there ever were, and the order of starts and ends."""

    active: int = 0
    most: int = 0
    started: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)


@effect
async def sleep_measured(gauge: Gauge, index: int, seconds: float, fails: bool = False) -> int:
    gauge.started.append(index)
    gauge.active += 1
    gauge.most = max(gauge.most, gauge.active)
    try:
        await anyio.sleep(seconds)
        gauge.ended.append(index)
    finally:
        gauge.active -= 1
    if fails:
        raise Boom(index)
    return index


@dataclass(slots=True)
class Chain:
    """Events that force an order: effect n ends only after effect n + 1 has ended."""

    events: list[anyio.Event]
    ended: list[int] = field(default_factory=list)


@effect
async def end_after_the_next(chain: Chain, index: int) -> int:
    if index + 1 < len(chain.events):
        await chain.events[index + 1].wait()
    chain.ended.append(index)
    chain.events[index].set()
    return index


@on_each_backend
def test_outcomes_are_in_input_order_though_the_effects_end_in_reverse(backend: str) -> None:
    async def scenario() -> tuple[list[Outcome[int]], list[int]]:
        chain = Chain([anyio.Event() for _ in range(5)])
        outcomes = await par_all_limit([end_after_the_next(index) for index in range(5)], 5).timeout(1).run(chain)
        return outcomes, chain.ended

    outcomes, ended = run_in_virtual_time(backend, scenario)
    assert ended == [4, 3, 2, 1, 0]
    assert outcomes == [Ok(index) for index in range(5)]


@on_each_backend
def test_effects_start_in_input_order(backend: str) -> None:
    gauge = Gauge()
    run_in_virtual_time(backend, par_all_limit([sleep_measured(i, 9 - i) for i in range(9)], limit=4).run, gauge)
    assert gauge.started == list(range(9))


@on_each_backend
@given(
    naps=st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=12),
    limit=st.integers(1, 6),
)
@settings(max_examples=30)
def test_the_bound_is_reached_and_never_exceeded(backend: str, naps: list[tuple[int, bool]], limit: int) -> None:
    gauge = Gauge()
    work = [sleep_measured(index, 1 + seconds, fails) for index, (seconds, fails) in enumerate(naps)]
    outcomes = run_in_virtual_time(backend, par_all_limit(work, limit).run, gauge)
    assert gauge.most == min(limit, len(naps))
    assert [isinstance(outcome, Ok) for outcome in outcomes] == [not fails for _, fails in naps]


@on_each_backend
def test_a_free_place_is_filled_at_once(backend: str) -> None:
    async def scenario() -> float:
        started = anyio.current_time()
        naps = [4, 1, 1, 1, 1]
        await par_all_limit([sleep_measured(i, nap) for i, nap in enumerate(naps)], limit=2).run(Gauge())
        return anyio.current_time() - started

    assert run_in_virtual_time(backend, scenario) == pytest.approx(4, abs=0.05)


@on_each_backend
def test_a_failure_cancels_no_sibling_and_loses_no_success(backend: str) -> None:
    gauge = Gauge()
    work = [sleep_measured(0, 5), sleep_measured(1, 1, fails=True), sleep_measured(2, 3)]
    first, second, third = run_in_virtual_time(backend, par_all_limit(work, limit=2).run, gauge)
    assert (first, third) == (Ok(0), Ok(2))
    assert isinstance(second, Failed)
    assert gauge.ended == [1, 2, 0]


@pytest.mark.parametrize("limit", (0, -1))
def test_a_limit_below_one_is_refused_at_once(limit: int) -> None:
    with pytest.raises(ValueError, match=f"a limit of {limit} effects at once: write 1 or more"):
        par_all_limit([pure(1)], limit)


@on_each_backend
def test_no_effects_give_no_outcomes(backend: str) -> None:
    none: list[Effect[int, object]] = []
    assert run_on(backend, par_all_limit(none, 3).run, None) == []


@on_each_backend
def test_no_effects_give_no_values(backend: str) -> None:
    none: list[Effect[int, object]] = []
    assert run_on(backend, par_all(none).run, None) == []


def test_effects_made_by_a_generator_run_twice() -> None:
    work = par_all_limit((pure(number) for number in range(3)), limit=2)
    assert [len(anyio.run(work.run, None)) for _ in range(2)] == [3, 3]


@on_each_backend
def test_cancellation_ends_every_effect_and_starts_none_that_waited(backend: str) -> None:
    async def scenario() -> tuple[Gauge, bool]:
        gauge = Gauge()
        returned = False
        with anyio.move_on_after(1):
            await par_all_limit([sleep_measured(i, 60) for i in range(6)], limit=2).run(gauge)
            returned = True
        return gauge, returned

    gauge, returned = run_in_virtual_time(backend, scenario)
    assert (gauge.started, gauge.ended, gauge.active) == ([0, 1], [], 0)
    assert not returned


@on_each_backend
def test_nothing_is_started_after_cancellation(backend: str) -> None:
    async def scenario() -> list[int]:
        gauge = Gauge()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await par_all_limit([sleep_measured(0, 1), sleep_measured(1, 1)], limit=2).run(gauge)
        return gauge.started

    assert run_in_virtual_time(backend, scenario) == []


@on_each_backend
def test_after_cancellation_an_effect_that_ends_in_peace_has_no_successor(backend: str) -> None:
    async def scenario() -> list[str]:
        log: list[str] = []
        with anyio.CancelScope() as scope:

            async def shielded(env: None) -> None:
                log.append("started")
                scope.cancel()
                with anyio.CancelScope(shield=True):
                    await anyio.lowlevel.checkpoint()
                log.append("ended")

            await par_all_limit([from_async_fn(shielded)] * 3, limit=1).run(None)
        return log

    assert run_on(backend, scenario) == ["started", "ended"]


def test_cancelling_the_asyncio_task_itself_ends_the_effects() -> None:
    async def scenario() -> Gauge:
        gauge = Gauge()
        task = asyncio.ensure_future(par_all_limit([sleep_measured(i, 60) for i in range(3)], limit=2).run(gauge))
        await anyio.wait_all_tasks_blocked()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return gauge

    gauge = asyncio.run(scenario())
    assert (gauge.started, gauge.active) == ([0, 1], 0)


@pytest.mark.parametrize("limit", (1, 3))
def test_an_effect_that_vanishes_without_an_outcome_is_reported(limit: int) -> None:
    async def vanish(env: None) -> int:
        raise asyncio.CancelledError

    works: list[Effect[int, None]] = [pure(0), from_async_fn(vanish), pure(2)]
    with pytest.raises(RuntimeError, match=r"effects \[1.*\] ended without an outcome: cancelled by their own code"):
        anyio.run(par_all_limit(works, limit).run, None)


@on_each_backend
def test_par_all_runs_everything_at_once(backend: str) -> None:
    gauge = Gauge()
    assert run_in_virtual_time(backend, par_all([sleep_measured(i, 1) for i in range(20)]).run, gauge) == [*range(20)]
    assert gauge.most == 20


@on_each_backend
def test_par_all_runs_all_to_the_end_then_raises_every_failure_in_input_order(backend: str) -> None:
    gauge = Gauge()
    work = [sleep_measured(0, 3, fails=True), sleep_measured(1, 5), sleep_measured(2, 1, fails=True)]
    with pytest.raises(ExceptionGroup, match="2 of 3 parallel effects failed") as caught:
        run_in_virtual_time(backend, par_all(work).run, gauge)
    assert [str(error) for error in caught.value.exceptions] == ["boom 0", "boom 2"]
    assert gauge.ended == [2, 0, 1]


@on_each_backend
def test_par_all_of_one_failure_is_a_group_too(backend: str) -> None:
    with pytest.raises(ExceptionGroup, match="1 of 2 parallel effects failed"):
        run_on(backend, par_all([record(1), record_and_fail(2)]).run, World())


@on_each_backend
def test_outcomes_of_nested_joins_stay_apart(backend: str) -> None:
    inner = [par_all_limit([record(1), record_and_fail(2)], 2), par_all_limit([record(3)], 2)]
    outer = run_on(backend, par_all_limit(inner, 2).run, World())
    shape = [[isinstance(each, Ok) for each in outcome.value] for outcome in outer if isinstance(outcome, Ok)]
    assert shape == [[True, False], [True]]


@on_each_backend
def test_only_as_many_tasks_as_the_limit_exist(backend: str) -> None:
    most_tasks = 0

    async def count_tasks(env: None) -> None:
        nonlocal most_tasks
        await anyio.lowlevel.checkpoint()
        most_tasks = max(most_tasks, len(anyio.get_running_tasks()))

    run_on(backend, par_all_limit([from_async_fn(count_tasks)] * 2_000, limit=16).run, None)
    assert most_tasks <= 16 + 4  # the main task and those of the back end itself


def test_the_work_per_effect_does_not_grow_with_their_number() -> None:
    def calls_for(count: int) -> int:
        calls = 0

        def count_call(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += 1

        work = par_all_limit([pure(None)] * count, limit=16)
        sys.setprofile(count_call)
        try:
            anyio.run(work.run, None)
        finally:
            sys.setprofile(None)
        return calls

    small, large = calls_for(2_000), calls_for(20_000)
    assert 9 < large / small < 11


_MEASURE_MEMORY = """
import re, sys, anyio
from prodigy_action.runtime import par_all_limit, pure
outcomes = anyio.run(par_all_limit((pure(i) for i in range(100_000)), 16).run, None, backend=sys.argv[1])
assert [outcome.value for outcome in outcomes] == list(range(100_000))
print(re.search("VmHWM:\\s*([0-9]+) kB", open("/proc/self/status").read())[1])
"""
"""Of this process alone: `ru_maxrss` starts with what the parent had when it forked."""


@on_each_backend
def test_100_000_effects_need_less_than_200_megabytes(backend: str) -> None:
    run = subprocess.run([sys.executable, "-c", _MEASURE_MEMORY, backend], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 200 * 1024
