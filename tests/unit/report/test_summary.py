from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.model.events import ErrorRecord
from prodigy_action.model.item_parts import Conflict, ItemState
from prodigy_action.model.results import ItemResult, PhaseResult, RunResult, WorkflowIdentity
from prodigy_action.pure.text.visible_text import visible
from prodigy_action.report.console import render_console
from prodigy_action.report.summary import SUMMARY_BYTES, render_summary
from tests.support.hostile_runs import FAILED, hostile_runs, markdown_texts
from tests.support.rendering import render
from tests.support.samples import item_result, run_result, typical_run

OWN_ELEMENTS = {
    *(
        "h2",
        "h3",
        "p",
        "br",
        "code",
        "pre",
        "table",
        "tr",
        "th",
        "td",
        "thead",
        "tbody",
        "strong",
        "details",
        "summary",
    ),
    *("i", "b"),
}


@given(hostile_runs())
def test_no_text_of_others_is_markup(result: RunResult) -> None:
    page = render(render_summary(result))
    assert {tag for tag, _ in page.elements} <= OWN_ELEMENTS
    own_attributes = {("align", "right"), ("nowrap", None), ("nowrap", ""), ("open", None)}
    assert {pair for _, pairs in page.elements for pair in pairs} <= own_attributes
    literal = {"code", "pre"}
    outside = "".join(text for path, text in page.texts if not literal & set(path.split("/")))
    assert "evil" not in outside
    assert "octo" not in outside


@given(markdown_texts)
def test_a_text_of_others_reads_as_it_is(text: str) -> None:
    page = render(render_summary(run_result([], workflow=WorkflowIdentity(name=text, path="w", sha256="a"))))
    name = next((shown for path, shown in page.texts if path == "p/code"), "")
    wanted = visible(text[:199] + "…" if len(text) > 200 else text)
    if wanted.strip():
        assert name == wanted


@st.composite
def large_runs(draw: st.DrawFn) -> RunResult:
    """Up to 100,000 items, of texts as long as they come, of characters of up to four bytes."""
    total = draw(st.sampled_from([0, 1, 2, 300, 5_000, 100_000]))
    letter = draw(st.sampled_from(["x", "<", "é", "😀", "\udcff", "&", "`", "\n"]))
    long = letter * draw(st.sampled_from([1, 100, 20_000]))
    alike = draw(st.booleans())
    state: ItemState = draw(st.sampled_from(FAILED))

    def error(id: int) -> ErrorRecord:
        return ErrorRecord(kind="k", message=long if alike else f"{id} {long}", output_tail=f"{long}\n" * 3)

    many: dict[str, Any] = {"item": {long: long, "n": [long] * 9}, "files_changed": [long] * 9, "log": long[:999]}
    distinct = [
        item_result(id, state, error=error(id), conflict=Conflict(files=[long] * 9, with_items=[0] * 99), **many)
        for id in range(min(total, 600))
    ]
    rest = [distinct[id % 600].model_copy(update={"id": id}) for id in range(len(distinct), total)]
    return run_result([*distinct, *rest], message=long, branch=long, checkout_reason=long)


@given(large_runs())
@settings(max_examples=12)
def test_every_run_fits_the_page(result: RunResult) -> None:
    assert len(render_summary(result).encode("utf-8")) <= SUMMARY_BYTES


def test_counts_stand_under_the_verdict_then_come_failures_and_the_slowest() -> None:
    text = render_summary(typical_run(300))
    places = [
        text.index(part)
        for part in (
            "12 of 300 items failed",
            "<p><b>300 planned: ",
            "Why items failed",
            "Failed items",
            "Slowest items",
            "| phase |",
            "Timeline",
        )
    ]
    assert places == sorted(places)


def test_a_failed_item_is_reported_with_reason_output_log_and_patch() -> None:
    item = item_result(3, "failed", patch="patches/item-0003.patch")
    page = render(render_summary(run_result([item])))
    line = [text for path, text in page.texts if path == "details/summary/code"]
    assert line == ["key-3", "shell step 2: exit code 1"], "one short line"
    facts = [text for path, text in page.texts if path == "details/p/code"]
    assert facts == [
        *(
            "shell step 2: exit code 1",
            "ModuleNotFoundError: No module named 'yaml'",
            "path=src/module_00003.py line=9",
        ),
        *("logs/item-0003.log", "patches/item-0003.patch"),
    ]
    assert any("import yaml" in text for path, text in page.texts if path.endswith("pre"))


@pytest.mark.parametrize(("total", "rows"), ((3, 1), (300, 12), (30_000, 200)))
def test_the_list_of_failures_is_bounded_and_says_what_is_left_out(total: int, rows: int) -> None:
    text = render_summary(typical_run(total))
    assert len(re.findall(r"<details><summary><code>key-", text)) == rows
    assert ("further failed items, see" in text) == (total == 30_000)


def test_there_is_nothing_but_a_verdict_to_a_run_without_items() -> None:
    text = render_summary(run_result([], phases={}, branch=None))
    assert re.findall(r"<h\d>(.*?)</h\d>", text) == ["✅ All steps succeeded"]
    assert "Nothing landed: no step made a commit." in text


def test_no_line_of_a_list_is_longer_than_a_window_of_480_pixels_shows() -> None:
    long = "packages/" + "x" * 200
    failed = [
        item_result(id, "failed", key=f"{id}{long}", error=ErrorRecord(kind="k", message=long)) for id in range(9)
    ]
    landed = [item_result(id, key=f"{id}{long}", files_changed=[long]) for id in range(9, 30)]
    page = render(render_summary(run_result([*failed, *landed])))
    lines = re.findall(r"<details><summary>(.*?)</summary>", render_summary(run_result([*failed, *landed])))
    assert len(lines) >= 10
    assert max(len(re.sub(r"<[^>]*>", "", line)) for line in lines) <= 62
    cells = [text for path, text in page.texts if path.endswith("td/code")]
    assert max(map(len, cells)) <= 30


def test_a_phase_that_lost_items_is_no_success() -> None:
    phases = {"map": PhaseResult(state="succeeded", seconds=1), "land": PhaseResult(state="succeeded", seconds=1)}
    text = render_summary(run_result([item_result(0, "failed"), item_result(1, "conflicted")], phases=phases))
    assert "| map | ⚠️ 1 failed |" in text
    assert "| land | ⚠️ 1 conflicted |" in text
    whole = render_summary(run_result([item_result(0)], phases=phases))
    assert whole.count("✅ succeeded") == 2


@pytest.mark.parametrize(
    ("items", "phases", "why"),
    (
        ([], {}, "no step made a commit"),
        ([], {"map": PhaseResult(state="succeeded", seconds=1)}, "there were no items"),
        ([item_result(0, "failed")], {}, "every item failed"),
        ([item_result(0, "unchanged")], {}, "no item that ran well made a commit"),
        ([item_result(0, "not_run")], {}, "no item ran to the end"),
        ([item_result(0)], {"setup": PhaseResult(state="failed", seconds=1)}, "setup failed"),
    ),
)
def test_a_run_that_landed_nothing_says_why(items: list[ItemResult], phases: Any, why: str) -> None:
    result = run_result(items, phases=phases, branch=None)
    assert f"Nothing landed: {why}." in render_summary(result)
    assert f"  landed    nothing: {why}\n" in render_console(result, results_dir="r")
