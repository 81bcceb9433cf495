"""The GitHub runner's description of the job, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prodigy_action.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubContext:
    """The runner's variables that a run uses; outside a runner they are all empty."""

    in_actions: bool
    """Whether a runner reads the output, and executes some lines of it as commands."""
    debug: bool
    """Whether the job runs with debug logging."""
    workspace: Path | None
    """The workspace of the job; paths in outputs are relative to it."""
    output_file: Path | None
    """The file for outputs."""
    step_summary_file: Path | None
    """The file for the summary of the step."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> GitHubContext:
        """The context from environment variables; an empty variable counts as not set."""
        return cls(
            in_actions=environ.get("GITHUB_ACTIONS") == "true",
            debug=environ.get("RUNNER_DEBUG") == "1",
            workspace=_path(environ, "GITHUB_WORKSPACE"),
            output_file=_path(environ, "GITHUB_OUTPUT"),
            step_summary_file=_path(environ, "GITHUB_STEP_SUMMARY"),
        )


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    return Path(value) if value else None
