"""The commands for files: `validate`, `init`, `schema`."""

from __future__ import annotations

from typing import Literal

import click

from prodigy_action.app.masking import masked_document
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.cli.options import format_option
from prodigy_action.errors import ExitCode
from prodigy_action.inputs.documents.diagnostics import diagnostic_json, render_diagnostic, render_verdict
from prodigy_action.model.json_value import JsonValue, compact_json


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@format_option("problems")
@click.pass_obj
def validate(world: ProcessContext, /, files: tuple[str, ...], form: str) -> int:
    """Check workflow files; print every problem at once.

    Without FILE, it is prodigy.yml or .github/prodigy.yml. The exit code is 0, or 2 when a file is wrong.
    """
    from prodigy_action.app.validate import validate_files
    from prodigy_action.app.workflow_files import usual_workflow
    from prodigy_action.report.commands import without_commands

    files = files or (usual_workflow(world.directory),)
    diagnostics = masked_document(validate_files(files, world), world.masker)
    wrong = any(diagnostic.severity == "error" for diagnostic in diagnostics)
    if form == "json":
        document: JsonValue = {
            "valid": not wrong,
            "problems": [diagnostic_json(diagnostic) for diagnostic in diagnostics],
        }
        world.stdout.write(without_commands(compact_json(document)) + "\n")
    else:
        color = world.has_color(world.stdout)
        for diagnostic in diagnostics:
            world.stdout.write(render_diagnostic(diagnostic, color=color) + "\n")
        world.stdout.write(render_verdict(diagnostics, files, color=color))
    return ExitCode.INVALID if wrong else ExitCode.SUCCESS


@click.command()
@click.argument("directory", required=False, default=".", metavar="[DIR]")
@click.pass_obj
def init(world: ProcessContext, /, directory: str) -> int:
    """Write a starter workflow, and the job that runs it.

    The workflow is prodigy.yml in DIR and fits the language of the repository; the job is
    .github/workflows/prodigy.yml at its top. A file that exists is kept.
    """
    from prodigy_action.app.init import init as write_starter

    world.stdout.write(write_starter(directory, world))
    return ExitCode.SUCCESS


@click.command()
@click.argument("which", type=click.Choice(["workflow", "results"]), default="workflow")
@click.pass_obj
def schema(world: ProcessContext, /, which: Literal["workflow", "results"]) -> int:
    """Print the JSON Schema of workflow files or of results.json."""
    from prodigy_action.schema import read_schema

    world.stdout.write(read_schema(which))
    return ExitCode.SUCCESS
