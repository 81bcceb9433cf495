"""How a command ends: the report of an error, and the last text of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodigy_action.app.process_context import ProcessContext
from prodigy_action.errors import Diagnostic, ExitCode, InvalidInput, ProdigyError
from prodigy_action.inputs.action_inputs import switched_off


def refuse(error: ProdigyError, options: Mapping[str, Any], world: ProcessContext, *, of_run: bool = False) -> ExitCode:
    """Report the error that stopped the command; return the exit code. `of_run`: the runner expects outputs."""
    from prodigy_action.app.refusal import report_refusal

    diagnostics = [Diagnostic(str(error), source="prodigy-action")]
    report_refusal(
        error.diagnostics if isinstance(error, InvalidInput) else diagnostics,
        world,
        error.exit_code,
        annotations=not switched_off("annotations", options, world.environ),
        job_summary=of_run and not switched_off("job-summary", options, world.environ),
        outputs=of_run,
    )
    return error.exit_code


def print_last(text: str, world: ProcessContext) -> None:
    """Print the last text of a finished run; a terminal that is closed or full does not change the exit code."""
    try:
        world.stdout.write(text)
        world.stdout.flush()
    except OSError:
        world.stdout.discard()
    if world.stdout.problem is not None:
        world.stderr.write(f"prodigy-action: standard output cannot be written: {world.stdout.problem}\n")
