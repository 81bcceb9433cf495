"""`show`: an earlier run, its failed items, or one item, from the results directory."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from prodigy_action.adapters.files.below import open_below
from prodigy_action.adapters.git.checkout_top import top_above
from prodigy_action.adapters.results.excerpts import ResultExcerpts
from prodigy_action.adapters.results.results_import import JOURNAL
from prodigy_action.app.input_bytes import read_results_file
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.resume import read_history
from prodigy_action.errors import Diagnostic, InvalidInput, JournalCorrupt
from prodigy_action.model.item_view import ItemView
from prodigy_action.model.json_value import compact_json
from prodigy_action.model.results import RunResult
from prodigy_action.pure.journal.aggregation import results_of
from prodigy_action.pure.text.reasons import reason_of
from prodigy_action.pure.text.suggestions import nearest
from prodigy_action.report.artifact import parse_head
from prodigy_action.report.commands import without_commands
from prodigy_action.report.console import render_console
from prodigy_action.report.failure_groups import failed_items
from prodigy_action.report.item_page import LOG_BYTES, PATCH_BYTES, render_failed, render_item
from prodigy_action.report.item_text import counterpart_names


def show(results_dir: str, world: ProcessContext, *, failed: bool, wanted: str | None, as_json: bool) -> str:
    """The text for standard output. Raises `InvalidInput` when there are no results, or no such item."""
    root = _root(results_dir, world)
    if root != world.directory / results_dir:
        results_dir = os.path.relpath(root, world.directory)
    result = _unfinished(root) or _recorded(root) or _read(root / "results.json")
    if wanted is not None:
        item = _find(result.items, wanted, root / "results.json")
        if as_json:
            return _json(item.whole().model_dump_json())
        with ResultExcerpts(root) as excerpts:
            log, log_bytes = excerpts.read(item.log, LOG_BYTES, "end") if item.log else ("", 0)
            patch, patch_bytes = excerpts.read(item.patch, PATCH_BYTES, "begin") if item.patch else ("", 0)
        return render_item(
            item, results_dir, counterpart_names(result.items), log=(log, log_bytes), patch=(patch, patch_bytes)
        )
    if failed:
        items = failed_items(result.items)
        if as_json:
            return _json(compact_json([item.whole().model_dump(mode="json") for item in items]))
        return render_failed(items, results_dir, counterpart_names(result.items))
    if as_json:
        return _json(result.model_dump_json())
    return render_console(result, results_dir=results_dir, columns=world.columns, color=world.has_color(world.stdout))


def _root(results_dir: str, world: ProcessContext) -> Path:
    """The results directory: from the current directory or, when there is none, from the top of the checkout."""
    here = world.directory / results_dir
    if here.exists():
        return here
    above = top_above(world.directory) / results_dir
    return above if above.exists() else here


def _unfinished(root: Path) -> RunResult | None:
    """What the journal says of a run that has no results yet; None when there are results, or no such run."""
    journal = root / JOURNAL
    if (root / "results.json").exists() or not journal.is_file():
        return None
    try:
        return results_of(read_history(journal))
    except ValueError:  # its start is not on record
        return None


def _recorded(root: Path) -> RunResult | None:
    """The run as its journal has it, where that says the same as the results: reading it takes less time and memory.

    None otherwise.
    """
    try:
        with open(open_below(root, "results.json", os.O_RDONLY), "rb") as file:
            written = RunResult.model_validate(parse_head(file))
        recorded = results_of(read_history(root / JOURNAL))
    except (OSError, ValueError, JournalCorrupt):
        return None
    exclude = {"items", "tool_version", "resume"}
    same = recorded.model_dump(exclude=exclude) == written.model_dump(exclude=exclude)
    return written.model_copy(update={"items": recorded.items}) if same else None


def _read(path: Path) -> RunResult:
    try:
        return RunResult.model_validate(json.loads(read_results_file(path)))
    except OSError as error:
        hint = "name the results directory of a run"
        problem = "there are no results here"
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            problem = f"the results cannot be read: {reason_of(error)}"
        raise InvalidInput([Diagnostic(problem, source=str(path), hint=hint)]) from error
    except ValueError as error:
        raise InvalidInput([Diagnostic("these are no results of a run", source=str(path))]) from error


def _find(items: Sequence[ItemView], wanted: str, path: Path) -> ItemView:
    """The item with that key, or else that id."""
    by_key = {item.key: item for item in items}
    found = by_key.get(wanted)
    if found is None and wanted.isdecimal() and int(wanted) < len(items):
        found = items[int(wanted)]
    if found is not None:
        return found
    ids = f"ids are 0 to {len(items) - 1:,}" if items else "the run has no items"
    close = nearest(wanted, by_key)
    hint = f"did you mean `{close[0]}`?" if close else f"{ids}; keys are in results.json"
    raise InvalidInput([Diagnostic(f"no item has the id or the key {wanted!r}", source=str(path), hint=hint)])


def _json(text: str) -> str:
    return without_commands(text) + "\n"
