"""What a reader does with report.html: find what failed, open it, see why, with mouse or keyboard."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from prodigy_action.model.events import ErrorRecord, StepRecord
from prodigy_action.model.results import ItemResult, RunResult
from tests.browser.conftest import Reader
from tests.support.blackbox import run
from tests.support.git import make_repository
from tests.support.samples import item_result, run_result, typical_run

PATCH = """diff --git a/x b/x
--- a/x
+++ b/x
@@ -1 +1 @@
--- old
+<b>new</b>
"""
HOSTILE = (
    "</script><script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    '"><svg onload=window.ran=1>',
    "<!--<script>",
    "{{ 7 * 7 }}{% raw %}",
    "\u2028\u2029\u202e\0\x1b[31m\ud800",
    "javascript:window.ran=1",
)


def names(page: Page) -> list[str]:
    """The items in sight, in order."""
    return page.locator("#table tbody td.name").all_inner_texts()


def excerpt(path: str, most: int, part: str) -> tuple[str, int]:
    return (PATCH, len(PATCH)) if path.endswith(".patch") else ("=== shell step 1\nhello\n", 23)


def test_failed_items_come_first_and_a_click_on_a_state_shows_that_state_alone(reader: Reader) -> None:
    page = reader.open(typical_run(300))
    assert names(page)[:3] == ["key-2", "key-7", "key-103"]

    page.get_by_role("button", name="3 conflicted", exact=True).click()
    assert names(page) == ["key-11", "key-112", "key-213"]
    assert page.get_by_role("status").inner_text() == "3 of 300 items shown"
    page.get_by_role("button", name="3 conflicted", exact=True).click()
    assert page.get_by_role("status").inner_text() == "300 items shown"


def test_a_reason_shows_its_items_alone_and_everything_again(reader: Reader) -> None:
    page = reader.open(typical_run(300))
    page.get_by_role("button", name=re.compile("shell step 2: exit code 1")).first.click()
    assert names(page) == ["key-2", "key-7", "key-103", "key-108", "key-204", "key-209"]

    page.get_by_role("button", name="Show all").click()
    assert page.get_by_role("status").inner_text() == "300 items shown"


def test_a_search_finds_items_by_name_by_number_and_by_reason(reader: Reader) -> None:
    page = reader.open(typical_run(300))
    search = page.get_by_role("searchbox")
    found = {}
    for text in ("KEY-21", "#13", "timed out", "conflict changes.md", "nowhere"):
        search.fill(text)
        found[text] = names(page)

    assert set(found["KEY-21"]) == {"key-21", *(f"key-{number}" for number in range(210, 220))}
    assert "key-13" in found["#13"]
    assert found["timed out"] == ["key-3", "key-104", "key-205"]
    assert found["conflict changes.md"] == ["key-11", "key-112", "key-213"]
    assert found["nowhere"] == []


def test_a_head_sorts_the_table_and_sorts_it_the_other_way_round(reader: Reader) -> None:
    page = reader.open(typical_run(30))
    for head, first in (("item", "key-0"), ("item", "key-29"), ("time", "key-6"), ("#", "key-0")):
        page.locator("thead button", has_text=re.compile(f"^{re.escape(head)}$")).click()
        assert names(page)[0] == first
    assert page.locator("th[aria-sort]").get_attribute("data-column") == "id"


def test_a_failed_item_is_found_and_opened_by_keyboard_alone(reader: Reader) -> None:
    items = [item_result(0), item_result(1, "failed", patch="patches/item-0001.patch"), item_result(2, "failed")]
    page = reader.open(run_result(items), excerpt)
    page.keyboard.press("/")
    page.keyboard.type("exit code")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="key-1")

    expect(dialog).to_contain_text("ModuleNotFoundError: No module named 'yaml'")
    expect(dialog.get_by_role("region", name="Log")).to_contain_text("hello")
    assert dialog.get_by_role("region", name="Patch").locator(".added").all_inner_texts() == ["+<b>new</b>\n"]
    assert dialog.get_by_role("region", name="Patch").locator(".removed").all_inner_texts() == ["--- old\n"]
    assert page.url.endswith("#item-1")

    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="key-2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    assert page.evaluate("document.activeElement.textContent") == "key-2"


def test_a_conflict_leads_to_the_item_on_the_other_side(reader: Reader) -> None:
    page = reader.open(run_result([item_result(0), item_result(1, "conflicted")]), address="#item-1")
    page.get_by_role("dialog", name="key-1").get_by_role("button", name="key-0", exact=True).click()

    expect(page.get_by_role("dialog", name="key-0")).to_be_visible()


def test_an_item_shows_its_steps_what_they_captured_and_its_executions(reader: Reader) -> None:
    steps = [StepRecord(index=0, kind="shell", command="make", exit_code=0, seconds=1.5, captured={"version": "1.2"})]
    page = reader.open(run_result([item_result(0, steps=steps)]), address="#item-0")
    dialog = page.get_by_role("dialog")

    expect(dialog.get_by_role("row", name=re.compile("shell 1 make"))).to_contain_text('captured {"version":"1.2"}')
    expect(dialog).to_contain_text("1: succeeded after 1.0 s")


def test_ten_thousand_items_stay_below_ten_megabytes_and_are_scrolled_through(reader: Reader, tmp_path: Path) -> None:
    page = reader.open(typical_run(10_000), excerpt)
    assert (tmp_path / "report.html").stat().st_size < 10_000_000
    assert page.locator("#table tbody tr").count() < 100

    page.locator("thead button", has_text="#").click()
    page.locator("#table tbody td.name button").first.focus()
    page.keyboard.press("End")
    expect(page.locator("#table tbody td.name", has_text="key-9999")).to_be_visible()
    started = time.monotonic()
    page.get_by_role("searchbox").fill("key-777")
    expect(page.get_by_role("status")).to_have_text("11 of 10,000 items shown")
    assert time.monotonic() - started < 5


def hostile_run() -> RunResult:
    items: list[ItemResult] = []
    for id, text in enumerate(HOSTILE):
        error = ErrorRecord(kind="step_failed", message=text, step=text, exit_code=1, output_tail=text)
        steps = [StepRecord(index=0, kind="shell", command=text, exit_code=1, captured={text: text})]
        further = {"error": error, "steps": steps, "files_changed": [text], "commits": ["a" * 40]}
        items.append(item_result(id, "failed", key=text, item={text: text}, **further))
    return run_result(items)


def test_texts_of_others_stay_texts(reader: Reader) -> None:
    page = reader.open(hostile_run(), lambda path, most, part: ("".join(HOSTILE), 1), address="#item-0")
    for _ in HOSTILE:
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("ArrowRight")

    assert page.evaluate("window.ran") is None
    assert page.locator("img, svg[onload], iframe, object, embed").count() == 0
    assert page.locator("script").count() == 2
    expect(page.get_by_role("dialog")).to_contain_text("javascript:window.ran=1")


def test_a_script_that_is_put_into_the_page_does_not_run(reader: Reader, tmp_path: Path) -> None:
    page = reader.open(run_result([item_result(0)]))
    path = tmp_path / "report.html"
    path.write_text(path.read_text().replace("<main>", "<main><script>window.ran = 1</script>"))
    page.goto(f"file://{path}")

    assert page.evaluate("window.ran") is None
    assert [text for text in reader.wrong if "Content Security Policy" in text] == reader.wrong != []
    reader.wrong.clear()


@pytest.mark.parametrize("opened", (False, True))
@pytest.mark.parametrize("theme", ("light", "dark"))
def test_nothing_keeps_people_out(reader: Reader, theme: str, opened: bool) -> None:
    items = [
        item_result(0),
        item_result(1, "failed", patch="p.patch"),
        item_result(2, "conflicted"),
        item_result(3, "not_run"),
    ]
    page = reader.open(run_result(items), excerpt, address="#item-1" if opened else "")
    if theme == "dark":
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
    found = Axe().run(page).response["violations"]

    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []


def test_the_timeline_passes_too(reader: Reader) -> None:
    page = reader.open(typical_run(60))
    found = Axe().run(page).response["violations"]

    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []


def test_the_timeline_is_zoomed_by_keyboard_and_a_bar_opens_its_item(reader: Reader) -> None:
    page = reader.open(typical_run(30))
    chart = page.get_by_role("group", name=re.compile("^Timeline"))
    chart.scroll_into_view_if_needed()
    canvas = page.locator("#canvas")
    before = canvas.screenshot()
    chart.press("+")
    chart.press("ArrowRight")
    page.wait_for_timeout(100)
    assert canvas.screenshot() != before
    chart.press("0")
    page.get_by_role("button", name="Critical path").click()
    assert page.get_by_role("button", name="Critical path").get_attribute("aria-pressed") == "true"
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 64 + (box["width"] - 64) * 0.2, box["y"] + 50)

    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_theme_follows_the_system_until_the_reader_chooses(dark_reader: Reader) -> None:
    page = dark_reader.open(typical_run(3))
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Use light colours").click()

    assert page.evaluate(ground) != dark
    assert page.get_by_role("button", name="Use dark colours").is_visible()


def test_a_printed_page_has_the_rows_that_a_screen_does_not_show(reader: Reader) -> None:
    page = reader.open(typical_run(300))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(names(page)) == 300
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(names(page)) < 100


def test_where_scripts_are_forbidden_the_verdict_the_reasons_and_the_failed_items_are_there(
    reader: Reader, tmp_path: Path
) -> None:
    page = reader.open(typical_run(300))
    path = tmp_path / "report.html"
    path.write_text(re.sub("script-src &#39;[^;]*&#39;;", "script-src &#39;none&#39;;", path.read_text()))
    reader.open_file(path)

    expect(page.get_by_role("heading", level=1)).to_contain_text("12 of 300 items failed")
    expect(page.locator("#plain")).to_contain_text("key-209 (item 209): shell step 2: exit code 1")
    assert page.locator("#table").is_hidden()
    assert [text for text in reader.wrong if "Content Security Policy" in text] == reader.wrong != []
    reader.wrong.clear()


WORKFLOW = r"""
name: real <run>
map:
  input: [{n: a}, {n: b}, {n: c}]
  key: n
  max_parallel: 2
  agent_template:
    - shell: |
        printf '\033[31mworking\033[0m on %s </script>\n' "${item.n}"
        echo "${item.n}" > shared
        if [ "${item.n}" = b ]; then echo "b is broken" >&2; exit 3; fi
        git add shared && git commit -qm "${item.n}"
