"""The result of an agent that succeeded."""

from __future__ import annotations

from prodigy_action.dataclass import dataclass
from prodigy_action.model.git import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult:
    """An agent that succeeded: its commits are recorded and submitted to the merge queue (None: it made no commits)."""

    id: int
    submission: Submission | None
