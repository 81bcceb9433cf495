"""What an agent that ended well hands on."""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_action.model.git import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult:
    """An agent that ended well: its commits are recorded and handed to the merge queue (None: it made none)."""

    id: int
    submission: Submission | None
