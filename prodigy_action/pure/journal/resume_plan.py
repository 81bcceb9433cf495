"""What an earlier attempt's journal leaves to do: the plan of a resumed run."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Literal, TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.assignment import Selection, WorkAssignment
from prodigy_action.model.events import PlannedItem
from prodigy_action.pure.item_keys import has_key
from prodigy_action.pure.journal.fingerprints import describe_differences
from prodigy_action.pure.journal.packed_end import PackedEnd
from prodigy_action.pure.journal.reducer import RecordedHead
from prodigy_action.pure.journal.resume_state import EarlierRun, ItemProgress

Redrive: TypeAlias = Literal["failed", "unfinished", "none"]

_RUN_AGAIN: Mapping[Redrive, frozenset[ItemProgress]] = {
    "failed": frozenset({"unfinished", "failed"}),
    "unfinished": frozenset({"unfinished"}),
    "none": frozenset(),
}
NOT_REDRIVEN = "left out by redrive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePlan:
    """The work of a resumed run. Items that are neither executed nor left out are finished, and stay unchanged."""

    earlier: EarlierRun
    rerun: tuple[WorkAssignment, ...]
    """In item order."""
    left_out: tuple[tuple[int, str], ...] = ()
    """Unfinished items that are not executed this time, and why."""
    publish_only: RecordedHead | None = None
    """This head is only published: everything else is finished."""
    land_on: RecordedHead | None = None
    """The head that the checkout already has; further items land on top of it."""
    carried_lost: bool = False
    """Whether the files that setup left are no longer kept."""
    in_place: bool = False
    """Whether the checkout has the last recorded head."""

    @property
    def assignments(self) -> tuple[WorkAssignment, ...]:
        """Everything that was planned, as recorded in the journal."""
        return tuple(assignment_of(item) for item in self.earlier.planned.items)

    @property
    def finished_before(self) -> tuple[PackedEnd, ...]:
        """The last records of the items that are not run again, in item order."""
        again = {assignment.id for assignment in self.rerun}
        return tuple(record for id, record in sorted(self.earlier.finished.items()) if id not in again)

    @property
    def landed_before(self) -> frozenset[int]:
        """The items whose landing was decided in the head that the checkout has."""
        return frozenset() if self.land_on is None else frozenset(self.land_on.landed) | self.land_on.decided

    @property
    def to_transplant(self) -> tuple[PackedEnd, ...]:
        """Records of items that were executed on top of what had landed then: they land after all others."""
        finished = (record for record in self.finished_before if record.based_on is not None)
        return tuple(record for record in finished if record.item_id not in self.landed_before)

    @property
    def decided_now(self) -> tuple[int, ...]:
        """The items that this attempt resolves, in item order: recorded ones, and those that run."""
        return tuple(sorted({*(record.item_id for record in self.finished_before), *(each.id for each in self.rerun)}))

    @property
    def nothing_to_do(self) -> bool:
        """Whether the earlier attempt was finished, this checkout has its result, and no item is executed again."""
        return self.publish_only is not None and self.earlier.complete and self.in_place


def plan_resume(
    earlier: EarlierRun,
    redrive: Redrive,
    *,
    phases: Iterable[str],
    in_checkout: Container[str] = (),
    carried_lost: bool = False,
    is_chosen: Callable[[WorkAssignment], bool] = lambda _: True,
    excluded: str = "",
    reasons: Mapping[int, str] | None = None,
) -> ResumePlan:
    """Which items run again: with `failed` the unfinished and the failed ones, with `unfinished` the former, with
    `none` no item.

    `phases` are those that the workflow has, `in_checkout` the recorded heads that the checkout contains. Items that
    `is_chosen` refuses stay as they are, and count as not run for the reason `excluded` when they are unfinished.
    `reasons` are those of unfinished items for which another job has found one.
    """
    wanted = _RUN_AGAIN[redrive]
    rerun: list[WorkAssignment] = []
    left_out: list[tuple[int, str]] = []
    for item in earlier.planned.items:
        assignment = assignment_of(item)
        progress = earlier.progress[item.id]
        if progress in wanted and is_chosen(assignment):
            rerun.append(assignment)
        elif progress == "unfinished":
            usual = excluded if progress in wanted else NOT_REDRIVEN
            left_out.append((item.id, (reasons or {}).get(item.id, usual)))
    last = earlier.heads[-1] if earlier.heads else None
    done = not rerun and last is not None and last.phases >= set(phases) and not _undecided(earlier, last)
    return ResumePlan(
        earlier=earlier,
        rerun=tuple(rerun),
        left_out=tuple(left_out),
        publish_only=last if done else None,
        land_on=next((head for head in reversed(earlier.heads) if head.head in in_checkout), None),
        carried_lost=carried_lost,
        in_place=last is not None and last.head in in_checkout,
    )


def replace_withheld(plan: ResumePlan, selection: Selection) -> list[WorkAssignment]:
    """The assignments to run; items that are masked in the journal are taken from a new selection.

    Raises `InvalidInput` when that selection differs from the recorded one.
    """
    recorded, withheld = plan.earlier.planned.items, frozenset(plan.earlier.planned.withheld)
    found = selection.assignments
    whole = plan.earlier.planned.whole
    same = len(found) == (len(recorded) if whole is None else whole) and all(
        item.id in withheld or has_key(found[item.id].item, found[item.id].key, item.key) for item in recorded
    )
    if not same:
        message = "the items have changed since the run was planned, and the journal keeps those with secrets masked"
        raise InvalidInput([Diagnostic(message, source="resume-from", hint="run without resume-from")])
    return [found[each.id] if each.id in withheld else each for each in plan.rerun]


def why_setup_repeats(plan: ResumePlan, inputs: Mapping[str, str], *, keeps_running: bool = False) -> str | None:
    """Why the earlier result of setup cannot be used; None when it can.

    `inputs` are the current inputs of setup; `keeps_running`: it starts processes that the other phases need.
    """
    earlier = plan.earlier
    if changed := describe_differences(earlier.start.inputs, inputs):
        return f"what it depends on has changed: {', '.join(changed)}"
    if earlier.withheld:
        return f"it captured secrets, which are not kept: {', '.join(earlier.withheld)}"
    if keeps_running:
        return "it starts processes that run until the end (keep_running)"
    if plan.carried_lost:
        return "the untracked files that it left are not kept any more"
    return None


def _undecided(earlier: EarlierRun, head: RecordedHead) -> bool:
    """Whether an item made commits since this head was recorded."""
    return any(end.state == "succeeded" and not head.decides(item_id) for item_id, end in earlier.finished.items())


def assignment_of(item: PlannedItem) -> WorkAssignment:
    """The assignment that was recorded."""
    return WorkAssignment(item.id, item.item, item.worktree_name, item.key)
