"""Descriptions, for editors, of keys that are not fields of the models or whose fields have no description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NOTHING: Final = "Accepted for files of other programs; has no effect."
_POLICY_TOO: Final = "The same as in `error_policy`, which wins."
_COMMANDS: Final[Mapping[str, str]] = {
    "shell": "A shell command.",
    "claude": "An agent command.",
    "commands": "Commands, in order.",
    "write_file": "A file to write.",
    "foreach": "Steps repeated over a list.",
}
_STEP: Final[Mapping[str, str]] = {
    **dict.fromkeys(("parameters", "with"), "Values for a `workflow`."),
    "max_items": "At most so many elements, of a `foreach` next to it.",
    "retry_config": "The same as `retry`.",
    "skip_validation": "`true`: leave out `step_validate`.",
    "validation_timeout": "Limit of each command of `step_validate`.",
    "args": "Arguments of an agent command that is given by `name`.",
    "options": "Options of an agent command that is given by `name`.",
    "metadata": "`retries`, `timeout`, `continue_on_error`, `env` and `commit_required` of a command given by `name`.",
    **dict.fromkeys(("ignore_validation_failure", "outputs", "inputs", "analysis", "temporary", "clear_env"), _NOTHING),
}

DESCRIBED: Final[Mapping[str, Mapping[str, str]]] = {
    "Workflow": {
        "$schema": "Where editors find this schema.",
        "defaults": "`interpreter`: the shell of steps that name none; default values of parameters.",
        **dict.fromkeys(("description", "version", "author"), "For readers; has no effect."),
        **dict.fromkeys(
            (
                "on_item_failure",
                "continue_on_failure",
                "max_failures",
                "failure_threshold",
                "error_collection",
                "circuit_breaker",
                "retry_config",
            ),
            _POLICY_TOO,
        ),
        **dict.fromkeys(("max_iterations", "iterate"), "Has no effect: a workflow runs once."),
        "extends": "A workflow file whose values this one inherits; its own values win.",
        "imports": "Workflow files whose steps follow the steps of this one.",
        "template": "A workflow file with parameters, and the values for them.",
        **dict.fromkeys(("workflows", "sub_workflows"), "Sub-workflows: files whose steps run as one step."),
    },
    "MapPhase": {
        "timeout_config": "Limits of an agent and of its commands.",
        "error_policy": "The same as `error_policy` of the workflow, which wins.",
    },
    "TimeoutConfig": {"enable_monitoring": _NOTHING},
    "Step": _STEP,
    "Handler": {
        "commands": "The steps of the handler.",
        "max_retries": "The same as `max_attempts`.",
        "timeout": "Limit of the step; with `commands`, of each that has none of its own.",
        "capture": "Name of a variable for the output; with `commands` it has no effect.",
        "stop_on_success": _NOTHING,
    },
    "Foreach": {
        **dict.fromkeys(("foreach", "input"), "The same as `items`."),
        **dict.fromkeys(("do", "commands"), "Steps for each value."),
    },
    "Validation": {**_COMMANDS, "expected_schema": _NOTHING},
    "OnIncomplete": {**_COMMANDS, **dict.fromkeys(("prompt", "retry_original", "strategy"), _NOTHING)},
    "StepCheck": {
        "shell": "A shell command that checks.",
        "claude": "An agent command that checks.",
        "command_type": "Which of the two `command` is.",
    },
    "Retry": {"max_attempts": "The same as `attempts`."},
    "RetryOn": {"error": "The same as `pattern`."},
    "Backoff": {
        **dict.fromkeys(("initial", "initial_delay", "delay"), "First delay."),
        "increment": "Added per retry (`linear`).",
        **dict.fromkeys(("base", "multiplier", "factor"), "Multiplied per retry (`exponential`)."),
        "delays": "The delays themselves (`custom`); the last one repeats.",
        **dict.fromkeys(("type", "strategy"), "The same as `kind`."),
        "fixed": "The same delay each time.",
        "linear": "A delay that grows by the same amount each time.",
        "exponential": "A delay that is multiplied each time.",
        "fibonacci": "A delay that grows as the Fibonacci numbers do.",
        "custom": "Delays that are listed.",
    },
    "CaptureOutput": {"index": "The same as `command_index`."},
    "CommitConfig": {"message": "The same as `message_template`."},
    "SecretSource": {**dict.fromkeys(("name", "path"), "The same as `key`."), "version": _NOTHING},
}
"""Model → key → its description."""
