"""How a reproduced item ended, in words, beside how it ended in its run."""

from __future__ import annotations

import os

from prodigy_action.adapters.files.below import open_below
from prodigy_action.app.composition import RunParts
from prodigy_action.app.reproduction.recorded import RecordedItem
from prodigy_action.effects.items.failure import item_file_name
from prodigy_action.effects.items.reproduction import Again
from prodigy_action.errors import StepFailed
from prodigy_action.pure.journal.reproduction import exit_code_of
from prodigy_action.pure.text.visible_text import visible
from prodigy_action.report.item_text import name_of, reason_of


async def describe_end(recorded: RecordedItem, parts: RunParts, again: Again, error: Exception | None) -> str:
    """Lines for standard error. The patch of what the item left is written beside its log."""
    item, code = recorded.result, exit_code_of(error)
    name = f"item {item.id} ({visible(name_of(item))})"
    if error is None:
        end = "all its steps succeeded" if again.steps.whole else "these steps succeeded"
    else:
        said = error.message if isinstance(error, StepFailed) else str(error)
        ended = f"exit code {code}"
        end = visible(said) + ("" if said.endswith(ended) else f" ({ended})")
    lines = [f"{name}: {end}"]
    patch = await _write_patch(parts, again, item.id)
    if again.steps.whole:
        lines.append(_compared(recorded, code, same_changes=patch == _read(recorded, item.patch)))
    elif again.keep and again.observed.worktree is not None:
        lines.append("the worktree is kept")
    return "".join(f"{parts.world.masker.mask_text(line)}\n" for line in lines)


def _compared(recorded: RecordedItem, code: int, *, same_changes: bool) -> str:
    item = recorded.result
    reason = visible(reason_of(item, recorded.counterparts))
    if recorded.exit_code is None:
        return f"in the run it did not end: {reason}"
    if code != recorded.exit_code:
        why = f", {reason}" if item.error is not None else ""
        return f"in the run it ended otherwise: exit code {recorded.exit_code}{why}"
    if item.state == "conflicted":
        return f"as in the run, where its commits did not land: {reason}"
    if code == 0:
        return "as in the run"
    if same_changes:
        return "as in the run: the same exit code and the same changes"
    return f"the exit code is that of the run; the changes are not: compare {item.patch or 'the patch'}"


async def _write_patch(parts: RunParts, again: Again, item_id: int) -> bytes:
    """The patch as results keep it, with secrets masked; empty without changes."""
    if not again.observed.patch:
        return b""
    total = len(parts.plan.earlier.planned.items) if parts.plan is not None else 1
    path = await parts.files.write_patch(item_file_name(item_id, total), again.observed.patch)
    return (parts.results / path).read_bytes()


def _read(recorded: RecordedItem, path: str | None) -> bytes:
    if path is None:
        return b""
    try:
        with open(open_below(recorded.directory, path, os.O_RDONLY), "rb") as file:
            return file.read()
    except OSError:
        return b""
