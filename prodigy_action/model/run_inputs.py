"""The inputs of a run that decide what its steps do: with them an item of the run is reproduced on another machine."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RunInputs(BaseModel):
    """The names are those of `Settings`. Secrets are masked, as everywhere in the journal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    results_dir: str = "prodigy-results"
    directory: str = "."
    """Where steps start, relative to the top of the checkout."""
    workflow: str | None = None
    """The workflow file relative to the top of the checkout; None when it is not inside."""
    params: dict[str, str] = Field(default_factory=dict)
    args: tuple[str, ...] = ()
    map_files: tuple[str, ...] = ()
    profile: str | None = None
    commits: Literal["as-made", "deterministic"] = "as-made"
    git_user_name: str | None = None
    git_user_email: str | None = None
    env_allow: tuple[str, ...] = ()
    allow_secrets_in_commits: bool = False
    run_as: Literal["root", "owner"] = "root"
    agent_command: str = "claude"
    agent_permissions: Literal["auto", "ask", "accept-edits", "bypass"] = "auto"
    max_log_bytes: int = 10_485_760


SETTINGS = tuple(name for name in RunInputs.model_fields if name not in ("directory", "workflow"))
"""The fields that have the value of the setting of the same name."""
