"""The sections of the summary that list items; the rows and bytes of each are limited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import nlargest

from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.item_view import ItemView
from prodigy_action.model.results import RunResult
from prodigy_action.report.failure_groups import ItemGroup
from prodigy_action.report.headline import STATE_WORDS, words_of_states
from prodigy_action.report.html_text import Unbroken, code, details, preformatted, row, rows_within, table
from prodigy_action.report.item_text import (
    FILES_SHOWN,
    ITEMS_SHOWN,
    LANDED_WAYS,
    counted,
    counterpart_name,
    id_ranges,
    label_of,
    last_words,
    listed,
    name_of,
    problem_of,
    reason_of,
    seconds_text,
)
from prodigy_action.report.overview import LANDED_MOST, Overview
from prodigy_action.report.tolerated import tolerated_failures

KIB = 1024
GROUPS_MOST, GROUPS_BYTES = 15, 60 * KIB
FAILURES_MOST, FAILURES_BYTES = 200, 220 * KIB
COMMAND_CHARACTERS = 2000
OUTPUTS_MOST, OUTPUTS_BYTES = 10, 200 * KIB
LEFT_MOST, LEFT_BYTES = 20, 60 * KIB
LANDED_BYTES = 160 * KIB
SLOWEST_MOST, SLOWEST_BYTES = 5, 20 * KIB
GROUPED_FROM = 8
"""With fewer failures than this, there is no section of grouped failures: the table of failures is enough."""
FOLDED_FROM = 25
"""A table with more failures than this is folded; the reader opens it."""
TAIL_LINES = 20
NAME_SHOWN, WHY_SHOWN = 26, 34
"""Characters of a line that is one line in a window of 480 pixels too."""
ROW_NAME, ROW_FILES = 30, 24


def failure_sections(overview: Overview) -> list[str]:
    """Why items failed, which items failed, and the last lines that the first of them printed."""
    failed, groups = overview.survey.failed, overview.groups
    sections: list[str] = []
    if len(failed) >= GROUPED_FROM and len(groups) < len(failed):
        sections.append(_group_section(groups))
    if failed:
        sections.append(_failure_section(failed, overview.counterparts, grouped=bool(sections)))
        sections.append(_first_command(failed))
    return sections


def _first_command(failed: Sequence[ItemView]) -> str:
    """The command that reproduces the first failure; empty without one."""
    command = next((item.reproduce for item in failed if item.reproduce is not None), None)
    return "" if command is None else f"<p>To reproduce the first failure: {code(command, COMMAND_CHARACTERS)}</p>"


def _group_section(groups: Sequence[ItemGroup]) -> str:
    shown = rows_within(map(_group_fold, groups), most=GROUPS_MOST, size=GROUPS_BYTES)
    return "\n".join(["<h3>Why items failed</h3>", *shown]) + _more(len(groups) - len(shown), "further reason")


def _group_fold(group: ItemGroup) -> str:
    lines = [f"<p>{code(group.problem)}</p>"]
    lines += [f"<p>{code(group.example)}</p>"] if group.example else []
    lines.append(f"<p>items {id_ranges(item.id for item in group.items)}</p>")
    return details(f"{len(group.items):,} × {code(group.problem, WHY_SHOWN)}", "\n".join(lines))


def _failure_section(failed: Sequence[ItemView], names: Mapping[int, str], *, grouped: bool) -> str:
    printed = _with_new_output(failed)
    folds = (_failure_fold(item, names, output=item.id in printed) for item in failed)
    shown = rows_within(folds, most=FAILURES_MOST, size=FAILURES_BYTES + OUTPUTS_BYTES)
    content = "\n".join(shown) + _more(len(failed) - len(shown), "further failed item")
    if grouped and len(failed) > FOLDED_FROM:
        return details(counted(len(failed), "failed item"), content)
    return f"<h3>Failed items</h3>\n{content}"


def _failure_fold(item: ItemView, names: Mapping[int, str], *, output: bool) -> str:
    """One line with the item's key and why it failed; opened, all about it."""
    line = f"{code(name_of(item), NAME_SHOWN)} {code(reason_of(item, names), WHY_SHOWN)}"
    facts = [
        ("why", _conflict(item, names) if item.state == "conflicted" else _problem(item)),
        ("record", code(label_of(item.item))),
        ("item", f"{item.id}, {seconds_text(item.seconds)}"),
        ("files", ", ".join(code(file) for file in (item.log, item.patch) if file)),
        ("reproduce", code(item.reproduce, COMMAND_CHARACTERS) if item.reproduce is not None else ""),
    ]
    lines = [f"<p>{'<br>'.join(f'{name}: {text}' for name, text in facts if text)}</p>"]
    tail = item.error.output_tail[-4 * KIB :].splitlines()[-TAIL_LINES:] if output and item.error is not None else []
    return details(line, "\n".join([*lines, *([preformatted(tail)] if tail else [])]))


def _with_new_output(failed: Sequence[ItemView]) -> set[int]:
    """The first items whose failed steps printed something that those of no item before them did."""
    first: dict[str, int] = {}
    for item in failed:
        if item.error is not None and item.error.output_tail.strip() and len(first) < OUTPUTS_MOST:
            first.setdefault(item.error.output_tail, item.id)
    return set(first.values())


