"""The commands for a workflow: `run`, `plan`, and `post` for the runner."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import anyio
import click

from prodigy_action.app.process_context import ProcessContext
from prodigy_action.cli.ends import print_last, refuse
from prodigy_action.cli.groups import GroupedCommand
from prodigy_action.cli.options import format_option, setting_options, settings_of
from prodigy_action.errors import ExitCode, InvalidInput, ProdigyError
from prodigy_action.inputs.documents.diagnostics import render_diagnostic
from prodigy_action.model.json_value import compact_json
from prodigy_action.model.settings import Settings

if TYPE_CHECKING:
    from prodigy_action.app.start_run import ProgressMode

NOT_OF_PLAN = frozenset(
    (
        "dry-run",
        "results-dir",
        "results-keep",
        "restart",
        "job-summary",
        "annotations",
        "fail-on",
        "resume-from",
        "redrive",
        "force",
        "phase",
        "shard-index",
        "shard-total",
        "allow-missing-shards",
    )
)
"""Inputs that do not change what would run."""


@click.command(cls=GroupedCommand)
@click.argument("workflow", required=False)
@setting_options()
@click.option("-q", "--quiet", is_flag=True, help="Print warnings, failures and the result alone.")
@click.option("-v", "--verbose", is_flag=True, help="Print every event too, as --log-level debug does.")
@click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "lines", "none"]),
    default="auto",
    metavar="auto|bar|lines|none",
    help="A bar, a line that counts the items at most every 10 s, or neither; auto draws a bar in a terminal."
    " [default: auto]",
)
@click.pass_obj
def run(
    world: ProcessContext,
    /,
    workflow: str | None,
    quiet: bool,
    verbose: bool,
    progress: ProgressMode,
    **options: Any,
) -> int:
    """Run WORKFLOW on the checkout, and publish what landed.

    WORKFLOW is prodigy.yml or .github/prodigy.yml unless it is given.
    """
    if verbose:
        if quiet or options["log_level"] not in (None, "debug"):
            raise click.UsageError(f"--verbose and {'--quiet' if quiet else '--log-level'} exclude each other")
        options["log_level"] = "debug"
    try:
        settings = settings_of(options, world, workflow)
        if settings.dry_run:
            return _print_plan(settings, world, form="text", explain=False, run_input=False)
        gc.disable()  # as in `__main__`: the import of the rest of the program leaves no garbage
        from prodigy_action.app.early_checkout import EarlyCheckout

        early = EarlyCheckout(settings, world)
        from prodigy_action.app import run as running

        gc.freeze()
        gc.enable()
        code, summary = anyio.run(lambda: running.run(settings, world, early, progress, quiet=quiet))
    except ProdigyError as error:
        return refuse(error, options, world, of_run=True)
    print_last(summary, world)
    return int(code)


@click.command(cls=GroupedCommand)
@click.argument("workflow", required=False)
@setting_options(without=NOT_OF_PLAN)
@format_option("the plan")
@click.option("--explain", is_flag=True, help="Say why steps wait for each other.")
@click.option("--run-input", is_flag=True, help="Run the input when it is a command.")
@click.pass_obj
def plan(
    world: ProcessContext, /, workflow: str | None, form: str, explain: bool, run_input: bool, **options: Any
) -> int:
    """Print what would run of WORKFLOW; execute nothing.

    WORKFLOW is prodigy.yml or .github/prodigy.yml unless it is given.
    """
    settings = settings_of(options, world, workflow)
    return _print_plan(settings, world, form=form, explain=explain, run_input=run_input)


def _print_plan(settings: Settings, world: ProcessContext, *, form: str, explain: bool, run_input: bool) -> int:
    from prodigy_action.app import plan as planning
    from prodigy_action.report.commands import without_commands
    from prodigy_action.report.plan import plan_document, render_plan

    made = anyio.run(lambda: planning.plan(settings, world, run_input=run_input))
    for warning in made.warnings:
        world.stderr.write(render_diagnostic(warning, color=world.has_color(world.stderr)) + "\n")
    if form == "json":
        world.stdout.write(without_commands(compact_json(plan_document(made, explain=explain))) + "\n")
    else:
        world.stdout.write(render_plan(made, explain=explain))
    return ExitCode.SUCCESS


@click.command(hidden=True)
@setting_options()
@click.pass_obj
def post(world: ProcessContext, /, **options: Any) -> int:
    """Do what a killed run could not: report it, remove its leftovers, give files back. Never fails."""
    try:
        settings = settings_of(options, world, options.get("workflow") or "of the run before")
    except InvalidInput:
        return ExitCode.SUCCESS  # without valid inputs no run can have started
    from prodigy_action.app import post as post_step

    anyio.run(post_step.clean_up, settings, world)
    return ExitCode.SUCCESS
