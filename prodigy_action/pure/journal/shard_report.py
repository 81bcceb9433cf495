"""The report of one shard: its journal, checked against the plan, since it comes from another machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ReportRefused
from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    Event,
    HeadKept,
    ItemConflicted,
    ItemLanded,
    ItemLandingFailed,
    ItemNotRun,
    KeptRef,
    Planned,
    Published,
    RunStarted,
    ShardRecord,
)
from prodigy_action.pure.journal.shard_plan import SharedPlan

_FILE = re.compile(r"(?:logs|patches)/item-([0-9]{1,18})(?:[.-][A-Za-z0-9._-]*)?")
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"refs/prodigy/[^\x00-\x20\x7f~^:?*\[\\]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardReport:
    """What one shard did, by the records of its journal."""

    name: str
    """The directory, as the user names it."""
    shard: ShardRecord
    events: tuple[Event, ...]
    """The whole journal."""
    ends: tuple[AgentFinished, ...]
    """The last record of each item that came to an end, with its commits."""

    @property
    def progress(self) -> tuple[int, str, int, str]:
        """A sort key for the attempts at one shard: a later attempt is larger."""
        last = next(event for event in reversed(self.events) if isinstance(event, RunStarted))
        return last.attempt, last.at, len(self.events), self.name

    @property
    def files(self) -> tuple[str, ...]:
        """The logs and patches that the records name, each once."""
        named = (event for event in self.events if isinstance(event, AgentFinished))
        return tuple(dict.fromkeys(file for end in named for file in (end.log, end.patch) if file is not None))


def read_report(name: str, events: Sequence[Event], plan: SharedPlan) -> ShardReport:
    """The report in the journal of a job with the phase `map`. Raises `ReportRefused`, which says what is wrong."""
    starts = [event for event in events if isinstance(event, RunStarted)]
    for each in starts:
        if each.run_id != plan.started.run_id:
            raise ReportRefused(f"it is of the run {each.run_id}, and the plan is of the run {plan.started.run_id}")
    jobs = [each for each in starts if each.phase == "map"]
    shard = jobs[-1].shard if jobs else None
    if shard is None or shard.index >= shard.total or any(job.shard != shard for job in jobs):
        raise ReportRefused("it does not say which shard it is")
    plans = [event for event in events if isinstance(event, Planned)]
    if len(plans) != 1 or plans[0].plan != plan.digest:
        raise ReportRefused("it executed another plan")
    ids = plan.slice(shard.index, shard.total)
    if [item.id for item in plans[0].items] != list(ids) or any(item != plan.items[item.id] for item in plans[0].items):
        raise ReportRefused(f"its items are not those of shard {shard.index} of {shard.total}")
    own = frozenset(ids)
    ends: dict[int, AgentFinished] = {}
    for event in events:
        match event:
            case AgentStarted() | AgentFinished() | ItemNotRun():
                if event.item_id not in own:
                    raise ReportRefused(
                        f"it has a record of item {event.item_id}, which is not in shard {shard.index} of {shard.total}"
                    )
                if isinstance(event, AgentFinished):
                    _check_end(event, plan.started.run_id)
                    ends[event.item_id] = event
            case ItemLanded() | ItemConflicted() | ItemLandingFailed() | HeadKept() | Published():
                raise ReportRefused(f"it has a record `{event.event}`, which only the job that collects the shards has")
            case _:
                pass
    return ShardReport(name=name, shard=shard, events=tuple(events), ends=tuple(ends[id] for id in sorted(ends)))


def _check_end(end: AgentFinished, run_id: str) -> None:
    item = f"item {end.item_id}"
    for file in (end.log, end.patch):
        if file is not None and not ((found := _FILE.fullmatch(file)) and int(found[1]) == end.item_id):
            raise ReportRefused(f"{item} names the file {file!r}, which is no log and no patch of it")
    named = [*end.commits, *([] if end.head is None else [end.head]), *(ref.object_id for ref in end.refs)]
    for commit in named:
        if not _OBJECT.fullmatch(commit):
            raise ReportRefused(f"{item} names {commit!r}, which is no commit")
    if end.commits and end.head != end.commits[-1]:
        raise ReportRefused(f"{item} has commits that do not end with its head")
    if end.state == "succeeded" and not end.commits:
        raise ReportRefused(f"{item} succeeded without commits")
    if end.based_on is not None:
        raise ReportRefused(f"{item} did not start from the commit of the plan")
    for ref in end.refs:
        if ref.kept_as is not None and not _is_own(ref, f"refs/prodigy/{run_id}/refs/"):
            raise ReportRefused(f"{item} names the reference {ref.kept_as!r}, which is not one of its run")


def _is_own(ref: KeptRef, place: str) -> bool:
    name = ref.kept_as or ""
    parts = name.split("/")
    return (
        name.startswith(place)
        and _REF.fullmatch(name) is not None
        and ".." not in name
        and all(part and not part.startswith(".") and not part.endswith((".lock", ".")) for part in parts)
    )


def stands_on(ends: Iterable[AgentFinished], start: str, parents: Mapping[str, Sequence[str]]) -> None:
    """Check that the commits of each item are those between the commit `start` and its head, and stand on `start`.

    `parents` has every commit that the heads have and `start` does not have. Raises `ReportRefused`.
    """
    for end in ends:
        if not end.commits or end.head is None:
            continue
        found: set[str] = set()
        based = False
        left = [end.head]
        while left:
            commit = left.pop()
            if commit in found or commit not in parents:
                continue
            found.add(commit)
            based = based or start in parents[commit]
            left += parents[commit]
        if found != set(end.commits) or not based:
            raise ReportRefused(
                f"the commits of item {end.item_id} do not stand on {start[:12]}, from which all items start"
            )
