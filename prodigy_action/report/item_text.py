"""One-line texts about items, not escaped; the caller escapes them for its output format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile, islice

from prodigy_action.model.events import StepRecord
from prodigy_action.model.item_parts import Conflict
from prodigy_action.model.item_view import ExecutionView, ItemView
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.pure.item_titles import is_digest
from prodigy_action.pure.shell.safety.shown import FIRST, FURTHER
from prodigy_action.pure.text.cutting import cut

LABEL_LENGTH = 100
FIELDS_SHOWN = 6
FILES_SHOWN = 5
LANDED_WAYS: Mapping[str, str] = {"rebase": "rebased", "rerun": "executed again on top of the others"}
"""How commits landed that did not land as they were made, in words."""
ITEMS_SHOWN = 5
NAME_LENGTH = 60
"""Of the name of another item."""


def label_of(item: JsonValue, length: int = LABEL_LENGTH) -> str:
    """The text by which a reader recognises an item: a string as it is, an object as `name=value`, others as JSON."""
    if isinstance(item, Mapping):
        pairs = [f"{cut(name, length)}={_part(value, length)}" for name, value in islice(item.items(), FIELDS_SHOWN)]
        return cut(" ".join([*pairs, "…"] if len(item) > FIELDS_SHOWN else pairs) or "{}", length)
    return _part(item, length)


def _part(value: JsonValue, length: int) -> str:
    if isinstance(value, str):
        return cut(value, length) or '""'
    if isinstance(value, Mapping):
        return f"{{{len(value)}}}" if value else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(_part(each, 20) for each in value[:3])}{', …' if len(value) > 3 else ''}]"
    return cut(compact_json(value), length)


def name_of(item: ItemView, length: int = LABEL_LENGTH) -> str:
    """What one item is called: its key, or its label where the key is a digest that nobody recognises."""
    return planned_name(item.key, item.item, length)


def planned_name(key: str, item: JsonValue, length: int = LABEL_LENGTH) -> str:
    """As `name_of`, of an item that has not ended."""
    return label_of(item, length) if is_digest(key) else cut(key, length)


def problem_of(item: ItemView, length: int = 300) -> str:
    """Why the item did not land, in one sentence; items with the same kind of failure have the same sentence."""
    if item.conflict is not None and item.state == "conflicted":
        return cut(conflict_text(item.conflict), length)
    if item.error is not None:
        return cut(item.error.message or item.error.kind, length)
    return cut(item.reason or item.state.replace("_", " "), length)


def conflict_text(conflict: Conflict) -> str:
    """`conflict in a, b and 3 more`."""
    return f"conflict in {listed(conflict.files, FILES_SHOWN)}"


def step_note(step: StepRecord) -> str:
    """Why the step did not run, or why it, or something in it, failed when the run continued; empty otherwise."""
    inside = "; ".join(step.tolerated_inside) or None
    notes = (("skipped", step.skipped), ("recovered", step.recovered), ("tolerated", step.tolerated))
    return "; ".join(f"{word}: {reason}" for word, reason in (*notes, ("tolerated", inside)) if reason is not None)


def attempt_problem(attempt: ExecutionView) -> str:
    """Why one execution did not land; empty when it did."""
    return attempt.error or (conflict_text(attempt.conflict) if attempt.conflict is not None else "")


def reason_of(item: ItemView, names: Mapping[int, str]) -> str:
    """`problem_of` the item, followed by the items that it conflicts with, by their `counterpart_names`."""
    others = item.conflict.with_items if item.conflict is not None and item.state == "conflicted" else []
    if not others:
        return problem_of(item)
    return f"{problem_of(item)} with {listed([counterpart_name(other, names) for other in others], ITEMS_SHOWN)}"


def counterpart_name(id: int, names: Mapping[int, str]) -> str:
    """What an item that others conflict with is called; its number where the results do not have it."""
    return names.get(id, f"item {id}")


def counterpart_names(items: Sequence[ItemView]) -> Mapping[int, str]:
    """Id → name of the items that others conflict with, or conflicted with before they were executed again."""
    others = {id for item in items if item.conflict is not None for id in item.conflict.with_items}
    return {item.id: name_of(item, NAME_LENGTH) for item in items if item.id in others} if others else {}


def last_words(item: ItemView, length: int = 200) -> str:
    """The last line of the failed step's output that is not blank; empty when there is none."""
    return "".join(last_lines(item, 1, length))


def last_lines(item: ItemView, most: int, length: int = 200) -> list[str]:
    """The last lines of the failed step's output that are not blank; without a last one that the reason has."""
    if item.error is None or item.state not in ("failed", "timed_out"):
        return []
    lines = [line.rstrip() for line in item.error.output_tail[-4096:].splitlines() if line.strip()]
    heading = f"=== {item.error.step}"  # of the step, in the log
    if heading in lines:
        lines = lines[len(lines) - lines[::-1].index(heading) :]
        lines = list(dropwhile(lambda line: line.startswith((FIRST, FURTHER)), lines))
    shown = lines[-most:]
    if shown and shown[-1].strip() in item.error.message.removeprefix(f"{item.error.step}: "):
        shown.pop()
    return [cut(line.strip() if most == 1 else line, length) for line in shown]


def listed(names: Sequence[str], most: int) -> str:
    """The first `most` names, separated by commas, and how many more there are."""
    shown = ", ".join(cut(name, LABEL_LENGTH) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def id_ranges(ids: Iterable[int], most: int = 12) -> str:
    """Ids in ascending order as ranges (`0-5, 7, 9-12`), at most `most` of them."""
    ranges: list[tuple[int, int]] = []
    left = 0
    for id in ids:
        if ranges and not left and id == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], id)
        elif len(ranges) < most:
            ranges.append((id, id))
        else:
            left += 1
    shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
    return f"{shown} and {left} more" if left else shown


def counted(count: int, one: str) -> str:
    """`1 item`, `1,200 items`."""
    return f"{count:,} {one if count == 1 else one + 's'}"


def seconds_text(seconds: float) -> str:
    """A duration for people: `0.3 s`, `42 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
