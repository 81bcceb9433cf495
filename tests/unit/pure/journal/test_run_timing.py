"""Where the time of a run went."""

from __future__ import annotations

import pytest

from prodigy_action.pure.journal.run_timing import MapTiming, critical_path, map_timing
from prodigy_action.pure.journal.slot_timeline import Span, slot_rows
from tests.support.samples import run_result, typical_run

STARTED_AT = "2026-01-02T03:04:05.000Z"


def timing_of(rows: dict[int, list[Span]], *, seconds: float, max_parallel: int = 2) -> MapTiming | None:
    phase = {"state": "succeeded", "started_at": "2026-01-02T03:04:15.000Z", "seconds": seconds}
    result = run_result([], started_at=STARTED_AT, phases={"map": {**phase, "max_parallel": max_parallel}})
    return map_timing(result, rows)


def span(start: float, end: float, id: int = 0) -> Span:
    return Span(start, end, (id,))


def test_ideal_is_an_even_share_of_the_work() -> None:
    timing = timing_of({0: [span(10, 14), span(14, 16)], 1: [span(10, 12)]}, seconds=6)

    assert timing == MapTiming(actual=6, ideal=4, work=8, between=0, at_end=4)


def test_ideal_is_the_longest_item_when_that_takes_longer() -> None:
    timing = timing_of({0: [span(10, 18)], 1: [span(10, 12)]}, seconds=8)

    assert timing is not None
    assert timing.ideal == 8


def test_slots_that_wait_for_their_next_item_are_counted() -> None:
    timing = timing_of({0: [span(11, 12), span(14, 16)]}, seconds=6, max_parallel=1)

    assert timing == MapTiming(actual=6, ideal=3, work=3, between=3, at_end=0)


def test_no_more_slots_count_than_there_were_items() -> None:
    timing = timing_of({0: [span(10, 12)]}, seconds=2, max_parallel=50)

    assert timing is not None
    assert timing.ideal == 2


def test_a_run_without_items_has_no_timing() -> None:
    assert timing_of({}, seconds=1) is None
    assert map_timing(run_result([], phases={}), {}) is None


def test_the_critical_path_is_what_the_last_slot_did() -> None:
    rows = {0: [span(0, 2, 1), span(2, 4, 3)], 1: [span(0, 3, 2), span(3, 9, 4)]}

    assert [each.items for each in critical_path(rows)] == [(2,), (4,)]
    assert critical_path({}) == []


def test_parts_of_the_time_of_the_slots_add_up() -> None:
    result = typical_run(300)
    timing = map_timing(result, slot_rows(result.items, result.started_at))

    assert timing is not None
    assert timing.work + timing.between + timing.at_end == pytest.approx(8 * timing.actual, rel=0.01)
