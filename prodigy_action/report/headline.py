"""The verdict of a run in a few words. No text of the workflow or of an item is in it, so nothing needs escaping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prodigy_action.model.results import PhaseResult, RunResult
from prodigy_action.pure.journal.collecting import shard_name

PHASE_TITLES = {
    "setup": "setup",
    "map": "the map",
    "land": "landing the items",
    "reduce": "reduce",
    "merge": "the merge steps",
}
STATE_WORDS = {
    "succeeded": "landed",
    "unchanged": "unchanged",
    "skipped": "skipped",
    "failed": "failed",
    "timed_out": "timed out",
    "conflicted": "conflicted",
    "cancelled": "cancelled",
    "not_run": "not run",
}
"""State → the word that people read, in the order of the tables."""
_SHARD_WORDS = {**STATE_WORDS, "succeeded": "ready to land"}
_PHASES_OF_STATES = {"map": ("failed", "timed_out"), "land": ("conflicted",)}
_ABOUT_ITEMS = re.compile(r"\d+ of \d+ items ")


def words_of_states(result: RunResult) -> Mapping[str, str]:
    """`STATE_WORDS` for this run: what the job of one shard executed lands in the job that collects the shards."""
    return _SHARD_WORDS if result.phase == "map" else STATE_WORDS


def headline(result: RunResult) -> str:
    """What happened, such as `3 of 300 items failed`."""
    counts = result.counts
    failed = counts.failed + counts.timed_out + counts.conflicted
    left = counts.cancelled + counts.not_run
    parts = []
    if result.result == "cancelled":
        parts.append("the run was cancelled")
    if result.result == "internal":
        parts.append("prodigy-action itself failed")
    parts += [f"{PHASE_TITLES[name]} failed" for name, _ in failed_phases(result)]
    if failed:
        tolerated = ", which is tolerated" if result.exit_code == 0 else ""
        parts.append(f"{failed:,} of {_items(counts.planned)} failed{tolerated}")
    if left and not _only_planned(result):
        parts.append(f"{left:,} of {_items(counts.planned)} did not run to the end")
    if not parts:
        return "the run failed" if result.exit_code else _success(result)
    return "; ".join(parts)


def _success(result: RunResult) -> str:
    counts = result.counts
    if not counts.planned:
        return "there were no items" if "map" in result.phases else "all steps succeeded"
    if _only_planned(result):
        return f"{_items(counts.planned)} planned for the jobs of the map"
    whose = "" if result.shard is None else f" of {shard_name(result.shard.index, result.shard.total)}"
    return f"{_items(counts.planned)}{whose}: {', '.join(_counted_states(result))}"


def _only_planned(result: RunResult) -> bool:
    """Whether the job planned the items for other jobs, and nothing is amiss with that."""
    return result.phase == "setup" and result.counts.not_run == result.counts.planned


def _counted_states(result: RunResult) -> list[str]:
    counts = result.counts.model_dump()
    return [f"{counts[state]:,} {word}" for state, word in words_of_states(result).items() if counts[state]]


def lost_in_phase(name: str, result: RunResult) -> int:
    """How many items failed in the map, or did not merge when they were landed; 0 for other phases."""
    counts = result.counts.model_dump()
    return sum(counts[state] for state in _PHASES_OF_STATES.get(name, ()))


def phase_end(name: str, result: RunResult) -> tuple[bool, str]:
    """Whether a phase did all that it should, and how it ended: `succeeded`, or `30 failed` when it lost items."""
    phase = result.phases[name]  # type: ignore[index]  # the callers take the names from this mapping
    lost = lost_in_phase(name, result)
    if lost and phase.state == "succeeded":
        return False, f"{lost:,} {'conflicted' if name == 'land' else 'failed'}"
    return phase.state == "succeeded", phase.state


def counts_text(result: RunResult) -> str:
    """`300 planned: 277 landed, 20 failed, 3 not run`, and how many were left out."""
    counted_states = [] if _only_planned(result) else _counted_states(result)
    planned = f"{result.counts.planned:,} planned" + (f": {', '.join(counted_states)}" if counted_states else "")
    left_out = result.counts.selected_out
    return f"{planned} ({left_out:,} more left out by filter, distinct or paging)" if left_out else planned


def further_message(result: RunResult) -> str:
    """The run's message, unless the headline or a failed phase already says it; it may hold text of the workflow."""
    message = result.message or ""
    already_said = any(phase.error is not None and phase.error.message in message for _, phase in failed_phases(result))
    return "" if already_said or _ABOUT_ITEMS.match(message) else message


def _items(count: int) -> str:
    return f"{count:,} item{'' if count == 1 else 's'}"


def failed_phases(result: RunResult) -> Sequence[tuple[str, PhaseResult]]:
    """The phases that failed, in the order they run."""
    return [(name, phase) for name, phase in result.phases.items() if phase.state == "failed"]
