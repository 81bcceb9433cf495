"""The assignments of a map: the items that are executed, and under which ids and names."""

from __future__ import annotations

from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.model.json_value import JsonValue


@dataclass(frozen=True, slots=True)
class WorkAssignment:
    """One item: its position after planning, the name of its worktree, and its identity across attempts."""

    id: int
    item: JsonValue
    worktree_name: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome of planning: the assignments and how many items filter, distinct and paging removed."""

    assignments: tuple[WorkAssignment, ...] = field(repr=False)  # asyncio makes the text of what a task returns
    total: int
    source: str = ""
    """Where the items come from, in words."""
    by_command: bool = False
    """Whether a command printed them."""

    @property
    def selected_out(self) -> int:
        """How many items were read but not assigned."""
        return self.total - len(self.assignments)
