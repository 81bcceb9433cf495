from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.model.item_parts import Attempt
from prodigy_action.model.results import ItemResult, RunResult
from prodigy_action.pure.journal.slot_timeline import slot_rows
from prodigy_action.report.timeline import timeline_section
from tests.support.samples import STARTED_AT, item_result, run_result, typical_run

MERMAID_MOST = 50_000
BAR = re.compile(r"  (?P<label>[^:]+) :(?:(?P<tag>\w+), )?2000-01-(?P<day>\d\d) (?P<time>[\d:.]+), (?P<ms>\d+)ms")


def rows(section: str) -> dict[str, list[re.Match[str]]]:
    """The bars of the diagram by the title of their row."""
    found: dict[str, list[re.Match[str]]] = {}
    bars: list[re.Match[str]] = []
    for line in section.partition("gantt\n")[2].partition("```")[0].splitlines():
        if line.startswith("  section "):
            bars = found.setdefault(line.removeprefix("  section "), [])
        elif not line.startswith(("  dateFormat", "  axisFormat")):
            bar = BAR.fullmatch(line)
            assert bar is not None, line
            bars.append(bar)
    return found


def begin(bar: re.Match[str]) -> int:
    """When a bar begins, in milliseconds."""
    hours, minutes, seconds = bar["time"].split(":")
    return round(((int(bar["day"]) - 1) * 86_400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


def test_each_slot_has_a_row_and_each_execution_a_bar() -> None:
    section = timeline_section(typical_run(20, max_parallel=4))
    found = rows(section)
    assert list(found) == ["phases", "slot 0", "slot 1", "slot 2", "slot 3"]
    assert [bar["tag"] for bar in found["phases"]] == ["active"] * 4
    assert sum(len(bars) for name, bars in found.items() if name != "phases") == 20
    assert [bar["tag"] for name in found for bar in found[name]].count("crit") == 4
    assert "4 slots, busy <b>" in section


@pytest.mark.parametrize("total", (2, 300, 30_000))
@pytest.mark.parametrize("slots", (1, 8, 200))
def test_the_diagram_is_small_enough_to_be_drawn_and_no_two_bars_of_a_row_overlap(total: int, slots: int) -> None:
    section = timeline_section(typical_run(total, max_parallel=slots))
    assert len(section) < MERMAID_MOST
    found = rows(section)
    assert len(found) <= 26
    for bars in found.values():
        for bar, following in pairwise(bars):
            assert begin(bar) + int(bar["ms"]) < begin(following)


def test_a_crowded_diagram_counts_the_failures_in_a_row_of_their_own() -> None:
    found = rows(timeline_section(typical_run(30_000)))
    result = typical_run(30_000)
    counted = sum(int(bar["label"]) for bar in found["failed"])
    assert counted == result.counts.failed + result.counts.timed_out + result.counts.conflicted
    assert all(bar["tag"] != "crit" for name, bars in found.items() if name.startswith("slot") for bar in bars)


def attempt(seconds: float, at: str, slot: int | None, state: str = "succeeded") -> Attempt:
    return Attempt.model_validate({"number": 1, "state": state, "started_at": at, "seconds": seconds, "slot": slot})


def test_an_execution_that_was_cut_off_gets_a_row_that_was_free() -> None:
    items = [
        item_result(0, attempts=[attempt(10, "2026-01-02T03:04:06Z", 0)]),
        item_result(1, "cancelled", attempts=[attempt(5, "2026-01-02T03:04:08Z", None, "cancelled")]),
        item_result(2, "cancelled", attempts=[attempt(5, "2026-01-02T03:04:17Z", None, "cancelled")]),
    ]
    found = slot_rows(items, STARTED_AT)
    assert {slot: [span.items for span in spans] for slot, spans in found.items()} == {0: [(0,), (2,)], 1: [(1,)]}


def test_what_an_earlier_attempt_executed_is_not_drawn() -> None:
    items = [item_result(0, attempts=[attempt(10, "2026-01-02T02:00:00Z", 0)]), item_result(1, "not_run")]
    assert slot_rows(items, STARTED_AT) == {}
    assert timeline_section(run_result(items)) == ""


@st.composite
def odd_runs(draw: st.DrawFn) -> RunResult:
    """Executions whose times and slots no run would have."""
    times = st.datetimes().map(lambda time: f"{time.isoformat()}Z") | st.sampled_from(["", "never", STARTED_AT])
    attempts = st.builds(attempt, st.floats(0, 1e9), times, st.none() | st.integers(0, 10**6))
    items: list[ItemResult] = [
        item_result(id, attempts=draw(st.lists(attempts, max_size=3))) for id in range(draw(st.integers(0, 9)))
    ]
    return run_result(items, seconds=draw(st.floats(0, 1e9)), phases={})


@given(odd_runs())
def test_whatever_the_journal_says_there_is_a_diagram_or_none(result: RunResult) -> None:
    """`rows` asserts that every line of a diagram is one that Mermaid reads."""
    section = timeline_section(result)
    assert section == "" or rows(section)
