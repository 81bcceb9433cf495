"""Commands that print a list: a pipe in them fails when any of its commands fails."""

from __future__ import annotations

from typing import Final

from prodigy_action.model.workflow import Interpreter

PIPEFAIL: Final = "(set -o pipefail) 2>/dev/null && set -o pipefail; "
"""Turns `pipefail` on in a shell that has it, on the line of the first command."""
STOPPED_READING: Final = 141
"""With `pipefail`, the exit code of a pipe whose end has read enough, as `head` does."""


def list_command(script: str, interpreter: Interpreter) -> tuple[str, ...]:
    """The arguments that run a script which prints a list."""
    if interpreter == "bash":
        return ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
    return ("sh", "-c", PIPEFAIL + script)


def list_failed(exit_code: int | None, interpreter: Interpreter) -> bool:
    """Whether such a script failed. With `bash`, which ends at the first failure, every exit code but 0 is one."""
    return exit_code != 0 and not (interpreter == "sh" and exit_code == STOPPED_READING)
