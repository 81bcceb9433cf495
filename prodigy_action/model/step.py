"""A step, and what holds steps inside it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from prodigy_action.model.frozen import DirectoryPath, Frozen, Interpreter, ReadPath, Seconds, WrittenPath
from prodigy_action.model.step_parts import (
    Backoff,
    CaptureStreams,
    CommitConfig,
    RetryOn,
    StepValidate,
    WriteFile,
)


class Retry(Frozen):
    """Executions of one step (or of one item) and the pauses between them."""

    attempts: int = Field(default=3, ge=1)
    """Executions in all, the first included."""
    backoff: Backoff = Backoff()
    """How the delay between executions grows."""
    initial_delay: Seconds = 1.0
    """Delay before the first retry."""
    max_delay: Seconds = 30.0
    """No delay is longer."""
    jitter: bool = False
    """Vary the delays at random, so that parallel retries spread out."""
    jitter_factor: float = Field(default=0.3, ge=0, le=1)
    """Width of that variation: 0.3 is 15 % up or down."""
    retry_on: tuple[RetryOn, ...] = ()
    """The failures that are worth another execution. Empty: any failure."""
    retry_budget: Seconds | None = None
    """Bound on the sum of all pauses and executions."""
    on_failure: Literal["stop", "continue"] = "stop"
    """What follows when the last execution failed too: fail the step, or continue with the next one."""
    fallback: Step | None = None
    """The step that runs when every execution failed; its success is the success of this step."""


class Handler(Frozen):
    """What `on_failure` does: steps, and then, where that is written, the original step again."""

    ignore: bool = False
    """`on_failure: true`: the failure is logged and the agent continues."""
    steps: tuple[Step, ...] = ()
    """What runs when the step failed."""
    strategy: Literal["recovery", "fallback", "cleanup", "custom"] | None = None
    """The purpose of the steps: repair and try again, do it another way, clean up, or something else."""
    max_attempts: int = Field(default=1, ge=1)
    """How often the steps, and after them the original step, are tried. Written, it sets `retry_original`."""
    retry_original: bool = False
    """Try the original step again after the steps."""
    fail_workflow: bool = False
    """With `true`, the step fails unless the original step passed when it was tried again."""
    handler_failure_fatal: bool = False
    """A failing handler fails the step at once, without further attempts."""
    commit_required: bool = False
    """The steps must make a commit."""


class Foreach(Frozen):
    """Steps repeated over a list, or over the lines a command prints."""

    items: tuple[Any, ...] | None = None
    """The values themselves; `${item}` is the current one."""
    command: str | None = None
    """A shell command whose output lines are the values."""
    steps: tuple[Step, ...] = Field(min_length=1)
    """Steps for each value."""
    parallel: int = Field(default=1, ge=1)
    """How many at once; `true` means 10."""
    continue_on_error: bool = False
    """Continue with the next value after a failure."""
    max_items: int | None = Field(default=None, ge=0)
    """Take no more values than this."""


class SubWorkflow(Frozen):
    """Steps of another file, run as one step."""

    name: str
    """Its name; later steps see `${NAME.success}`, `${NAME.output}` and its outputs."""
    steps: tuple[Step, ...] = Field(min_length=1)
    """Its steps, in order."""
    values: dict[str, Any] = Field(default_factory=dict)
    """The values of its parameters and inputs; in texts, `${…}` is replaced where the step stands."""
    env: dict[str, str] = Field(default_factory=dict)
    """Variables for its steps."""
    outputs: tuple[str, ...] = ()
    """Which of its captures later steps see, as `${NAME.CAPTURE}`."""


class OnIncomplete(Frozen):
    """What runs between two validations that found the work incomplete."""

    steps: tuple[Step, ...] = ()
    """What completes the work."""
    max_attempts: int = Field(default=2, ge=1)
    """How often it is tried."""
    fail_workflow: bool = True
    """Fail the step when the work stays incomplete."""
    commit_required: bool = False
    """The steps must make a commit."""


class Validation(Frozen):
    """A check that scores the work from 0 to 100 and a loop that improves it."""

    steps: tuple[Step, ...] = Field(min_length=1)
    """Commands that score the work; the last one gives the result."""
    threshold: float = Field(default=100, ge=0, le=100)
    """The percentage at which the work is complete."""
    timeout: Seconds | None = None
    """Limit of the commands together."""
    result_file: ReadPath | None = None
    """The file that the result is written to as JSON; without it, the result is what the command prints."""
    on_incomplete: OnIncomplete | None = None
    """What to do below the threshold."""


class Step(Frozen):
    """One entry of a phase: one of `shell`, `claude`, `write_file`, `foreach` and `workflow`, or `validate` alone."""

    name: str | None = None
    """A title for logs and results."""
    id: str | None = None
    """A name that other steps refer to in `needs`."""
    shell: str | None = None
    """A shell command. Values of `${…}` reach it as data, never as code."""
    claude: str | None = None
    """An agent command with its arguments."""
    write_file: WriteFile | None = None
    """A file to write."""
    foreach: Foreach | None = None
    """Steps repeated over a list."""
    workflow: SubWorkflow | None = None
    """A sub-workflow, by its name."""
    validation: Validation | None = Field(default=None, alias="validate")
    """A check that scores the work, and what to do below the threshold."""

    timeout: Seconds | None = None
    """Limit of the step; the whole process tree is ended."""
    working_dir: DirectoryPath | None = None
    """Directory to run in, relative to the worktree; may not leave it."""
    env: dict[str, str] = Field(default_factory=dict)
    """Variables for this step."""
    interpreter: Interpreter | None = None
    """The shell; the workflow's default when not given."""
    interpolation: Literal["safe", "raw"] = "safe"
    """`raw` puts values into the command as text, for values that are shell code."""
    when: str | None = None
    """A condition; when it does not hold the step is skipped."""

    capture: str | None = None
    """Name of a variable for the output."""
    capture_format: Literal["string", "text", "json", "lines", "number", "boolean"] = "string"
    """How the output is read."""
    capture_streams: CaptureStreams = CaptureStreams()
    """Which parts of the outcome are kept."""
    capture_output: bool | str = False
    """`true` changes nothing: `${shell.output}` always has the output. A text is the same as `capture`."""
    output_file: WrittenPath | None = None
    """File in the worktree that takes the output."""

    on_failure: Handler | None = None
    """What to do when the step failed."""
    on_success: tuple[Step, ...] = ()
    """Steps after a success."""
    on_exit_code: dict[int, tuple[Step, ...]] = Field(default_factory=dict)
    """Steps by exit code."""
    retry: Retry | None = None
    """Execute the step again when it fails."""
    step_validate: StepValidate | None = None
    """Checks after a success."""

    commit_required: bool = False
    """The step must make a commit."""
    auto_commit: bool = False
    """Commit what the step changed."""
    commit_config: CommitConfig | None = None
    """How `auto_commit` makes its commit."""

    reads: tuple[str, ...] | None = None
    """Files and `$NAME`s that the step reads; replaces what its text shows."""
    writes: tuple[str, ...] | None = None
    """Files and `$NAME`s that the step writes; replaces what its text shows."""
    keep_running: bool = False
    """Processes that a step of setup starts in the background go on until the end of the run."""
    needs: tuple[str, ...] = ()
    """Ids of steps that must have run before."""
    parallel: bool = True
    """`false`: never beside other steps."""

    @property
    def kind(self) -> Literal["shell", "claude", "write_file", "foreach", "workflow", "validate"]:
        """The kind of the step: the one of the six keys that it has."""
        if self.shell is not None:
            return "shell"
        if self.claude is not None:
            return "claude"
        if self.write_file is not None:
            return "write_file"
        if self.foreach is not None:
            return "foreach"
        if self.workflow is not None:
            return "workflow"
        return "validate"


for _model in (Retry, Handler, Foreach, SubWorkflow, OnIncomplete, Validation, Step):
    _model.model_rebuild()
