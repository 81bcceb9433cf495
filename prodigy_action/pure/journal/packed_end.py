"""How an execution of an item ended, as small as the accounting of many items needs it."""

from __future__ import annotations

from typing import NamedTuple

from prodigy_action.dataclass import dataclass
from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.events import RUN_TIMED_OUT, AgentFinished, FinishedState
from prodigy_action.model.item_parts import Attempt, Conflict
from prodigy_action.model.item_view import tolerates
from prodigy_action.model.json_value import compact_json, parse_json


class Execution(NamedTuple):
    """One execution that ended or was cut off: an `Attempt` in a fifth of its memory."""

    number: int
    state: FinishedState
    started_at: str | None
    seconds: float
    slot: int | None = None
    error: str | None = None
    agent: AgentUsage | None = None
    conflict: Conflict | None = None
    """Why its commits did not merge; reports fill it in."""

    def attempt(self) -> Attempt:
        """The execution as results have it."""
        return Attempt(
            number=self.number,
            state=self.state,
            started_at=self.started_at,
            seconds=self.seconds,
            slot=self.slot,
            error=self.error,
            conflict=self.conflict,
            agent=self.agent,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedEnd:
    """The last end of an item: what accounting and resume ask of every item, and the record as text.

    A record takes 5 kB as a value with fields and less than 1 kB as text, and only reports read it, once.
    """

    item_id: int
    number: int
    state: FinishedState
    retried: bool
    """Whether another execution is due."""
    run_timed_out: bool
    """Whether the limit of the run cut it off."""
    uncommitted: bool
    """Whether it left changes without a commit."""
    tolerates: bool
    """Whether a step failed and the execution continued."""
    made_objects: bool
    """Whether it has commits, or references of its own."""
    files: int
    """How many paths its commits changed."""
    head: str | None
    based_on: str | None
    record: bytes
    """The record as JSON; fields without a value of their own may be left out."""

    def unpacked(self) -> AgentFinished:
        """The whole record."""
        return AgentFinished.model_validate(parse_json(self.record.decode()))


def pack_end(end: AgentFinished, record: bytes | None = None) -> PackedEnd:
    """The end of an execution; `record` is its JSON where that is known, without the frame of its line."""
    if record is None:
        record = compact_json(end.model_dump(exclude_defaults=True)).encode()
    return PackedEnd(
        item_id=end.item_id,
        number=end.number,
        state=end.state,
        retried=end.retried,
        run_timed_out=end.error is not None and end.error.kind == RUN_TIMED_OUT,
        uncommitted=bool(end.uncommitted),
        tolerates=any(map(tolerates, end.steps)),
        made_objects=bool(end.commits or end.refs),
        files=len(end.files_changed),
        head=end.head,
        based_on=end.based_on,
        record=record,
    )
