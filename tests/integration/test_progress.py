"""The progress of a run: a bar in a terminal, a line for each item elsewhere, or neither."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy
from tests.support.git import make_repository
from tests.support.terminal import in_a_terminal

WORKFLOW = """
name: bar
env: {TOKEN: {value: not-for-a-screen, secret: true}}
map:
  input: [a, b, c, not-for-a-screen, "x\\u001b[31m\\u202e", f]
  max_parallel: 3
  agent_template:
    - shell: 'sleep 0.6; test "${item}" != b'
"""
HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"
"""The cursor, hidden while a bar is drawn."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "workflow.yml").write_text(WORKFLOW)
    return make_repository(tmp_path / "r")


def run_in_terminal(repository: Path, *options: str, **environ: str) -> tuple[int, str]:
    return in_a_terminal(repository, "run", "../workflow.yml", *options, environ=environ)


def test_a_terminal_gets_a_bar_with_the_running_items_and_failures_above_it(repository: Path) -> None:
    code, shown = run_in_terminal(repository)
    assert code == 1
    assert " of 6 items · 3 running" in shown
    assert re.search(r" of 6 items · 1 failed · \d running · about \d+\.\d s left", shown)
    assert re.search(r"\n  a · sleep 0\.6; test \"\$\{item\}\" != b  0\.\d s", shown), (
        "a running item, its step, its time"
    )
    assert re.search(r"\[\d/6\] b failed: ", shown)
    assert "has run" not in shown
    assert shown.count(HIDDEN) == shown.count(SHOWN) >= 1
    assert "failure\x1b[0m: 1 of 6 items failed" in shown[shown.rindex(SHOWN) :], "the bar ends as the summary"
    assert "not-for-a-screen" not in shown
    assert "x\x1b[31m" not in shown
    assert "\u202e" not in shown
    log = (repository / "prodigy-results/log.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in log].count("agent_finished") == 6


def test_colours_can_be_switched_off(repository: Path) -> None:
    _, shown = run_in_terminal(repository, NO_COLOR="1")
    assert "running" in shown
    assert not re.search(r"\x1b\[[0-9;]*[1-9][0-9;]*m", shown)


@pytest.mark.parametrize("columns", (20, 50))
def test_a_narrow_terminal_gets_the_text_alone_and_no_line_is_broken(repository: Path, columns: int) -> None:
    code, shown = in_a_terminal(repository, "run", "../workflow.yml", columns=columns)
    assert code == 1
    assert "of 6 item" in shown
    assert "━" not in shown


@pytest.mark.parametrize(
    ("options", "environ"), ((("--progress", "lines"), {}), ((), {"TERM": "dumb"}), (("--log-format", "json"), {}))
)
def test_lines_are_shown_where_no_bar_can_or_shall_be(
    repository: Path, options: tuple[str, ...], environ: dict[str, str]
) -> None:
    code, shown = run_in_terminal(repository, *options, "--log-level", "debug", **environ)
    assert code == 1
    assert HIDDEN not in shown
    assert len(re.findall(r"\[\d/6\] \S+ (?:failed|has run without a change) in \d", shown)) == 6


@pytest.mark.parametrize("log_format", ("console", "json"))
def test_pipes_get_a_line_for_each_failed_item_and_the_summary_and_no_bar(repository: Path, log_format: str) -> None:
    lines = prodigy(repository, "run", "../workflow.yml", "--log-format", log_format)
    none = prodigy(repository, "run", "../workflow.yml", "--log-format", log_format, "--progress", "none")
    for ended in (lines, none):
        assert ended.exit_code == 1
        assert len(re.findall(r"\[\d/6\] b failed: ", ended.stdout)) == 1
        assert "/6] a" not in ended.stdout
        assert "\x1b" not in ended.stdout
        summary = ended.stdout[ended.stdout.index("✗ failure: 1 of 6 items failed") :]
        assert "log: prodigy-results/logs/item-0001.log" in summary
        assert "prodigy-action run ../workflow.yml --resume-from prodigy-results" in summary
    assert "[6/6] " in (repository / "prodigy-results/log.jsonl").read_text()


def test_a_quiet_run_shows_warnings_failures_and_the_result_alone(repository: Path) -> None:
    ended = prodigy(repository, "run", "../workflow.yml", "--quiet")
    first, result, empty, heading, item, *output = ended.stdout.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d warning \[\d/6\] b failed: .*exit code 1", first)
    assert (result, empty, heading) == ("✗ failure: 1 of 6 items failed", "", "1 failed item")
    assert re.match(r"  1  .*b.*exit code 1", item)
    assert [line.strip() for line in output] == [
        "log: prodigy-results/logs/item-0001.log",
        "reproduce: prodigy-action reproduce prodigy-results 1",
    ]
    (repository.parent / "workflow.yml").write_text(WORKFLOW.replace("!= b", "!= z"))
    good = prodigy(repository, "run", "../workflow.yml", "--quiet")
    assert good.stdout == "✓ success: 6 items: 6 unchanged\n"


def test_a_bar_where_none_can_be_drawn_is_refused_before_anything_is_done(repository: Path) -> None:
    ended = prodigy(repository, "run", "../workflow.yml", "--progress", "bar")
    assert ended.exit_code == 2
    assert "the bar cannot be drawn: standard output is no terminal" in ended.stderr
    assert not ended.results_dir.exists()
    code, shown = run_in_terminal(repository, "--progress", "bar", "--log-format", "json")
    assert (code, "the log-format is json" in shown) == (2, True)


def test_an_interrupt_removes_the_bar_and_shows_the_cursor_again(repository: Path) -> None:
    code, shown = in_a_terminal(repository, "run", "../workflow.yml", interrupt_at=b" running")
    assert code == 130
    assert shown.count(HIDDEN) == shown.count(SHOWN) == 1
    assert "cancelled" in shown[shown.rindex(SHOWN) :]


def test_a_mistake_in_the_workflow_is_reported_without_a_bar(repository: Path) -> None:
    (repository.parent / "workflow.yml").write_text("name: x\nmapp: {}\n")
    code, shown = run_in_terminal(repository)
    assert (code, HIDDEN in shown) == (2, False)
