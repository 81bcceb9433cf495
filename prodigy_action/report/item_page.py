"""Failed items, and all about one item, as text for a terminal: without control characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prodigy_action.model.events import StepRecord
from prodigy_action.model.item_view import ItemView
from prodigy_action.model.json_value import compact_json
from prodigy_action.pure.journal.reproduction import reproduce_command
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.visible_text import visible
from prodigy_action.report.headline import STATE_WORDS
from prodigy_action.report.item_text import (
    LANDED_WAYS,
    attempt_problem,
    counted,
    last_lines,
    listed,
    name_of,
    reason_of,
    seconds_text,
    step_note,
)

LOG_BYTES = 8 * 2**10
"""Of the end of an item's log."""
PATCH_BYTES = 64 * 2**10
"""Of the begin of an item's patch."""
OUTPUT_LINES = 4
FILES_SHOWN = 20
ITEM_CHARACTERS = 2_000
COMMAND_CHARACTERS = 200
NOTE_CHARACTERS = 500


def render_failed(items: Sequence[ItemView], results_dir: str, names: Mapping[int, str]) -> str:
    """Every failed item: why, what it printed last, where its log is; `names` are those of the items in conflict."""
    lines = [counted(len(items), "failed item")]
    for item in items:
        lines += [f"  {item.id}  {visible(name_of(item))}", f"      {visible(reason_of(item, names))}"]
        lines += [f"      | {visible(line)}" for line in last_lines(item, OUTPUT_LINES)]
        lines += [f"      log: {visible(_place(results_dir, item.log))}"] if item.log is not None else []
        again = reproduce_command(results_dir, item.id)
        lines += [f"      reproduce: {visible(again)}"] if item.reproduce is not None else []
    if items:
        lines.append(f"One of them whole: prodigy-action show {visible(results_dir)} --item {items[0].id}")
    return "".join(f"{line}\n" for line in lines)


def render_item(
    item: ItemView, results_dir: str, names: Mapping[int, str], *, log: tuple[str, int], patch: tuple[str, int]
) -> str:
    """One item: its record, steps and executions, the end of its log and the begin of its patch.

    `names` are those of the items that it conflicts with. `log` and `patch` are texts and the bytes that the whole
    files have.
    """
    return "".join(f"{line.rstrip()}\n" for line in _lines(item, results_dir, names, log, patch))


def _lines(
    item: ItemView, results_dir: str, names: Mapping[int, str], log: tuple[str, int], patch: tuple[str, int]
) -> Iterator[str]:
    yield f"item {item.id}  {visible(name_of(item))}"
    for name, value in _facts(item, names):
        yield f"  {name:<13}{visible(value)}"
    if item.steps:
        yield from ("", "steps")
        for step in item.steps:
            yield f"  {step.index + 1:>3}  {_step_end(step):<12}{seconds_text(step.seconds):>10}  {_command(step)}"
            if note := step_note(step):
                yield f"       {visible(cut(note, NOTE_CHARACTERS))}"
            for name, captured in step.captured.items():
                yield f"       {visible(name)} = {visible(cut(compact_json(captured), 300))}"
    if len(item.attempts) > 1:
        yield from ("", "executions")
        for each in item.attempts:
            problem = visible(cut(attempt_problem(each), 300))
            yield f"  {each.number:>3}  {each.state.replace('_', ' '):<12}{seconds_text(each.seconds):>10}  {problem}"
    if item.reproduce is not None:
        yield from ("", f"reproduce: {visible(reproduce_command(results_dir, item.id))}")
    yield from _file("log", item.log, results_dir, log, "end")
    yield from _file("patch", item.patch, results_dir, patch, "begin")


def _facts(item: ItemView, names: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    yield "record", cut(compact_json(item.item), ITEM_CHARACTERS)
    how = LANDED_WAYS.get(item.landed_by or "")
    yield "state", STATE_WORDS[item.state] + (f" ({how})" if how else "")
    if item.state not in ("succeeded", "unchanged"):
        yield "because", reason_of(item, names)
    elif item.reason:
        yield "because", item.reason
    yield "time", seconds_text(item.seconds)
    if item.commits:
        yield "commits", listed([commit[:12] for commit in item.commits], FILES_SHOWN)
    if item.files_changed:
        yield "files", listed(item.files_changed, FILES_SHOWN)
    if item.uncommitted:
        yield "uncommitted", listed(item.uncommitted, FILES_SHOWN)
    if item.refs:
        yield "refs", listed([ref.name for ref in item.refs], FILES_SHOWN)
    if item.agent is not None:
        yield "agent", compact_json(item.agent.model_dump(mode="json", exclude_none=True))


def _step_end(step: StepRecord) -> str:
    return "skipped" if step.skipped is not None else "–" if step.exit_code is None else f"exit code {step.exit_code}"


def _command(step: StepRecord) -> str:
    if step.name:
        return visible(cut(step.name, COMMAND_CHARACTERS))
    first, _, rest = step.command.strip().partition("\n")
    return visible(f"{step.kind}: {cut(first, COMMAND_CHARACTERS)}{' …' if rest else ''}")


def _file(kind: str, path: str | None, results_dir: str, content: tuple[str, int], part: str) -> Iterator[str]:
    if path is None:
        return
    text, size = content
    shown = len(text.encode())
    where = visible(_place(results_dir, path))
    limit = f", the {part} of {size:,} bytes" if size > shown else ""
    yield from ("", f"{kind} ({where}{limit})" if text else f"{kind} ({where}): it is empty or cannot be read")
    for line in text.removesuffix("\n").split("\n") if text else ():
        yield f"  {visible(line)}"


def _place(results_dir: str, path: str) -> str:
    return f"{results_dir.rstrip('/')}/{path}"
