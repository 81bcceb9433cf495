"""The parts of a step that hold no steps themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodigy_action.model.frozen import Frozen, Seconds, WrittenPath


class Backoff(Frozen):
    """How the delay between executions grows; units are seconds."""

    kind: Literal["fixed", "linear", "exponential", "fibonacci", "custom"] = "exponential"
    """How the delay grows from one retry to the next."""
    initial: Seconds | None = None
    """First delay; the retry's `initial_delay` when it is not given."""
    increment: Seconds = 1.0
    """Added per retry (`linear`)."""
    base: float = Field(default=2.0, ge=1)
    """Multiplied per retry (`exponential`)."""
    delays: tuple[Seconds, ...] = ()
    """The delays themselves (`custom`); the last one repeats."""


class RetryOn(Frozen):
    """One class of failure that is worth another execution."""

    kind: Literal["network", "timeout", "server_error", "rate_limit", "signal", "pattern", "exit_code"]
    """The class of failure."""
    pattern: str | None = None
    """A regular expression to find in the error or the output (`pattern`)."""
    exit_code: int | None = None
    """The exit code (`exit_code`)."""


class WriteFile(Frozen):
    """A file written inside the worktree."""

    path: WrittenPath
    """Relative to the worktree; may not leave it."""
    content: str
    """The text to write, after variables are replaced."""
    format: Literal["text", "json", "yaml"] = "text"
    """`json` and `yaml` check the content; JSON is written indented."""
    mode: str | None = None
    """Permission bits in octal, such as "0644"."""
    create_dirs: bool = False
    """Create missing directories above the file."""


class StepCheck(Frozen):
    """One command of `step_validate` with what it must print or exit with."""

    command: str
    """The command that checks."""
    agent: bool = False
    """True for an agent command (`claude`)."""
    expect_output: str | None = None
    """Text that the output must contain."""
    expect_exit_code: int = 0
    """The exit code it must end with."""


class StepValidate(Frozen):
    """Checks after a step succeeded."""

    commands: tuple[StepCheck, ...] = Field(min_length=1)
    """The checks."""
    success_criteria: Literal["all", "any"] | int = "all"
    """How many checks must pass; a number: at least so many."""
    max_attempts: int = Field(default=1, ge=1)
    """How often the checks are tried."""
    retry_delay: Seconds = 0.0
    """Pause between two tries."""
    timeout: Seconds | None = None
    """Limit of each check."""


class CaptureStreams(Frozen):
    """Which parts of a command's outcome `capture` keeps."""

    stdout: bool = True
    """What the command printed."""
    stderr: bool = False
    """What it printed as errors."""
    exit_code: bool = True
    """Its exit code, as `NAME.exit_code`."""
    success: bool = True
    """Whether it succeeded, as `NAME.success`."""
    duration: bool = True
    """Its seconds, as `NAME.duration`."""


class CommitConfig(Frozen):
    """How `auto_commit` makes its commit."""

    message_template: str | None = None
    """The commit message; variables are replaced."""
    message_pattern: str | None = None
    """A regular expression that commit messages of the step must match."""
    sign: bool = False
    """Sign the commit."""
    author: str | None = None
    """`Name <address>`."""
    include_files: tuple[str, ...] = ()
    """Globs: only these files are committed."""
    exclude_files: tuple[str, ...] = ()
    """Globs: these files are not."""
    squash: bool = False
    """Make one commit of all the step's commits."""
