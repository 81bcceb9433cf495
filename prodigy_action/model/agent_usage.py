"""What the calls of an agent program took, as the program reports it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AgentUsage(BaseModel):
    """The calls of an agent program that reported a result in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)

    calls: int = 0
    """How many calls there were."""
    errors: int = 0
    """How many of them reported an error."""
    cost_usd: float | None = None
    """What they cost, in US dollars; null when no call reported it."""
    turns: int = 0
    """How many turns they took."""
    sessions: list[str] = Field(default_factory=list)
    """The ids of their sessions, at most 20."""
