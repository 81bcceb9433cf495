"""`junit.xml`: one test case per item, for the pages and tools that show test results."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from prodigy_action.model.item_view import ExecutionView, ItemView
from prodigy_action.model.results import PhaseResult, RunResult
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.terminal_text import end_of, without_escapes
from prodigy_action.pure.text.visible_text import visible_character
from prodigy_action.report.failure_groups import FAILED_STATES, LEFT_STATES
from prodigy_action.report.headline import failed_phases
from prodigy_action.report.item_text import (
    NAME_LENGTH,
    attempt_problem,
    counterpart_name,
    label_of,
    problem_of,
    reason_of,
)
from prodigy_action.report.overview import Overview

OUTPUT_CHARACTERS = 4096
"""How much of the end of a failed step's output a test case holds."""
OUTPUTS_CHARACTERS = 16 * 2**20
"""How much of it all test cases hold together: readers keep the whole document in memory."""
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
_PASSED = ("succeeded", "unchanged")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def render_junit(result: RunResult, overview: Overview | None = None) -> Iterator[str]:
    """The document in pieces. Every item is a test case, and so is a phase that failed, which counts as an error.

    A failed, timed out or conflicted item is a failure; a skipped, cancelled or not run one is skipped. Executions
    before the last one that failed are reported in the way of Maven's Surefire. Characters that XML does not have are
    replaced by visible ones. `overview` is that of the result, where there is one already.
    """
    counts = result.counts
    phases = failed_phases(result)
    totals = {
        "tests": str(len(result.items) + len(phases)),
        "failures": str(counts.failed + counts.timed_out + counts.conflicted),
        "errors": str(len(phases)),
        "time": f"{result.seconds:.3f}",
    }
    skipped = str(counts.skipped + counts.cancelled + counts.not_run)
    document = _Document()
    document.start("testsuites", {"name": "prodigy-action", **totals})
    suite = {"name": result.workflow.name, **totals, "skipped": skipped, "timestamp": result.started_at[:19]}
    document.start("testsuite", suite)
    _properties(document, result)
    for name, phase in phases:
        _phase_case(document, result.workflow.name, name, phase)
    yield document.taken()
    room = OUTPUTS_CHARACTERS
    overview = overview or Overview(result)
    names = Counter(overview.names)
    counterparts = overview.counterparts
    records = {item.id: label_of(item.item, NAME_LENGTH) for item in result.items if item.id in counterparts}
    workflow = _quoted(result.workflow.name)
    for item, name in zip(result.items, overview.names, strict=True):
        name = name if names[name] == 1 else f"{name} (item {item.id})"
        if item.state in _PASSED and len(item.executions) <= 1:
            document.written(f'<testcase name={_quoted(name)} classname={workflow} time="{item.seconds:.3f}"/>')
            yield document.taken()
            continue
        document.start("testcase", {"name": name, "classname": result.workflow.name, "time": f"{item.seconds:.3f}"})
        if item.state in FAILED_STATES:
            output = _output_tail(item, room)
            room -= len(output)
            _problem(document, "failure", problem_of(item), _kind(item), _text_of(item, output, counterparts, records))
        elif item.state in LEFT_STATES:
            document.element("skipped", {"type": item.state, "message": problem_of(item)})
        for attempt in item.executions[:-1]:
            _earlier_attempt(document, attempt, last=item)
        document.end("testcase")
        yield document.taken()
    document.end("testsuite")
    document.end("testsuites")
    yield document.taken() + "\n"


def _properties(document: _Document, result: RunResult) -> None:
    document.start("properties", {})
    facts = {
        "result": result.result,
        "run-id": result.run_id,
        "base-sha": result.base_sha,
        "head-sha": result.head_sha,
        "branch": result.branch or "",
    }
    for name, value in facts.items():
        document.element("property", {"name": name, "value": value})
    document.end("properties")


def _phase_case(document: _Document, workflow: str, name: str, phase: PhaseResult) -> None:
    document.start("testcase", {"name": name, "classname": workflow, "time": f"{phase.seconds:.3f}"})
    error = phase.error
    message = error.message if error is not None else f"{name} failed"
    lines = [message, _plain(error.output_tail) if error is not None else "", f"log: {phase.log}" if phase.log else ""]
    _problem(document, "error", message, error.kind if error is not None else "phase_failed", _joined(lines))
    document.end("testcase")


def _earlier_attempt(document: _Document, attempt: ExecutionView, *, last: ItemView) -> None:
    if attempt.error is None and attempt.conflict is None:
        return
    kind = "rerunFailure" if last.state in FAILED_STATES else "flakyFailure"
    _problem(document, kind, attempt_problem(attempt), attempt.state, f"execution {attempt.number}")


def _problem(document: _Document, element: str, message: str, kind: str, text: str) -> None:
    document.element(element, {"message": cut(message, 500), "type": kind}, text)


def _kind(item: ItemView) -> str:
    return item.error.kind if item.error is not None else item.state


def _output_tail(item: ItemView, room: int) -> str:
    return _plain(item.error.output_tail) if item.error is not None and room > 0 else ""


def _text_of(item: ItemView, output: str, counterparts: Mapping[int, str], records: Mapping[int, str]) -> str:
    others = item.conflict.with_items if item.conflict is not None else []
    named = [f"{counterpart_name(other, counterparts)}: {records.get(other, '')}" for other in others[:20]]
    lines = [reason_of(item, counterparts), *named, output]
    facts = (("log", item.log), ("patch", item.patch), ("reproduce", item.reproduce))
    lines += [f"{what}: {fact}" for what, fact in facts if fact]
    return _joined(lines)


def _plain(output: str) -> str:
    return end_of(without_escapes(output), OUTPUT_CHARACTERS)


def _joined(parts: list[str]) -> str:
    return "\n".join(part.rstrip() for part in parts if part.strip())


class _Document:
    """Writes XML; what was written is taken piece by piece. (The XML writers of the standard library import its HTTP
    client, which takes longer than writing a short document.)
    """

    def __init__(self) -> None:
        self._parts = ['<?xml version="1.0" encoding="utf-8"?>\n']
        self._open = False
        """Whether the last tag is not finished, because it may have no content."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._write("\n" if name in ("testsuite", "testcase", "properties") else "")
        given = "".join(f' {key}="{_escaped(value, _IN_ATTRIBUTE)}"' for key, value in attributes.items())
        self._write(f"<{name}{given}")
        self._open = True

    def written(self, element: str) -> None:
        """Write a whole element, which is XML, on a line of its own."""
        self._write(f"\n{element}")

    def end(self, name: str) -> None:
        self._parts.append("/>" if self._open else f"</{name}>")
        self._open = False

    def element(self, name: str, attributes: Mapping[str, str], text: str = "") -> None:
        self.start(name, attributes)
        self._write(_escaped(text, _IN_TEXT))
        self.end(name)

    def taken(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        return text

    def _write(self, text: str) -> None:
        if text:
            self._parts += [">", text] if self._open else [text]
            self._open = False


def _quoted(text: str) -> str:
    """The text as the value of an attribute, as `_Document.start` writes it."""
    return f'"{_escaped(text, _IN_ATTRIBUTE)}"'


def _escaped(text: str, escapes: Mapping[int, str]) -> str:
    return _NO_XML.sub(lambda match: visible_character(match[0]), text).translate(escapes)
