"""Executing one item of an ended run once more: how it is named, which steps run, and the exit code."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput, StepFailed, StepTimedOut
from prodigy_action.model.events import PlannedItem
from prodigy_action.model.workflow import Step
from prodigy_action.pure.items.outcome import AgentFailed
from prodigy_action.pure.text.suggestions import nearest

SHELL_MARK = "PRODIGY_REPRODUCE_SHELL"
"""The variable that marks the command which stands for an interactive shell."""
TIMED_OUT = 124
"""The exit code for a time limit that passed, as that of timeout(1)."""
_FAILED = 1
"""The exit code of a failure that is not that of a command."""


def reproduce_command(results_dir: str, item_id: int) -> str:
    """The command that executes an item once more, safe to paste into a shell."""
    directory = results_dir.rstrip("/") or "/"
    if directory.startswith("-"):
        directory = f"./{directory}"
    return shlex.join(("prodigy-action", "reproduce", directory, str(item_id)))


def find_planned(items: Sequence[PlannedItem], wanted: str, names: Sequence[str], source: str) -> PlannedItem:
    """The item with this id (`7`, `item_7`), or else with this key (also `key=KEY`), or else with this one of `names`.

    `names` are what reports call the items, in their order. Raises `InvalidInput` when no item, or more than one, is
    meant; `source` is what was read.
    """
    for item in items:
        if wanted in (str(item.id), f"item_{item.id}"):
            return item
    key = wanted.removeprefix("key=")
    found = [item for item in items if item.key in (wanted, key)]
    found = found or [item for item, name in zip(items, names, strict=True) if name == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(item.id) for item in found[:5])
        message, hint = f"{len(found)} items are called {wanted!r}", f"write one of their ids: {ids}"
    else:
        close = nearest(key, {*(item.key for item in items), *names})
        message = f"no item has the id, the key or the name {wanted!r}"
        hint = f"did you mean `{close[0]}`?" if close else _ids(items)
    raise InvalidInput([Diagnostic(message, source=source, hint=hint, code="unknown-item")])


def _ids(items: Sequence[PlannedItem]) -> str:
    if not items:
        return "the run has no items"
    return f"ids are {items[0].id} to {items[-1].id}; keys are in results.json"


@dataclass(frozen=True, slots=True)
class StepsToRun:
    """The steps of an item that run; `whole` when these are all, so that its commits are checked and collected too."""

    steps: tuple[Step, ...]
    whole: bool = True
    opens_shell: bool = False
    """Whether an interactive shell follows them."""


def steps_to_run(template: tuple[Step, ...], until: str | None, *, shell: bool) -> StepsToRun:
    """The steps up to `until`, which is the name, the id or the number (from 1) of one of them; None: all.

    Without `shell` that step runs too. With `shell` it does not: the shell opens in front of it, by default in front of
    the first. Raises `InvalidInput` for an unknown step.
    """
    if until is None:
        return StepsToRun((), whole=False, opens_shell=True) if shell else StepsToRun(template)
    index = _index_of(template, until)
    if shell:
        return StepsToRun(template[:index], whole=False, opens_shell=True)
    return StepsToRun(template[: index + 1], whole=False)


def _index_of(template: tuple[Step, ...], wanted: str) -> int:
    named = [index for index, step in enumerate(template) if wanted in (step.name, step.id)]
    if len(named) == 1:
        return named[0]
    if not named and wanted.isdecimal() and 1 <= int(wanted) <= len(template):
        return int(wanted) - 1
    titles = [title for step in template for title in (step.name, step.id) if title]
    close = nearest(wanted, titles)
    message = f"{len(named)} steps of the item are called {wanted!r}" if named else f"no step of the item is {wanted!r}"
    hint = f"did you mean `{close[0]}`?" if close and not named else f"write a number from 1 to {len(template)}"
    raise InvalidInput([Diagnostic(message, source="option --until", hint=hint, code="unknown-step")])


def exit_code_of(error: Exception | None) -> int:
    """The exit code for the end of an item: that of the step that failed; None is a success."""
    if error is None:
        return 0
    if isinstance(error, StepTimedOut) or (isinstance(error, AgentFailed) and error.timed_out):
        return TIMED_OUT
    return (error.step_exit_code if isinstance(error, StepFailed) else None) or _FAILED
