"""A workflow in its canonical shape: every spelling of the language has been folded into these values.

The loader (`inputs/workflow_file.py`) rewrites the many spellings of a field into the one shape here, keeping the
positions, and then validates. Durations are seconds. A text that may hold a variable is kept as text until the run.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Seconds: TypeAlias = Annotated[float, Field(ge=0)]
Interpreter: TypeAlias = Literal["sh", "bash"]


class Frozen(BaseModel):
    """Base of all workflow values: immutable, unknown keys refused, fields documented for the schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True)


class Backoff(Frozen):
    """How the delay between executions grows; units are seconds."""

    kind: Literal["fixed", "linear", "exponential", "fibonacci", "custom"] = "exponential"
    initial: Seconds | None = None
    """First delay; defaults to the retry's `initial_delay`."""
    increment: Seconds = 1.0
    """Added per retry (linear)."""
    base: float = Field(default=2.0, ge=1)
    """Multiplied per retry (exponential)."""
    delays: tuple[Seconds, ...] = ()
    """The delays themselves (custom); the last one repeats."""


class RetryOn(Frozen):
    """One class of failure that is worth another execution."""

    kind: Literal["network", "timeout", "server_error", "rate_limit", "signal", "pattern", "exit_code"]
    pattern: str | None = None
    exit_code: int | None = None


class Retry(Frozen):
    """Executions of one step (or of one item) and the pauses between them."""

    attempts: int = Field(default=3, ge=1)
    """Executions in all, the first included."""
    backoff: Backoff = Backoff()
    initial_delay: Seconds = 1.0
    max_delay: Seconds = 30.0
    jitter: bool = False
    jitter_factor: float = Field(default=0.3, ge=0, le=1)
    retry_on: tuple[RetryOn, ...] = ()
    """Empty: any failure."""
    retry_budget: Seconds | None = None
    """Bound on the sum of all pauses and executions."""
    on_failure: Literal["stop", "continue"] = "stop"
    fallback: Step | None = None
    """Run when every execution failed; its success is the step's success."""


class Handler(Frozen):
    """What `on_failure` does: steps, then the original step again, up to `max_attempts` times."""

    ignore: bool = False
    """`on_failure: true`: the failure is logged and the agent goes on."""
    steps: tuple[Step, ...] = ()
    strategy: Literal["recovery", "fallback", "cleanup", "custom"] | None = None
    max_attempts: int = Field(default=1, ge=1)
    retry_original: bool = True
    fail_workflow: bool = True
    handler_failure_fatal: bool = False
    commit_required: bool = False


class WriteFile(Frozen):
    """A file written inside the worktree."""

    path: str
    content: str
    format: Literal["text", "json", "yaml"] = "text"
    mode: str | None = None
    """Permission bits in octal, such as "0644"."""
    create_dirs: bool = False


class Foreach(Frozen):
    """Steps repeated over a list, or over the lines a command prints."""

    items: tuple[Any, ...] | None = None
    command: str | None = None
    steps: tuple[Step, ...] = Field(min_length=1)
    parallel: int = Field(default=1, ge=1)
    """How many at once; `true` means all."""
    continue_on_error: bool = False
    max_items: int | None = Field(default=None, ge=0)


class OnIncomplete(Frozen):
    """What runs between two validations that found the work incomplete."""

    steps: tuple[Step, ...] = ()
    max_attempts: int = Field(default=2, ge=1)
    fail_workflow: bool = True
    commit_required: bool = False


class Validation(Frozen):
    """A check that scores the work from 0 to 100 and a loop that improves it."""

    steps: tuple[Step, ...] = Field(min_length=1)
    threshold: float = Field(default=100, ge=0, le=100)
    timeout: Seconds | None = None
    result_file: str | None = None
    on_incomplete: OnIncomplete | None = None


class StepCheck(Frozen):
    """One command of `step_validate` with what it must print or exit with."""

    command: str
    agent: bool = False
    """True for an agent command (`claude`)."""
    expect_output: str | None = None
    """Text that the output must contain."""
    expect_exit_code: int = 0


