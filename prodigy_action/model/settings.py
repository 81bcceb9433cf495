"""The settings of a run: one field per input of the action, the single source of action.yml, options and README."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Kind: TypeAlias = Literal["text", "number", "boolean", "choice", "list", "pairs"]


def _input(default: Any, description: str, *, kind: Kind = "text", metavar: str = "TEXT", shown: str = "") -> Any:
    """A field with what its input needs: `shown` is the default as action.yml writes it (empty: none)."""
    extra = {"kind": kind, "metavar": metavar, "shown": shown}
    return Field(default=default, description=description, json_schema_extra=extra)


class Settings(BaseModel):
    """What the inputs of the action, or the options of the command line, say. Immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflow: str = _input(..., "Path of the workflow file, relative to the repository.", metavar="FILE")
    working_directory: str = _input(
        ".", "Directory of the git checkout to work on, relative to the workspace.", metavar="DIR", shown="."
    )
    max_parallel: int | None = _input(
        None, "How many agents run at once; overrides the workflow's `max_parallel`.", kind="number", metavar="N"
    )
    params: dict[str, str] = _input(
        {}, "Parameters of the workflow, one `key=value` a line.", kind="pairs", metavar="K=V"
    )
    profile: str | None = _input(None, "Profile of the workflow whose variables apply.", metavar="NAME")
    results_dir: str = _input(
        "prodigy-results",
        "Directory that gets the results, relative to the workspace.",
        metavar="DIR",
        shown="prodigy-results",
    )
    dry_run: bool = _input(False, "Print the plan and run nothing.", kind="boolean", shown="false")
    only: tuple[str, ...] = _input(
        (), "Run only the items whose id or key matches one of these globs, one a line.", kind="list", metavar="GLOB"
    )
    fail_on: Literal["threshold", "any", "never"] = _input(
        "threshold",
        "Which failed items fail the action: `threshold` (beyond what the workflow tolerates), `any`, or `never`.",
        kind="choice",
        shown="threshold",
    )
    merge_strategy: Literal["merge", "squash"] = _input(
        "merge",
        "`merge` lands every item with a merge commit, `squash` as one commit on a linear history.",
        kind="choice",
        shown="merge",
    )
    commits: Literal["as-made", "deterministic"] = _input(
        "as-made",
        "`deterministic` fixes authors and dates, so that the final commit id is a function of the input.",
        kind="choice",
        shown="as-made",
    )
    git_user_name: str | None = _input(None, "Author and committer name of the commits.", metavar="NAME")
    git_user_email: str | None = _input(None, "Author and committer address of the commits.", metavar="ADDRESS")
    env_allow: tuple[str, ...] = _input(
        (), "Variables of the runner that steps may see after all, one name a line.", kind="list", metavar="NAME"
    )
    log_format: Literal["json", "console"] = _input(
        "json", "`json` or `console`; by default JSON lines in CI and when the output is no terminal.", kind="choice"
    )
    log_level: Literal["debug", "info", "warning", "error"] = _input(
        "info", "Least severe events that are logged; `debug` by default when the runner debugs.", kind="choice"
    )
    annotations: bool = _input(True, "Annotate failed items and diagnostics.", kind="boolean", shown="true")
    job_summary: bool = _input(True, "Write the job summary.", kind="boolean", shown="true")
    agent_command: str = _input(
        "claude",
        "Program (with options) that `claude:` steps run, with the rendered command as its last argument.",
        metavar="COMMAND",
        shown="claude",
    )
    timeout_minutes: float | None = _input(
        None, "Limit of the whole run; overrides the workflow's `timeout`.", kind="number", metavar="MINUTES"
    )
    max_log_bytes: int = _input(
        10 * 2**20, "Limit of one item's log, in bytes.", kind="number", metavar="BYTES", shown=str(10 * 2**20)
    )
