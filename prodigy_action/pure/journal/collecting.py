"""From the plan and the reports of the shards to the journal of the whole run, whatever their order.

A shard that reported twice counts once: its later attempt wins. The items of a shard that is missing or was refused are
not run, and say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    Event,
    ItemNotRun,
    KeptObjects,
    StartKept,
)
from prodigy_action.pure.journal.shard_plan import SharedPlan, placed_objects, placed_start
from prodigy_action.pure.journal.shard_report import ShardReport


def number_of_shards(reports: Iterable[ShardReport], wanted: int | None) -> int:
    """How many shards there are: what the user says, else what most shards say, of equals the larger number."""
    if wanted is not None:
        return wanted
    said = {(report.shard.index, report.shard.total) for report in reports}
    counted = Counter(total for _, total in said)
    return max(counted, key=lambda total: (counted[total], total), default=1)


def by_shard(reports: Iterable[ShardReport]) -> dict[int, list[ShardReport]]:
    """The reports of each shard, the latest attempt first."""
    found: dict[int, list[ShardReport]] = {}
    for report in sorted(reports, key=lambda each: each.progress, reverse=True):
        found.setdefault(report.shard.index, []).append(report)
    return found


def shard_name(index: int, total: int) -> str:
    """The shard, for people: `2 of 3` alone would leave open whether it is the last one."""
    return f"shard {index} (of {total}, counted from 0)"


def why_missing(index: int, total: int, refused: Sequence[str]) -> str:
    """The reason for the items of a shard without a report; `refused` are its directories that were refused."""
    if refused:
        return f"the report of {shard_name(index, total)} was refused ({', '.join(sorted(refused))})"
    return f"{shard_name(index, total)} did not report"


def collected_events(
    plan: SharedPlan,
    start: StartKept,
    reports: Mapping[int, ShardReport],
    kept: Mapping[int, KeptObjects],
    *,
    total: int,
    refused: Mapping[int, Sequence[str]],
) -> list[Event]:
    """The journal of the whole run before its items land.

    `start` names the result of setup, and `kept` the objects of each shard, where they are now.
    """
    owners = plan.owners(total)
    of_items: dict[int, list[Event]] = {item_id: [] for item_id in plan.items}
    for index, report in reports.items():
        for event in report.events:
            if isinstance(event, AgentStarted | AgentFinished | ItemNotRun):
                of_items[event.item_id].append(placed_objects(event, kept.get(index)))
    events = placed_start(plan.events, start)
    for item_id, records in sorted(of_items.items()):
        events += records
        if item_id in owners and not _has_ended(records):
            events.append(
                ItemNotRun(item_id=item_id, reason=_reason(records, owners[item_id], reports, total, refused))
            )
    return events


def _has_ended(records: Sequence[Event]) -> bool:
    last = records[-1] if records else None
    return isinstance(last, AgentFinished) and last.state != "cancelled" and not last.retried


def _reason(
    records: Sequence[Event],
    index: int,
    reports: Mapping[int, ShardReport],
    total: int,
    refused: Mapping[int, Sequence[str]],
) -> str:
    if index not in reports:
        return why_missing(index, total, refused.get(index, ()))
    if records and isinstance(records[-1], ItemNotRun):
        return f"{records[-1].reason}: {shard_name(index, total)}"
    return f"{shard_name(index, total)} ended before it did"
