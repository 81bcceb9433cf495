"""The summary of a run for a terminal: plain text, aligned, of limited length, without control characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from prodigy_action.model.item_view import ItemView
from prodigy_action.model.results import PhaseResult, RunResult
from prodigy_action.pure.text.colors import Style, painted
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.visible_text import defused, visible, width, wrapped
from prodigy_action.report.failure_groups import LEFT_STATES, failed_items, group_items
from prodigy_action.report.headline import (
    STATE_WORDS,
    counts_text,
    failed_phases,
    further_message,
    headline,
    phase_end,
)
from prodigy_action.report.item_text import (
    counted,
    counterpart_names,
    id_ranges,
    last_lines,
    name_of,
    reason_of,
    seconds_text,
)
from prodigy_action.report.published import landed_text, why_nothing_landed
from prodigy_action.report.resume_command import resume_command
from prodigy_action.report.tolerated import tolerated_count, tolerated_failures
from prodigy_action.report.uncommitted import uncommitted_ids, uncommitted_notice

FAILURES_SHOWN = 20
DETAILED = 3
"""Of so many failures the last lines of the output and the log are shown, of the others one line."""
OUTPUT_LINES = 4
GROUPS_SHOWN = 8
LABEL_WIDTH = 40
TEXT_WIDTH = 160
FACT_INDENT = 12
REPRODUCE = "reproduce: "
NARROW = 110
"""Columns below which items and reasons do not fit beside each other."""
MARKS = {"success": "✓", "partial": "!", "failure": "✗", "cancelled": "✗", "internal": "✗"}
STYLES: Mapping[str, Style] = {
    "success": "good",
    "partial": "warning",
    "failure": "error",
    "cancelled": "error",
    "internal": "error",
}


def render_console(
    result: RunResult,
    *,
    results_dir: str,
    shown_dir: str = "",
    columns: int | None = None,
    brief: bool = False,
    color: bool = False,
) -> str:
    """What a person reads at the end of a run: the verdict, what failed and why, and where the details are.

    With `brief` it is the verdict and the failures alone. `results_dir` is the results directory in commands,
    `shown_dir` in the names of files: as it is reached from the current directory, if that is different.
    `columns` is the width of the terminal, None when the output is no terminal: then no line is broken.
    """
    narrow = columns is not None and columns < NARROW
    lines = [
        f"{MARKS[result.result]} {result.result}: {headline(result)}",
        *([f"! {notice}"] if (notice := uncommitted_notice(uncommitted_ids(result.items))) else []),
        *([] if brief else ["", *_facts(result, results_dir, shown_dir or results_dir)]),
        *_phase_problems(result),
        *_failures(result, (shown_dir or results_dir).rstrip("/"), narrow=narrow),
        *([] if brief else [*_left_over(result.items), *_tolerated(result)]),
    ]
    shown = lines if columns is None else [part for line in lines for part in _broken(line, columns)]
    safe = [defused(line.rstrip()) for line in shown]
    return "".join(f"{line}\n" for line in (_painted(safe, result) if color else safe))


def _painted(lines: Sequence[str], result: RunResult) -> list[str]:
    """The lines with the verdict and the notice in colours."""
    style = STYLES[result.result]
    verdict = f"{MARKS[result.result]} {result.result}"
    head = lines[0].replace(verdict, painted(verdict, style, color=True), 1)
    notices = len(list(takewhile(bool, lines)))
    return [head, *(painted(line, "warning", color=True) for line in lines[1:notices]), *lines[notices:]]


def _broken(line: str, columns: int) -> list[str]:
    """The line in parts that fit the width; the parts after the first are indented to the text of the first."""
    if line.lstrip().startswith(REPRODUCE):  # a command is pasted as a whole: the terminal wraps it
        return [line]
    indent = len(line) - len(line.lstrip())
    hanging = FACT_INDENT if line[:2] == "  " and line[FACT_INDENT - 1 : FACT_INDENT] == " " else indent + 2
    return wrapped(line, columns, hanging)


def _facts(result: RunResult, results_dir: str, shown_dir: str) -> list[str]:
    facts = [("workflow", _shown(f"{result.workflow.name} ({result.workflow.path})"))]
    facts.append(("run", _shown(f"{result.run_id}, {seconds_text(result.seconds)}, exit code {result.exit_code}")))
    if message := further_message(result):
        facts.append(("because", _shown(message)))
    facts.append(("items", counts_text(result)))
    facts += [("phases" if not n else "", line) for n, line in enumerate(_phase_lines(result))]
    facts.append(("landed", _shown(_landed(result))))
    facts.append(("results", _shown(f"{shown_dir.rstrip('/')}/results.json")))
    if command := resume_command(result, results_dir):
        facts.append(("resume", _shown(command)))
    return [f"  {name:<{FACT_INDENT - 2}}{text}" for name, text in facts]


def _phase_lines(result: RunResult) -> list[str]:
    return [
        f"{name:<8}{phase_end(name, result)[1]:<15}{seconds_text(phase.seconds):>12}{_load(phase, result)}"
        for name, phase in result.phases.items()
    ]


def _load(phase: PhaseResult, result: RunResult) -> str:
    if phase.max_parallel is None:
        return ""
    busy = f", busy {phase.efficiency:.0%} of the time" if phase.efficiency is not None else ""
    return f"  {min(phase.max_parallel, max(result.counts.planned, 1))} at once{busy}"


def _landed(result: RunResult) -> str:
    if result.missing:
        return landed_text(result).removeprefix("Landed: ")
    if result.branch is None:
        return f"nothing: {why_nothing_landed(result)}"
    where = f"{result.head_sha[:12]} on the branch {result.branch}"
    if result.checkout_updated:
        return f"{where}, and in the checkout"
    return f"{where} only: {result.checkout_reason}" if result.checkout_reason else f"{where} only"


def _phase_problems(result: RunResult) -> list[str]:
    lines: list[str] = []
    for name, phase in failed_phases(result):
        if phase.error is not None:
            lines += ["", f"{name} failed: {_shown(phase.error.message)}"]
            lines += [f"  | {_shown(line)}" for line in phase.error.output_tail[-4096:].splitlines()[-10:]]
    return lines


def _failures(result: RunResult, results_dir: str, *, narrow: bool) -> list[str]:
    failed = failed_items(result.items)
    if not failed:
        return []
    lines = ["", counted(len(failed), "failed item")]
    groups = group_items(failed)
    if len(failed) > FAILURES_SHOWN and len(groups) < len(failed):
        for group in groups[:GROUPS_SHOWN]:
            lines.append(f"  {len(group.items):>7,} ×  {_shown(group.problem)}")
            lines += [f"{'':13}{_shown(group.example)}"] if group.example else []
        if len(groups) > GROUPS_SHOWN:
            lines.append(f"  {'…':>7}    {len(groups) - GROUPS_SHOWN:,} further reasons")
        lines.append("")
    shown = [(item, _said(item, results_dir, number)) for number, item in enumerate(failed[:FAILURES_SHOWN])]
    names = counterpart_names(result.items)
    lines += _failure_list(shown, names) if narrow else _failure_table(shown, names)
    if len(failed) > FAILURES_SHOWN:
        lines.append(f"  … {len(failed) - FAILURES_SHOWN:,} more: see `prodigy-action show --failed`")
    return lines


def _said(item: ItemView, results_dir: str, number: int) -> list[str]:
    """What the failed step printed last; of the first failures more, and where the whole is."""
    again = [f"{REPRODUCE}{item.reproduce}"] if item.reproduce is not None else []
    if number >= DETAILED:
        return [*last_lines(item, 1), *again]
    where = [f"log: {results_dir}/{item.log}"] if item.log is not None else []
    return [*(f"| {line}" for line in last_lines(item, OUTPUT_LINES)), *where, *again]


def _failure_list(failures: Sequence[tuple[ItemView, list[str]]], names: Mapping[int, str]) -> list[str]:
    digits = max(len(str(item.id)) for item, _ in failures)
    lines: list[str] = []
    for item, said in failures:
        lines.append(f"  {item.id:>{digits}}  {visible(name_of(item, LABEL_WIDTH))}")
        lines += [f"  {'':{digits}}  {_shown(text)}" for text in (reason_of(item, names), *said)]
    return lines


def _failure_table(failures: Sequence[tuple[ItemView, list[str]]], names: Mapping[int, str]) -> list[str]:
    digits = max(len(str(item.id)) for item, _ in failures)
    labels = [visible(name_of(item, LABEL_WIDTH)) for item, _ in failures]
    column = min(max(map(width, labels)), 2 * LABEL_WIDTH)
    lines: list[str] = []
    for (item, said), label in zip(failures, labels, strict=True):
        padding = " " * max(column - width(label), 0)
        lines.append(f"  {item.id:>{digits}}  {label}{padding}  {_shown(reason_of(item, names))}")
        lines += [f"  {'':{digits}}  {'':{column}}  {_shown(text)}" for text in said]
    return lines


def _left_over(items: Sequence[ItemView]) -> list[str]:
    groups = group_items(items, LEFT_STATES)
    lines: list[str] = [""] if groups else []
    for group in groups[:GROUPS_SHOWN]:
        ids = id_ranges(item.id for item in group.items)
        word = "item" if len(group.items) == 1 else "items"
        lines.append(f"{len(group.items):,} {STATE_WORDS[group.state]} ({word} {ids}): {_shown(group.problem)}")
    if len(groups) > GROUPS_SHOWN:
        lines.append(f"… {len(groups) - GROUPS_SHOWN:,} further reasons")
    return lines


def _tolerated(result: RunResult) -> list[str]:
    failures = tolerated_failures(result)
    if not failures:
        return []
    lines = ["", f"{tolerated_count(result)}: these steps failed, and the run continued"]
    lines += [f"  {_shown(failure.problem)} ({failure.where})" for failure in failures[:GROUPS_SHOWN]]
    return [*lines, f"  … {len(failures) - GROUPS_SHOWN:,} further reasons"] if len(failures) > GROUPS_SHOWN else lines


def _shown(text: str) -> str:
    return visible(text if text.startswith(REPRODUCE) else cut(text, TEXT_WIDTH))