def _time(item: ItemView) -> str:
    return Unbroken(seconds_text(item.seconds))


def _problem(item: ItemView) -> str:
    said = last_words(item)
    return code(problem_of(item)) + (f"<br>{code(said)}" if said else "")


def _conflict(item: ItemView, names: Mapping[int, str]) -> str:
    if item.conflict is None:
        return code(problem_of(item))
    others = [code(counterpart_name(other, names)) for other in item.conflict.with_items[:ITEMS_SHOWN]]
    more = len(item.conflict.with_items) - len(others)
    others += [f"{more:,} more"] if more > 0 else []
    return f"conflict in {code(listed(item.conflict.files, FILES_SHOWN))}" + (
        f"<br>with {', '.join(others)}" if others else ""
    )


def tolerated_section(result: RunResult) -> str:
    """The steps that failed and after which the run continued, by reason."""
    failures = tolerated_failures(result)
    if not failures:
        return ""
    cells = (row(failure.times, code(failure.problem), failure.where) for failure in failures)
    rows = rows_within(cells, most=LEFT_MOST, size=LEFT_BYTES)
    content = f"{table(['#times', 'why', 'where'], rows)}{_more(len(failures) - len(rows), 'further reason')}"
    return f"<h3>Tolerated failures</h3>\n{content}"


def left_over_section(overview: Overview) -> str:
    """The items that were skipped, cancelled or never started, by reason."""
    groups = overview.left_groups
    if not groups:
        return ""
    rows = rows_within((_left_over_row(group) for group in groups), most=LEFT_MOST, size=LEFT_BYTES)
    heads = ["#items", "", "why", "which"]
    return f"<h3>Items without a result</h3>\n{table(heads, rows)}{_more(len(groups) - len(rows), 'further reason')}"


def _left_over_row(group: ItemGroup) -> str:
    ids = id_ranges(item.id for item in group.items)
    return row(len(group.items), STATE_WORDS[group.state], code(group.problem), ids)


def slowest_section(result: RunResult, overview: Overview) -> str:
    """The items that took longest; empty when there are too few items for this to be useful."""
    if overview.survey.executed <= 2 * SLOWEST_MOST:
        return ""
    executed = (item for item in overview.items if item.executions)
    slowest = nlargest(SLOWEST_MOST, executed, key=lambda item: item.seconds)
    words = words_of_states(result)
    cells = (row(_name_cell(item), words[item.state], _time(item)) for item in slowest)
    rows = rows_within(cells, most=SLOWEST_MOST, size=SLOWEST_BYTES)
    return details("Slowest items", table(["item", "", "time"], rows))


def agent_section(result: RunResult) -> str:
    """What the calls of the agent program took, in sum and for the most expensive items; empty without reports."""
    if result.agent is None:
        return ""
    items = [item for item in result.items if item.agent is not None]
    first = sorted(items, key=lambda item: (-((item.agent and item.agent.cost_usd) or 0), item.id))[:SLOWEST_MOST]
    cells = (row(_name_cell(item), usage_text(item.agent)) for item in first if item.agent)
    rows = rows_within(cells, most=SLOWEST_MOST, size=SLOWEST_BYTES)
    content = f"{table(['item', 'calls'], rows)}{_more(len(items) - len(rows), 'further item')}"
    return details(f"Agent program: {usage_text(result.agent)}", content if rows else "")


def usage_text(usage: AgentUsage) -> str:
    """The calls in words, such as `3 calls, 12 turns, $0.42, 1 error`."""
    parts = [counted(usage.calls, "call"), counted(usage.turns, "turn")]
    if usage.cost_usd is not None:
        parts.append(f"${usage.cost_usd:,.2f}")
    if usage.errors:
        parts.append(counted(usage.errors, "error"))
    return ", ".join(parts)


def landed_section(overview: Overview) -> str:
    """The items that landed and what they changed."""
    survey = overview.survey
    if not survey.landed:
        return ""
    rows = rows_within(map(_landed_row, survey.first_landed), most=LANDED_MOST, size=LANDED_BYTES)
    heads = ["item", "files", "time"]
    content = f"{table(heads, rows)}{_more(survey.landed - len(rows), 'further item')}"
    return details(f"{counted(survey.landed, 'item')} landed{_further_ways(survey.ways)}", content)


def _further_ways(ways: Mapping[str, int]) -> str:
    facts = [f"{ways[way]:,} {words}" for way, words in LANDED_WAYS.items() if way in ways]
    return f" ({', '.join(facts)})" if facts else ""


def _landed_row(item: ItemView) -> str:
    files = Unbroken(code(listed(item.files_changed, 1), ROW_FILES)) if item.files_changed else ""
    return row(_name_cell(item), files, _time(item))


def _name_cell(item: ItemView) -> str:
    return Unbroken(code(name_of(item), ROW_NAME))


def _more(left: int, what: str) -> str:
    return f"\n<p>… and {counted(left, what)}, see <code>results.json</code>.</p>" if left > 0 else ""
