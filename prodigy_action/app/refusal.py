"""The end of a `run` without results: a message for people, and reports for the runner."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Sequence
from pathlib import Path

from prodigy_action.adapters.files.runner_files import append_to_runner_file
from prodigy_action.app.masking import masked_diagnostic
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.errors import Diagnostic, ExitCode
from prodigy_action.inputs.documents.diagnostics import render_diagnostic
from prodigy_action.inputs.github_context import GitHubContext
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.visible_text import visible
from prodigy_action.report.annotations import LINE_LENGTH, Annotation, diagnostic_annotations
from prodigy_action.report.commands import CommandWriter
from prodigy_action.report.outputs import render_file_command
from prodigy_action.report.refusal import render_refusal

RESULTS = {ExitCode.INVALID: "invalid", ExitCode.INTERNAL: "internal", ExitCode.INTERRUPTED: "cancelled"}


def report_refusal(
    diagnostics: Sequence[Diagnostic],
    world: ProcessContext,
    code: ExitCode,
    *,
    annotations: bool,
    job_summary: bool,
    outputs: bool,
) -> None:
    """Report the problems on standard error; on a runner also as annotations, the output `result` and job summary.

    `outputs` is true for a run: of other commands it is not said that nothing was run.
    """
    diagnostics = [masked_diagnostic(each, world.masker) for each in diagnostics]
    for diagnostic in diagnostics:
        world.stderr.write(render_diagnostic(diagnostic, color=world.has_color(world.stderr)) + "\n")
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    if errors and code is ExitCode.INVALID and outputs:
        world.stderr.write(f"{errors} {'problem' if errors == 1 else 'problems'}: nothing was run\n")
    world.stderr.flush()
    context = GitHubContext.from_environ(world.environ)
    if outputs:
        _set_result(code, context, world)
    if context.in_actions and annotations:
        CommandWriter(world.stdout).annotate(diagnostic_annotations(diagnostics))
    if job_summary:
        _append(context.step_summary_file, render_refusal(diagnostics), world)


def report_bug(error: Exception, world: ProcessContext, *, outputs: bool) -> None:
    """Report a bug of this program, with its traceback; the runner finds no command in its text."""
    world.stderr.write("prodigy-action itself failed; please report this:\n")
    lines = world.masker.mask_text("".join(traceback.format_exception(error))).splitlines()
    world.stderr.write("".join(f"| {visible(line)}\n" for line in lines))
    world.stderr.flush()
    context = GitHubContext.from_environ(world.environ)
    if outputs:
        _set_result(ExitCode.INTERNAL, context, world)
    if context.in_actions:
        said = cut(world.masker.mask_text(repr(error)), LINE_LENGTH)
        annotation = Annotation("error", "prodigy-action itself failed", visible(said))
        CommandWriter(world.stdout).annotate([annotation])


def _set_result(code: ExitCode, context: GitHubContext, world: ProcessContext) -> None:
    record = {"result": RESULTS.get(code, "failure")}
    _append(context.output_file, render_file_command(record, f"ghadelimiter_{uuid.uuid4()}"), world)


def _append(path: Path | None, text: str, world: ProcessContext) -> None:
    if path is not None:
        message = f"{path.name!r}, which the runner reads, cannot be written"
        append_to_runner_file(
            path, text, world.masker, unwritable=lambda reason: world.stderr.write(f"{message}: {reason}\n")
        )
