"""Decisions about one step: limits, failures, and the variables that it sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Step, StepValidate
from prodigy_action.pure.steps.captures import capture_value, captured_text
from prodigy_action.pure.steps.once_per_step import once_per_step
from prodigy_action.pure.steps.step_results import result_updates

if TYPE_CHECKING:
    from prodigy_action.model.command import CompletedCommand

_STEP_CHANGES = re.compile(r"\$\{step\.|\"when\":\"(?:[^\"\\\\]|\\\\.)*?\bstep\.")
_NOT_EXECUTABLE = 126
_NOT_FOUND = 127


@once_per_step
def mentions_step_changes(step: Step) -> bool:
    """Whether a text of the step, or of the steps inside it, uses `${step.*}`."""
    return _STEP_CHANGES.search(step.model_dump_json(exclude_defaults=True)) is not None


@once_per_step
def watches_head(step: Step) -> bool:
    """Whether the step needs to know the commit at which it began."""
    return step.commit_required or step.auto_commit or step.commit_config is not None or mentions_step_changes(step)


@once_per_step
def has_checks(step: Step) -> bool:
    """Whether anything is checked or committed after the action of the step has succeeded."""
    checks = (step.validation, step.step_validate, step.commit_config)
    return step.auto_commit or step.commit_required or any(check is not None for check in checks)


def step_timeout(step: Step, index: int, command_timeouts: Mapping[str, float]) -> float | None:
    """The limit of the step in seconds: its own, else that of its kind and position (`shell_0`), else of its kind."""
    if step.timeout is not None:
        return step.timeout
    return command_timeouts.get(f"{step.kind}_{index}", command_timeouts.get(step.kind))


def failure_message(completed: CompletedCommand, timeout_seconds: float | None) -> str | None:
    """Why a finished command counts as failed; None when it succeeded."""
    if completed.timed_out:
        return f"timed out after {timeout_seconds:g} s" if timeout_seconds is not None else "timed out"
    if completed.exit_code == 0:
        return None
    if completed.signal is not None:
        return f"killed by signal {completed.signal}"
    if completed.exit_code == _NOT_EXECUTABLE:
        return (
            "exit code 126 (the program cannot be executed, or one argument is longer than the kernel's 128 KiB: "
            "pass large values through a file or a pipe)"
        )
    if completed.exit_code == _NOT_FOUND:
        return "exit code 127 (command not found: is it installed where the steps run?)"
    return f"exit code {completed.exit_code}"


def output_updates(
    step: Step, *, stdout: str, stderr: str, exit_code: int, succeeded: bool, seconds: float
) -> dict[str, JsonValue]:
    """The variables that every step sets: `shell.*` or `claude.*`, `last.*`, `CAPTURED_OUTPUT`, `id.*`."""
    result: dict[str, JsonValue] = {
        "output": stdout,
        "stderr": stderr,
        "exit_code": exit_code,
        "success": succeeded,
        "duration": round(seconds, 3),
    }
    updates: dict[str, JsonValue] = {"last": result, "CAPTURED_OUTPUT": stdout, **result_updates(step, result)}
    updates["claude" if step.claude is not None else "shell"] = result
    return updates


def handler_output(
    step: Step, *, stdout: str, stderr: str, exit_code: int, succeeded: bool, seconds: float
) -> dict[str, JsonValue]:
    """The same variables for the handler of a failed step: here `output` is all that the step printed, standard output
    and then standard error.
    """
    printed = "\n".join(part for part in (stdout, stderr) if part)
    return output_updates(
        step, stdout=printed, stderr=stderr, exit_code=exit_code, succeeded=succeeded, seconds=seconds
    )


def capture_updates(
    step: Step, *, stdout: str, stderr: str, exit_code: int, succeeded: bool, seconds: float
) -> dict[str, JsonValue]:
    """The variables of `capture` and of a named `capture_output`.

    Raises `ValueError` when the output of a command that succeeded does not have the form that `capture_format` names.
    """
    updates: dict[str, JsonValue] = {}
    if isinstance(step.capture_output, str):
        updates[step.capture_output] = stdout
    if step.capture is None:
        return updates
    text = captured_text(step, stdout, stderr)
    updates[step.capture] = capture_value(text, step.capture_format, succeeded=succeeded)
    fields: dict[str, JsonValue] = {
        "exit_code": exit_code,
        "success": succeeded,
        "duration": round(seconds, 3),
        "stderr": stderr,
    }
    wanted = step.capture_streams
    chosen = {"exit_code": wanted.exit_code, "success": wanted.success, "duration": wanted.duration, "stderr": True}
    updates.update({f"{step.capture}.{name}": value for name, value in fields.items() if chosen[name]})
    return updates


def last_output(variables: Mapping[str, JsonValue], before: Mapping[str, JsonValue]) -> str:
    """What the last step of a list printed; empty when all of them were skipped.

    `before` are the variables that the list began with, `variables` those after it.
    """
    last = variables.get("last")
    return str(last["output"]) if isinstance(last, Mapping) and last is not before.get("last") else ""


def error_variables(label: str, problem: str, exit_code: int) -> dict[str, JsonValue]:
    """`${error.*}` for a handler."""
    return {"error": {"message": problem, "exit_code": exit_code, "step": label}}


def needed_checks(rules: StepValidate) -> int:
    """How many commands of `step_validate` must succeed."""
    if rules.success_criteria == "all":
        return len(rules.commands)
    return 1 if rules.success_criteria == "any" else int(rules.success_criteria)