class StepValidate(Frozen):
    """Checks after a step succeeded."""

    commands: tuple[StepCheck, ...] = Field(min_length=1)
    success_criteria: Literal["all", "any"] | int = "all"
    """A number: at least so many."""
    max_attempts: int = Field(default=1, ge=1)
    retry_delay: Seconds = 0.0
    timeout: Seconds | None = None


class CaptureStreams(Frozen):
    """Which parts of a command's outcome `capture` keeps."""

    stdout: bool = True
    stderr: bool = False
    exit_code: bool = True
    success: bool = True
    duration: bool = True


class CommitConfig(Frozen):
    """How `auto_commit` makes its commit."""

    message_template: str | None = None
    message_pattern: str | None = None
    """A regular expression that commit messages of the step must match."""
    sign: bool = False
    author: str | None = None
    """`Name <address>`."""
    include_files: tuple[str, ...] = ()
    exclude_files: tuple[str, ...] = ()
    squash: bool = False


class Step(Frozen):
    """One entry of a phase: exactly one of `shell`, `claude`, `write_file`, `foreach`, or `validate` alone."""

    name: str | None = None
    id: str | None = None
    shell: str | None = None
    claude: str | None = None
    write_file: WriteFile | None = None
    foreach: Foreach | None = None
    validation: Validation | None = Field(default=None, alias="validate")

    timeout: Seconds | None = None
    working_dir: str | None = None
    env: dict[str, str] = Field(default_factory=dict)
    interpreter: Interpreter | None = None
    interpolation: Literal["safe", "raw"] = "safe"
    when: str | None = None

    capture: str | None = None
    capture_format: Literal["string", "text", "json", "lines", "number", "boolean"] = "string"
    capture_streams: CaptureStreams = CaptureStreams()
    capture_output: bool | str = False
    output_file: str | None = None

    on_failure: Handler | None = None
    on_success: tuple[Step, ...] = ()
    on_exit_code: dict[int, tuple[Step, ...]] = Field(default_factory=dict)
    retry: Retry | None = None
    step_validate: StepValidate | None = None

    commit_required: bool = False
    auto_commit: bool = False
    commit_config: CommitConfig | None = None

    reads: tuple[str, ...] | None = None
    writes: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()
    parallel: bool = True

    @property
    def kind(self) -> Literal["shell", "claude", "write_file", "foreach", "validate"]:
        """Which of the five it is."""
        if self.shell is not None:
            return "shell"
        if self.claude is not None:
            return "claude"
        if self.write_file is not None:
            return "write_file"
        if self.foreach is not None:
            return "foreach"
        return "validate"


class CaptureOutput(Frozen):
    """One entry of a phase's `capture_outputs`: size, then pattern, json_path, multiline."""

    command_index: int = Field(ge=0)
    source: Literal["stdout", "stderr", "both", "combined"] = "stdout"
    pattern: str | None = None
    json_path: str | None = None
    max_size: int | None = Field(default=None, ge=1)
    default: str | None = None
    multiline: Literal["preserve", "join", "first_line", "last_line", "array"] = "preserve"


class Phase(Frozen):
    """Setup, reduce or merge: steps in the parent worktree."""

    steps: tuple[Step, ...] = ()
    timeout: Seconds | str | None = None
    capture_outputs: dict[str, CaptureOutput] = Field(default_factory=dict)


class TimeoutConfig(Frozen):
    """Limits of an agent and of its commands."""

    agent_timeout_secs: Seconds | str | None = None
    command_timeouts: dict[str, Seconds] = Field(default_factory=dict)
    """By kind (`shell`, `claude`) or by kind and index (`shell_0`)."""
    timeout_policy: Literal["per_agent", "per_command", "hybrid"] = "hybrid"
    cleanup_grace_period_secs: Seconds | None = None
    timeout_action: Literal["dlq", "skip", "fail", "graceful_terminate"] = "dlq"


