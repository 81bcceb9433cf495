"""The job summary, `summary.md`: what failed and why comes first; the length is limited, however large the run is."""

from __future__ import annotations

import re

from prodigy_action.model.results import PhaseResult, RunResult
from prodigy_action.report.headline import counts_text, failed_phases, further_message, headline, phase_end
from prodigy_action.report.html_text import code, preformatted
from prodigy_action.report.item_text import counted, seconds_text
from prodigy_action.report.overview import Overview
from prodigy_action.report.published import landed_text
from prodigy_action.report.summary_items import (
    agent_section,
    failure_sections,
    landed_section,
    left_over_section,
    slowest_section,
    tolerated_section,
)
from prodigy_action.report.timeline import timeline_section
from prodigy_action.report.uncommitted import uncommitted_notice

SUMMARY_BYTES = 900 * 1024
"""The runner refuses a summary of more than a mebibyte; every section is bounded so that the sum stays below this."""
TAIL_LINES = 30
ICONS = {"success": "✅", "partial": "⚠️", "failure": "❌", "cancelled": "⏹️", "internal": "💥"}
LOST_ICON = "⚠️"
STATE_ICONS = {"succeeded": "✅", "failed": "❌", "skipped": "➖", "cancelled": "⏹️"}
_OWN_FILE = re.compile(r"<code>((?:logs|patches)/[a-z]+(?:-[0-9]+)?\.(?:log|patch))</code>")


def render_summary(
    result: RunResult, overview: Overview | None = None, *, results_dir: str = "", linked: bool = False
) -> str:
    """The summary as GitHub-flavoured Markdown: at most 900 KiB of valid UTF-8, with untrusted text escaped.

    With `linked` it stands in the results directory, and its names of files there are links to them; without, it says
    that they are in `results_dir`. `overview` is that of the result, where there is one already.
    """
    overview = overview or Overview(result)
    sections = [
        _verdict(result),
        f"⚠️ {notice}" if (notice := uncommitted_notice(overview.survey.uncommitted)) else "",
        *_phase_problems(result),
        *failure_sections(overview),
        left_over_section(overview),
        tolerated_section(result),
        slowest_section(result, overview),
        _phases(result),
        agent_section(result),
        timeline_section(result, overview.rows),
        landed_section(overview),
        _further_files(results_dir, linked=linked),
    ]
    text = "\n\n".join(section for section in sections if section) + "\n"
    return _OWN_FILE.sub(r'<a href="\1">\g<0></a>', text) if linked else text


def _further_files(results_dir: str, *, linked: bool) -> str:
    names = ("report.html", "results.json", "junit.xml", "log.jsonl")
    page, results, tests, log = (f"[{name}]({name})" if linked else f"`{name}`" for name in names)
    files = f"{page} in a browser, {results} for programs, {tests} for test reports, {log} for the log of the run."
    named = f" {code(results_dir)}" if results_dir else ""
    where = (
        f" These files are in the results directory{named}: download them from the artifact that the job makes of it."
    )
    return f"Every item with its steps, output and patch: {files}{'' if linked else where}"


def _verdict(result: RunResult) -> str:
    title = headline(result)
    lines = [f"<h2>{ICONS[result.result]} {title[:1].upper()}{title[1:]}</h2>"]
    if result.counts.planned or result.counts.selected_out:
        lines.append(f"<p><b>{counts_text(result)}</b></p>")
    lines.append(
        f"<p>{code(result.workflow.name)} · run {code(result.run_id)} · {seconds_text(result.seconds)}"
        f" · exit code {result.exit_code}<br>{landed_text(result, code)}</p>"
    )
    if message := further_message(result):
        lines.append(f"<p>{code(message, 500)}</p>")
    return "\n".join(lines)


def _phase_problems(result: RunResult) -> list[str]:
    return [_phase_problem(name, phase) for name, phase in failed_phases(result)]


def _phase_problem(name: str, phase: PhaseResult) -> str:
    if phase.error is None:
        return f"### {name} failed"
    tail = phase.error.output_tail[-8192:].splitlines()[-TAIL_LINES:]
    lines = [f"<h3>{name} failed</h3>", f"<p>{code(phase.error.message, 500)}</p>"]
    return "\n".join([*lines, preformatted(tail)] if tail else lines)


def _phases(result: RunResult) -> str:
    if not result.phases:
        return ""
    rows = [_phase_row(name, phase, result) for name, phase in result.phases.items()]
    return "\n".join(["| phase | | time | |", "|---|---|--:|---|", *rows])


def _phase_row(name: str, phase: PhaseResult, result: RunResult) -> str:
    work = ""
    if phase.max_parallel is not None:
        work = f"{min(phase.max_parallel, max(result.counts.planned, 1)):,} at once"
        if phase.efficiency is not None:
            work += f", busy {phase.efficiency:.0%} of the time"
    elif phase.steps:
        work = counted(len(phase.steps), "step")
    took = seconds_text(phase.seconds).replace(" ", "&nbsp;")  # so that a narrow cell does not break it
    return f"| {name} | {_phase_end(name, result)} | {took} | {work} |"


def _phase_end(name: str, result: RunResult) -> str:
    state = result.phases[name].state  # type: ignore[index]  # the callers take the names from this mapping
    whole, words = phase_end(name, result)
    return f"{STATE_ICONS[state] if whole or state != 'succeeded' else LOST_ICON} {words}"
