"""The map, and what failed items mean."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import Field

from prodigy_action.model.frozen import Frozen, ReadPath, Seconds
from prodigy_action.model.step import Retry, Step

InputForm: TypeAlias = Literal["file", "glob", "command"]


class TimeoutConfig(Frozen):
    """Limits of an agent and of its commands."""

    agent_timeout_secs: Seconds | str | None = None
    """Limit of an agent."""
    command_timeouts: dict[str, Seconds] = Field(default_factory=dict)
    """Limits by kind (`shell`, `claude`) or by kind and index (`shell_0`)."""
    timeout_policy: Literal["per_agent", "per_command", "hybrid"] = "hybrid"
    """Whether the limit applies to the agent, to each command, or to both."""
    cleanup_grace_period_secs: Seconds | None = None
    """Time to end between the polite and the final signal."""
    timeout_action: Literal["dlq", "skip", "fail", "graceful_terminate"] = "dlq"
    """What happens to an item that ran out of time."""


class MapPhase(Frozen):
    """The map: where items come from, which of them run, and the steps of an agent."""

    input: ReadPath | None = None
    """A file, a glob of files, or a shell command that prints the items; `{file}`, `{glob}`, `{command}` say which."""
    input_form: InputForm | None = None
    """What `input` is, when the file says it."""
    globs: tuple[str, ...] = ()
    """The globs of `input: {glob: …}`."""
    items: tuple[Any, ...] | None = None
    """The items themselves, when `input` is a list."""
    json_path: str | None = None
    """A JSONPath that selects the items."""
    agent_template: tuple[Step, ...] = Field(min_length=1)
    """The steps of an agent, run for each item in its own worktree."""
    on_empty: Literal["warn", "fail", "ok"] = "warn"
    """What a map without items is: a warning, a failure of the run, or nothing to mention."""
    max_parallel: int | str = 10
    """Agents at once."""
    filter: str | None = None
    """A condition on items; the others are left out."""
    sort_by: str | None = None
    """Fields to sort by, such as `score DESC, name`."""
    distinct: str | None = None
    """Only the first item with each value of this field is taken."""
    offset: int | str = 0
    """Items to leave out at the start."""
    max_items: int | str | None = None
    """Items to take at most."""
    agent_timeout_secs: Seconds | str | None = None
    """Limit of an agent."""
    timeout_config: TimeoutConfig = TimeoutConfig()
    """Limits of an agent and of its commands."""
    key: str | None = None
    """A field that identifies an item across attempts; a digest of the item when not given."""
    carry: tuple[str, ...] = ()
    """Globs of ignored files that each agent gets a copy of."""
    isolation: Literal["worktree", "none"] = "worktree"
    """Where items run: `worktree` gives each a worktree of its own; with `none` they share the worktree of setup and
    reduce, and may change nothing in it: what they changed fails the map."""
    home: Literal["item", "shared"] = "item"
    """`item` gives each agent a copy of git's global configuration, which `git config --global` then changes; caches
    and all other files of the home directory are shared. `shared`: the configuration is shared too."""
    commit: Literal["required", "auto", "as-made"] = "as-made"
    """Whether an agent must commit, or what it left is committed."""
    on_conflict: Literal["dlq", "rebase", "rerun"] = "dlq"
    """What becomes of an item whose changes do not merge: `dlq` leaves it out; `rebase` puts its commits onto what
    landed, line by line where only neighbouring lines or whitespace clash; `rerun` executes its agent once more on top
    of what landed, after all other items and in item order."""


class CircuitBreaker(Frozen):
    """Stop admitting items after failures in a row, and try a few again later."""

    failure_threshold: int = Field(default=5, ge=1)
    """Failures in a row that open it."""
    success_threshold: int = Field(default=3, ge=1)
    """Successes that close it again."""
    timeout: Seconds = 30.0
    """How long it stays open."""
    half_open_requests: int = Field(default=3, ge=1)
    """Items that may try in the meantime."""


class ErrorPolicy(Frozen):
    """What a failed item does to the others, and which failures the verdict tolerates."""

    on_item_failure: Literal["dlq", "retry", "skip", "stop", "custom"] = "dlq"
    """What becomes of a failed item."""
    custom_handler: str | None = None
    """Name of a step list under `handlers`, with `custom`."""
    continue_on_failure: bool = True
    """Start further items after a failure."""
    max_failures: int | None = Field(default=None, ge=0)
    """Failures that are tolerated."""
    max_failures_percent: float | None = Field(default=None, ge=0, le=100)
    """The same as a share of all items, in percent."""
    failure_threshold: float | None = Field(default=None, ge=0, le=1)
    """Tolerated share of failed items, 0 to 1; counted from 10 finished items on."""
    error_collection: Literal["aggregate", "immediate", "batched"] = "immediate"
    """When failures are reported: at the end, at once, or in batches."""
    batch_size: int = Field(default=10, ge=1)
    """How many failures are reported at a time, with `batched`."""
    stop: Literal["now", "after-running"] = "after-running"
    """Whether a stop ends running agents or lets them finish."""
    circuit_breaker: CircuitBreaker | None = None
    """Pause after failures in a row."""
    retry_config: Retry | None = None
    """Further executions of failed items."""