class MapPhase(Frozen):
    """The map: where items come from, which of them run, and the steps of an agent."""

    input: str | None = None
    items: tuple[Any, ...] | None = None
    """The items themselves, when `input` is a list."""
    json_path: str | None = None
    agent_template: tuple[Step, ...] = Field(min_length=1)
    max_parallel: int | str = 10
    filter: str | None = None
    sort_by: str | None = None
    distinct: str | None = None
    offset: int | str = 0
    max_items: int | str | None = None
    agent_timeout_secs: Seconds | str | None = None
    timeout_config: TimeoutConfig = TimeoutConfig()
    key: str | None = None
    carry: tuple[str, ...] = ()
    commit: Literal["required", "auto", "as-made"] = "as-made"
    on_conflict: Literal["dlq", "rebase", "rerun"] = "dlq"


class CircuitBreaker(Frozen):
    """Stop admitting items after failures in a row, and try a few again later."""

    failure_threshold: int = Field(default=5, ge=1)
    success_threshold: int = Field(default=3, ge=1)
    timeout: Seconds = 30.0
    half_open_requests: int = Field(default=3, ge=1)


class ErrorPolicy(Frozen):
    """What a failed item does to the others, and which failures the verdict tolerates."""

    on_item_failure: Literal["dlq", "retry", "skip", "stop", "custom"] = "dlq"
    custom_handler: str | None = None
    """Name of a step list under `handlers`, with `custom`."""
    continue_on_failure: bool = True
    max_failures: int | None = Field(default=None, ge=0)
    max_failures_percent: float | None = Field(default=None, ge=0, le=100)
    failure_threshold: float | None = Field(default=None, ge=0, le=1)
    error_collection: Literal["aggregate", "immediate", "batched"] = "aggregate"
    batch_size: int = Field(default=10, ge=1)
    stop: Literal["now", "after-running"] = "after-running"
    circuit_breaker: CircuitBreaker | None = None
    retry_config: Retry | None = None


class EnvValue(Frozen):
    """One variable of `env`: a text, a command's output, or a choice by condition."""

    value: str | None = None
    command: str | None = None
    cache: bool = True
    condition: str | None = None
    when_true: str | None = None
    when_false: str | None = None
    secret: bool = False


class SecretSource(Frozen):
    """Where a secret's value comes from."""

    provider: Literal["env", "file"] = "env"
    key: str


class EnvFile(Frozen):
    """A file of `NAME=value` lines."""

    path: str
    required: bool = True


class Parameter(Frozen):
    """A value given from outside with `--param` or `params`."""

    type: Literal["string", "number", "integer", "boolean", "array", "object", "any"] = "string"
    required: bool = False
    default: str | None = None
    description: str | None = None


class Defaults(Frozen):
    """Defaults for steps."""

    interpreter: Interpreter = "sh"


class Workflow(Frozen):
    """The whole document. `map` is None for a standard workflow, whose steps are its `setup`."""

    name: str
    mode: Literal["mapreduce", "standard"] = "mapreduce"
    env: dict[str, EnvValue] = Field(default_factory=dict)
    secrets: dict[str, SecretSource] = Field(default_factory=dict)
    env_files: tuple[EnvFile, ...] = ()
    profiles: dict[str, dict[str, str]] = Field(default_factory=dict)
    setup: Phase = Phase()
    map: MapPhase | None = None
    reduce: Phase = Phase()
    merge: Phase = Phase()
    error_policy: ErrorPolicy = ErrorPolicy()
    handlers: dict[str, tuple[Step, ...]] = Field(default_factory=dict)
    retry_defaults: Retry | None = None
    defaults: Defaults = Defaults()
    timeout: Seconds | None = None
    parameters: dict[str, Parameter] = Field(default_factory=dict)


for _model in (Retry, Handler, Foreach, OnIncomplete, Validation, Step):
    _model.model_rebuild()
