"""The sentence of each log event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from prodigy_action.pure.log_messages.words import Words, counted
from prodigy_action.pure.text.log_values import LogValue

FAILURES_SHOWN: Final = 5
"""The most failures that one sentence has."""

Sentence: TypeAlias = str | Callable[[Words], str]
"""A format for `Words`, or a function where the form depends on the fields."""


def message_of(event: str, fields: Mapping[str, LogValue]) -> str | None:
    """The sentence of the event, on one line; None for an event that has none of its own."""
    sentence = SENTENCES.get(event)
    if sentence is None:
        return None
    words = Words.of(fields)
    return " ".join((sentence.format_map(words) if isinstance(sentence, str) else sentence(words)).split())


def _failures(f: Words) -> str:
    parts = f.parts("items")
    shown = "; ".join(f"{each['who']}: {each['problem']}" for each in parts[:FAILURES_SHOWN])
    more = f["count"].number - min(len(parts), FAILURES_SHOWN)
    return f"{f['count']:item} failed: {shown}" + (f"; and {more:,} more" if more > 0 else "")


def _finished(f: Words) -> str:
    """How an execution ended; what it committed has not landed yet."""
    states = {"done": "has run", "timed_out": "timed out", "unchanged": "has run without a change"}
    state = str(f["state"])
    lands = ", its commits land in its turn" if state == "done" else ""
    return f"{f['position']}{f['who']} {states.get(state, state)}{f['time']}{lands}"


def _phase(f: Words) -> str:
    names = {"land": "landing the items", "merge": "the merge steps", "map": "the map"}
    return names.get(str(f["phase"]), str(f["phase"]))


def _phase_end(f: Words) -> str:
    words = {"failed": "failed", "cancelled": "was cancelled"}
    failed = f"; {f['failed']:item} failed" if f["failed"] else ""
    unlanded = f"; {f['unlanded']:item} did not land" if f["unlanded"] else ""
    return f"{_phase(f)} {words.get(str(f['state']), 'has ended')}{f['time']}{failed}{unlanded}"


def _diagnostic(f: Words) -> str:
    place = ":".join(filter(None, map(str, (f["file"], f["line"], f["column"]))))
    return f"{place}: {f['message']}" if place else str(f["message"])


def _unseen(f: Words) -> str:
    kinds = [(f[kind].number, kind) for kind in ("untracked", "modified") if f[kind]]
    verb, them = ("is", "it") if sum(number for number, _ in kinds) == 1 else ("are", "them")
    files = " and ".join(counted(number, f"{kind} file") for number, kind in kinds)
    return f"{files} {verb} not seen by items; commit {them} or name {them} in `carry`"


def _made_ref(f: Words) -> str:
    kept = f", kept as {f['kept_as']}" if f["kept_as"] else ""
    who = f["who"] if "item_id" in f else "steps"
    return f"{who} made {f['name']}, which does not land{kept}" + (f": {f['reason']}" if f["reason"] else "")


def _inspected(f: Words) -> str:
    why = f"; the kernel is not asked for changes: {f['reason']}" if f["reason"] else ""
    return f"{f['scans']:scan} of worktrees for changes, {f['without_scan']:scan} saved{why}"


SENTENCES: Final[Mapping[str, Sentence]] = {
    "admission_stopped": "no further item starts: {reason}",
    "agent_finished": _finished,
    "agent_may_change_nothing": "the agent program may not change files",
    "agent_started": "{who} begins",
    "background_processes_ended": "{place}: these processes ended with the step: {processes}",
    "background_processes_kept": "{place}: these processes run until the end of the run: {processes}",
    "carried_files_name_other_places": "carried files name other places: {files}",
    "checkout_fast_forwarded": "the checkout and the branch {branch} have the result, {head:12}",
    "checkout_left_alone": "the result, {head:12}, is on the branch {branch} only: {reason}",
    "circuit_closed": "items start as before the failures",
    "circuit_half_opened": "items start again, to try: at most {probes}",
    "circuit_opened": "too many failures in a row: no item starts for {seconds} s",
    "earlier_results_moved": "the results of the run {run_id} are now in {to}",
    "fewer_items_at_a_time": _diagnostic,
    "files_carried": "{count:file} carried from the checkout",
    "foreach_elements_failed": "{place}: elements of foreach failed: {problems}",
    "foreach_over_files": "{place}: foreach over {files:file}",
    "handler_failed": "{place}: its handler failed in attempt {attempt}: {problem}",
    "improvement_failed": "{place}: attempt {attempt} to complete it failed: {problem}",
    "input_read": "the items are read from {source}",
    "input_read_from_checkout": "{path} is read from the checkout",
    "internal_error": "prodigy-action itself failed: {error}",
    "item_conflicted": "{who} conflicts with items that landed: {files}",
    "item_failed": lambda f: f"{f['position']}{f['who']} {str(f['state']).replace('_', ' ')}: {f['problem']}",
    "item_handler_failed": "{place}: on_item_failure failed: {problem}",
    "item_landed": "{position}{who} landed{time}",
    "item_not_retried": "{who} is not executed again: {problem}",
    "item_rerun": "{who} is executed again, on top of what landed",
    "item_retried": "{who} is executed again after {delay_seconds} s: {problem}",
    "items_failed": _failures,
    "items_planned": "{planned:item} planned from {source}",
    "journal_unwritable": "the journal cannot be written: {problem}",
    "killed_run_closed": "the run {run_id} was killed; its results are written now",
    "landing_stopped": "prodigy-action itself failed, and no item lands any more: {error}",
    "like_warnings_left_out": "more items have a warning like the last ones: all are in log.jsonl",
    "links_lead_nowhere": lambda f: f"{f['phase'] or f['who']}: links that lead nowhere elsewhere: {f['links']}",
    "local_changes_not_seen": _unseen,
    "log_not_kept": "{path} is not complete: {problem}",
    "no_background_process_to_keep": "{place}: no process was left to keep running",
    "no_items_selected": _diagnostic,
    "nothing_left_to_run": "no step is left to run",
    "nothing_to_clean_up": "there is nothing to clean up: {reason}",
    "nothing_to_publish": "nothing landed",
    "nothing_to_resume": "there is nothing to resume in {directory}: {reason}",
    "old_results_removed": "results of older runs are removed: {directories}",
    "ownership_returned": "{files:file} belong to the owner of the workspace again",
    "patch_not_kept": lambda f: f"{f['name'] or f['who']}: the patch is not kept: {f['problem']}",
    "patch_not_removed": "{who}: the patch of an earlier execution is not removed: {problem}",
    "phase_finished": _phase_end,
    "phase_started": lambda f: f"{_phase(f)} begins",
    "prompt_shortened": "{place}: the prompt has {bytes} bytes; the whole is in {file}",
    "publishing_failed": "the result is not complete ({missing}): {reason}; {result_is}",
    "ref_made_by_steps": _made_ref,
    "ref_not_landed": _made_ref,
    "refs_not_kept": "{who}: the branches and tags that it made are not kept: {problem}",
    "results_outside_workspace": "the results are outside the workspace: {results_dir}",
    "results_unwritable": "the results cannot be written: {problem}",
    "resume_not_begun": "the run was not resumed: {reason}",
    "retry_budget_spent": "{place}: the time for retries is over",
    "run_already_finished": "the run {run_id} has ended before, and nothing is left to do",
    "run_as_owner_has_no_effect": "run-as: owner has no effect: {reason}",
    "run_finished": lambda f: f"the run has ended: {f['result']}" + (f", {f['reason']}" if f["reason"] else ""),
    "run_not_closed": "the results of the killed run cannot be written: {reason}",
    "run_resumed": "the run is resumed: {finished} of {planned:item} ended before, {to_run} to run",
    "run_started": "the run {run_id} begins at {base:12}",
    "run_still_at_work": "a run is still at work in {results_dir}",
    "runner_file_unwritable": "{path}, which the runner reads, cannot be written: {reason}",
    "selection_questionable": _diagnostic,
    "setup_came_to_other_files": "setup came to other files: the recorded commit {used:12} is used",
    "shards_incomplete": _diagnostic,
    "setup_changes_committed": "the changes of setup are committed as {commit:12}",
    "setup_not_repeated": "setup is not repeated: its earlier result is used",
    "setup_repeated": "setup is repeated: {reason}",
    "step_failure_tolerated": "{place}: it failed, and the run continues: {problem}",
    "step_not_retried": "{place}: it is not repeated: {problem}",
    "step_retried": "{place}: it is repeated after {delay_seconds} s: {problem}",
    "step_skipped": "{place}: it is skipped, because of when: {when}",
    "still_running": "{message}",
    "submodule_changes_dropped": "{who} changed {count:file} inside submodules, which will not land: {files}",
    "timings_of_other_items": _diagnostic,
    "tokens_hidden_from_steps": "steps do not see {names}",
    "uncommitted_changes_dropped": "{who} left {count:uncommitted change}, which will not land: {files}",
    "uncommitted_changes_not_published": "{count:uncommitted change} of steps did not land: {files}",
    "unfinished_run_moved": "the unfinished run {run_id} is now in {to}",
    "unknown_item_field": _diagnostic,
    "validation_fields_not_reported": "{place}: the validation did not report {fields}",
    "validation_incomplete": "{place}: the validation says {completion} % complete",
    "workflow_questionable": _diagnostic,
    "worktrees_inspected": _inspected,
}
"""Event → its sentence; `tests/contract/test_log_messages.py` holds that every event of the program has one."""
