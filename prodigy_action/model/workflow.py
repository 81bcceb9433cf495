"""A workflow in its canonical form: the loader has rewritten every other form of the language to these values.

The loader (`inputs/workflow_file.py`) rewrites the many forms of a field to the one form here, keeps the
positions, and then validates. Durations are seconds. A text that may hold a variable is kept as text until the run.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodigy_action.model.frozen import Frozen, Interpreter, ReadPath, Seconds
from prodigy_action.model.map_phase import CircuitBreaker, ErrorPolicy, MapPhase, TimeoutConfig
from prodigy_action.model.step import Foreach, Handler, OnIncomplete, Retry, Step, SubWorkflow, Validation
from prodigy_action.model.step_parts import (
    Backoff,
    CaptureStreams,
    CommitConfig,
    RetryOn,
    StepCheck,
    StepValidate,
    WriteFile,
)

__all__ = [
    "Backoff",
    "CaptureOutput",
    "CaptureStreams",
    "CircuitBreaker",
    "CommitConfig",
    "Defaults",
    "EnvFile",
    "EnvValue",
    "ErrorPolicy",
    "Foreach",
    "Frozen",
    "Handler",
    "Interpreter",
    "MapPhase",
    "OnIncomplete",
    "Parameter",
    "Phase",
    "Retry",
    "RetryOn",
    "Seconds",
    "SecretSource",
    "Step",
    "StepCheck",
    "StepValidate",
    "SubWorkflow",
    "TimeoutConfig",
    "Validation",
    "Workflow",
    "WriteFile",
]


class CaptureOutput(Frozen):
    """One entry of a phase's `capture_outputs`: size, then pattern, json_path, multiline."""

    command_index: int = Field(ge=0)
    """Which step's output, from 0."""
    source: Literal["stdout", "stderr", "both", "combined"] = "stdout"
    """Which stream."""
    pattern: str | None = None
    """A regular expression; its first group, or the whole match, is the value."""
    json_path: str | None = None
    """A path into output that is JSON."""
    max_size: int | None = Field(default=None, ge=1)
    """The most bytes of the value that are kept."""
    default: str | None = None
    """The value when nothing can be captured; without it that is a failure."""
    multiline: Literal["preserve", "join", "first_line", "last_line", "array"] = "preserve"
    """What several lines become."""


class Phase(Frozen):
    """Setup, reduce or merge: steps in the parent worktree."""

    steps: tuple[Step, ...] = ()
    """The steps, in order; independent ones may run side by side."""
    timeout: Seconds | str | None = None
    """Limit of the whole phase; a text with a variable is read at run time."""
    capture_outputs: dict[str, CaptureOutput] = Field(default_factory=dict)
    """Variables for later phases, from the steps' outputs."""


class EnvValue(Frozen):
    """One variable of `env`: a text, a command's output, or a choice by condition."""

    value: str | None = None
    """The text."""
    command: str | None = None
    """A shell command whose output is the value."""
    cache: bool = True
    """Run the command once."""
    condition: str | None = None
    """A condition that chooses between two texts."""
    when_true: str | None = None
    """The value when the condition holds."""
    when_false: str | None = None
    """The value when it does not."""
    secret: bool = False
    """Mask the value wherever it is written."""


class SecretSource(Frozen):
    """Where a secret's value comes from."""

    provider: Literal["env", "file"] = "env"
    """An environment variable or a file."""
    key: ReadPath
    """Name of the variable, or path of the file."""


class EnvFile(Frozen):
    """A file of `NAME=value` lines."""

    path: ReadPath
    """Relative to the workflow file."""
    required: bool | None = None
    """`true`: a missing file is an error; `false`: it may be missing; not written: it is a warning."""


class Parameter(Frozen):
    """A value that is set with `--param` or the input `params`."""

    type: Literal["string", "number", "integer", "boolean", "array", "object", "any"] = "string"
    """What the value must be."""
    required: bool = False
    """It must be given."""
    default: str | None = None
    """The value when none is given."""
    description: str | None = None
    """What it is for."""


class Defaults(Frozen):
    """Defaults for steps."""

    interpreter: Interpreter = "sh"
    """The shell of `shell` steps."""


class Workflow(Frozen):
    """The whole document. `map` is None for a standard workflow, whose steps are its `setup`."""

    name: str
    """The name in logs, summaries and results."""
    mode: Literal["mapreduce", "standard"] = "mapreduce"
    """`mapreduce` with a `map`, `standard` without."""
    env: dict[str, EnvValue] = Field(default_factory=dict)
    """Variables for every step."""
    secrets: dict[str, SecretSource] = Field(default_factory=dict)
    """Variables whose values are masked everywhere."""
    env_files: tuple[EnvFile, ...] = ()
    """Files of variables."""
    profiles: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Named sets of variables; the input `profile` chooses one."""
    setup: Phase = Phase()
    """Runs once, before the map."""
    map: MapPhase | None = None
    """Runs once per item."""
    reduce: Phase = Phase()
    """Runs once, on the merged result of the map."""
    merge: Phase = Phase()
    """Runs after reduce; a failure publishes nothing."""
    error_policy: ErrorPolicy = ErrorPolicy()
    """What failed items mean for the others and for the result."""
    handlers: dict[str, tuple[Step, ...]] = Field(default_factory=dict)
    """Step lists for `on_item_failure: custom:NAME`."""
    retry_defaults: Retry | None = None
    """`retry` of every step without its own."""
    defaults: Defaults = Defaults()
    """Defaults for steps."""
    timeout: Seconds | None = None
    """Limit of the whole run."""
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    """Values given from outside, as `${name}`."""

    @property
    def variables(self) -> frozenset[str]:
        """The names of all variables that `env`, `secrets` and the profiles define."""
        profiles = (name for profile in self.profiles.values() for name in profile)
        return frozenset([*self.env, *self.secrets, *profiles])
