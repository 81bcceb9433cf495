"""The page as a text: what is escaped, what is left out, and what its policy allows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.model.events import ErrorRecord, StepRecord
from prodigy_action.model.item_parts import Conflict
from prodigy_action.model.results import ItemResult, RunResult, WorkflowIdentity
from prodigy_action.report.page import budget
from prodigy_action.report.page.assets import MODULES, read_assets
from prodigy_action.report.page.render import render_page
from prodigy_action.report.page.script_json import script_json
from tests.support.samples import item_result, run_result, typical_run


def nothing(path: str, most: int, part: str) -> tuple[str, int]:
    return "", 0


def page_of(result: RunResult, text: str = "") -> str:
    return "".join(render_page(result, lambda path, most, part: (text[:most], len(text))))


def data_of(page: str) -> dict[str, object]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data: dict[str, object] = json.loads(text)
    return data


@given(st.recursive(st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_in_a_script_is_read_back_and_ends_no_element(value: object) -> None:
    text = script_json(value)

    assert json.loads(text) == value
    assert not set(text) & {"<", ">", "&", "\u2028", "\u2029"}
    text.encode()


@settings(deadline=None, max_examples=25)
@given(st.text(st.characters(), max_size=30), st.sampled_from(["", "</script>", "<!--<script>", "'\"><b>", "{{ 1 }}"]))
def test_any_text_leaves_the_elements_of_the_page_as_they_are(text: str, markup: str) -> None:
    text += markup
    error = ErrorRecord(kind="k", message=text, output_tail=text)
    workflow = WorkflowIdentity(name=text, path=text, sha256="a")
    page = page_of(run_result([item_result(0, "failed", key=text, error=error)], workflow=workflow), text)
    plain = page_of(run_result([item_result(0, "failed", key="x", error=ErrorRecord(kind="k", message="m"))]))

    assert tags(page) == tags(plain)
    page.encode()


def tags(page: str) -> list[str]:
    """The elements outside the page's own script and style, the optional example of a group aside."""
    outside = re.sub(r"(<(?:script|style)[^>]*>).*?(</(?:script|style)>)", r"\1\2", page, flags=re.DOTALL)
    return [tag for tag in re.findall(r"<[a-z!/][^ >]*", outside) if tag not in ("<code", "</code")]


def test_the_policy_allows_the_scripts_and_styles_of_the_page_alone() -> None:
    page = page_of(run_result([]))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)

    assert unescape(policy) == read_assets().policy
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"\son[a-z]+=|\sstyle=|src=|https?://", page.split("<script")[0])


def test_the_modules_are_put_together_without_their_imports() -> None:
    script = read_assets().script

    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    names = re.findall(r"^(?:const|let|function|class) ([A-Za-z_]+)", script, re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert len(MODULES) == script.count("/** ") - script.count("\n  /** ") - len(_inner_comments(script))


def _inner_comments(script: str) -> Sequence[str]:
    """Comments of functions and values, which follow those of their modules."""
    return re.findall(r"^/\*\* .*\*/\n(?=(?:const|let|function|class) )", script, re.MULTILINE)


def test_ten_thousand_items_with_logs_stay_below_ten_megabytes() -> None:
    page = page_of(typical_run(10_000), "output of the step\n" * 1000)

    assert len(page.encode()) < 10_000_000
    assert len(data_of(page)["items"]) == 10_000  # type: ignore[arg-type]  # a list


def test_what_does_not_fit_is_left_out_failed_items_last_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodigy_action.report.page.rows.ROW_BYTES", 2_000)
    monkeypatch.setattr("prodigy_action.report.page.data.DATA_BYTES", 6_000)
    items = [item_result(id, "failed" if id >= 90 else "succeeded") for id in range(100)]
    page = page_of(run_result(items))
    data = data_of(page)
    rows: list[list[object]] = data["items"]  # type: ignore[assignment]  # a list

    assert {row[0] for row in rows} >= set(range(90, 100))
    assert f"The page lists {len(rows)} of 100 items, failed ones first; the other {100 - len(rows)}" in page
    assert re.search(r"Of \d+ items the page holds no details", page)


def test_one_failure_of_every_kind_is_detailed_before_a_second_of_any(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(id: int, message: str) -> ItemResult:
        return item_result(id, "failed", error=ErrorRecord(kind="k", message=message, output_tail="x" * 1500))

    monkeypatch.setattr("prodigy_action.report.page.data.DATA_BYTES", 10_000)
    items = [failed(id, "common") for id in range(30)] + [failed(30, "rare")]
    details: dict[str, object] = data_of(page_of(run_result(items)))["details"]  # type: ignore[assignment]  # a mapping

    assert {"0", "30"} <= set(details)
    assert len(details) < 10


def test_the_last_steps_are_kept_and_what_an_item_lacks_is_named() -> None:
    steps = [StepRecord(index=index, kind="shell", command=f"make {index}", exit_code=0) for index in range(46)]
    conflict = Conflict(files=[f"f{n}" for n in range(33)], with_items=[1])
    item = item_result(0, "conflicted", steps=steps, conflict=conflict, commits=["a" * 40] * 31)
    details: dict[str, dict[str, object]] = data_of(page_of(run_result([item])))["details"]  # type: ignore[assignment]  # a mapping

    shown: list[list[object]] = details["0"]["steps"]  # type: ignore[assignment]  # a list of rows
    assert [row[0] for row in (shown[0], shown[-1])] == ["shell 7", "shell 46"]
    assert details["0"]["missing"] == "earlier step: 6 more, commit: 1 more, file in conflict: 3 more"


def test_excerpts_are_bounded_for_each_item() -> None:
    asked: list[tuple[str, int, str]] = []

    def read(path: str, most: int, part: str) -> tuple[str, int]:
        asked.append((path, most, part))
        return "x" * 10, 10_000

    "".join(render_page(run_result([item_result(3, "failed", patch="patches/item-0003.patch")]), read))

    assert asked == [
        ("logs/item-0003.log", budget.LOG_BYTES, "end"),
        ("patches/item-0003.patch", budget.PATCH_BYTES, "begin"),
    ]


def test_many_executions_share_bars_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodigy_action.report.page.rows.BARS_MOST", 100)
    page = page_of(typical_run(1_000))
    slots: list[tuple[int, list[object]]] = data_of(page)["slots"]  # type: ignore[assignment]  # a list

    assert sum(len(bars) for _, bars in slots) <= 200
    assert "A bar of the timeline is several items" in page


def test_a_run_without_items_is_a_page_too() -> None:
    page = page_of(run_result([], phases={}, branch=None))

    assert "Nothing landed: " in page
    assert "Timeline" not in page.split("<script")[0]