"""


def test_the_page_of_a_real_run_shows_what_happened(reader: Reader, tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "r", {"shared": "start\n"}), WORKFLOW)
    assert ended.states == ["succeeded", "failed", "conflicted"]
    page = reader.open_file(ended.results_dir / "report.html", address="#item-1")

    expect(page.get_by_role("heading", level=1)).to_contain_text("2 of 3 items failed")
    dialog = page.get_by_role("dialog", name="b")
    expect(dialog.get_by_role("region", name="Log")).to_contain_text("working on b </script>")
    lines = dialog.get_by_role("region", name="Log").inner_text().splitlines()
    assert "working on b </script>" in lines, "colours are taken out"
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("conflict in shared")).first.click()
    page.locator("#table tbody td.name button").click()
    expect(page.get_by_role("dialog", name="c").get_by_role("region", name="Patch")).to_contain_text("+c")
    with page.expect_navigation():
        page.get_by_role("link", name="logs/item-0002.log").click()
    expect(page.locator("body")).to_contain_text("working")


def test_a_narrow_page_leaves_the_names_of_items_most_of_the_width(reader: Reader) -> None:
    page = reader.open(typical_run(30))
    page.set_viewport_size({"width": 480, "height": 900})
    width = page.evaluate("document.querySelector('#table tbody td.name').getBoundingClientRect().width")
    table = page.evaluate("document.getElementById('table').getBoundingClientRect().width")
    assert width > 0.35 * table


def test_a_phase_that_lost_items_is_not_marked_as_a_success(reader: Reader) -> None:
    page = reader.open(typical_run(300))
    ends = page.get_by_role("table", name="Phases").get_by_role("row").all_inner_texts()
    assert [end.split("\t")[1] for end in ends[1:]] == ["✓ succeeded", "! 9 failed", "! 3 conflicted", "✓ succeeded"]


def test_a_step_is_named_as_in_the_workflow(reader: Reader) -> None:
    named = StepRecord(index=0, name="check it", kind="shell", command="ruff check .", exit_code=1)
    unnamed = StepRecord(index=1, kind="shell", command="true", exit_code=0)
    page = reader.open(run_result([item_result(0, "failed", steps=(named, unnamed))]))
    page.locator("#table tbody td.name button").first.click()
    assert page.locator("dialog tbody th").all_inner_texts() == ["check it", "shell 2"]


def test_what_to_write_is_shown_as_code(reader: Reader) -> None:
    item = item_result(0, "unchanged", uncommitted=["a.txt"], patch="patches/item-0000.patch")
    page = reader.open(run_result([item]))
    assert page.locator(".message code").all_inner_texts() == ["commit: auto", "map"]
