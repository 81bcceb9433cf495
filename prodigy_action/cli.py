"""The command line: options become settings, commands become calls of `app`, errors become exit codes."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import anyio
import click

from prodigy_action import __version__
from prodigy_action.app.masking import OutputUnwritable, masked_document
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.errors import Diagnostic, ExitCode, InvalidInput, ProdigyError
from prodigy_action.inputs.action_inputs import read_settings, switched_off
from prodigy_action.inputs.documents.diagnostics import diagnostic_json, render_diagnostic, render_verdict
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.model.settings import INPUTS, InputField, Settings

if TYPE_CHECKING:
    from prodigy_action.app.start_run import ProgressMode

Options = Mapping[str, Any]

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

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def invoke(arguments: Sequence[str]) -> int:
    """Run the program; its exit code. With no arguments on a runner, it behaves as `run`."""
    world = ProcessContext.of_process()
    if not arguments and world.environ.get("GITHUB_ACTIONS") == "true":
        arguments = ["run"]
    try:
        code = commands.main(list(arguments), "prodigy-action", standalone_mode=False, obj=world)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        world.stderr.write(shown.getvalue())
        return ExitCode.INVALID
    except ProdigyError as error:
        return refuse(error, {}, world)
    except Exception as error:  # noqa: BLE001  # the edge of the process: a bug of ours has its exit code too
        if isinstance(error, OutputUnwritable) or (isinstance(error, OSError) and error.errno in _FULL):
            where = "standard output" if isinstance(error, OutputUnwritable) else "a file"
            world.stderr.write(f"prodigy-action: {where} cannot be written: {(error.strerror or str(error)).lower()}\n")
            world.stdout.discard()
            return ExitCode.FAILURE
        from prodigy_action.app.refusal import report_bug

        report_bug(error, world, outputs=list(arguments[:1]) == ["run"])
        return ExitCode.INTERNAL
    return int(code or 0)


def refuse(error: ProdigyError, options: Options, world: ProcessContext, *, of_run: bool = False) -> ExitCode:
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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="prodigy-action", message="%(prog)s %(version)s")
def commands() -> None:
    """Run a workflow over many items, each in its own git worktree, and merge what they commit."""


def setting_options(*, without: frozenset[str] = frozenset()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of all inputs but the workflow itself and those in `without`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for field in reversed(INPUTS):
            if field.name != "workflow" and field.name not in without:
                function = _option(field)(function)
        return function

    return decorate


def _option(field: InputField) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    declared = field.declared
    default = declared.default_text or field.default
    text = f"{declared.description} [default: {default}]" if default else declared.description
    if declared.kind == "boolean":
        flags = "/".join((field.flags[0], f"--no-{field.name}"))
        return click.option(flags, field.attribute, default=None, help=text.replace("`", ""))
    return click.option(
        *field.flags,
        field.attribute,
        default=None,
        multiple=field.repeatable,
        metavar=declared.metavar if declared.kind != "choice" else "|".join(field.choices),
        help=text.replace("`", ""),
    )


def settings_of(options: Options, world: ProcessContext, workflow: str | None) -> Settings:
    """The settings that the options and the inputs together give."""
    given = {field.name: options.get(field.attribute) for field in INPUTS}
    given["workflow"] = workflow
    settings = read_settings(
        {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()},
        world.environ,
    )
    if settings.workflow:
        return settings
    from prodigy_action.app.workflow_files import usual_workflow

    found = usual_workflow(world.directory, world.directory / settings.working_directory)
    return replace(settings, workflow=found)


@commands.command()
@click.argument("workflow", required=False)
@setting_options()
@click.option("--quiet", "-q", is_flag=True, help="Print warnings, failures and the result alone.")
@click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "lines", "none"]),
    default="auto",
    help="A bar, a line that counts the items at most every 10 s, or neither; auto draws a bar in a terminal."
    " [default: auto]",
)
@click.pass_obj
def run(
    world: ProcessContext,
    /,
    workflow: str | None,
    quiet: bool,
    progress: ProgressMode,
    **options: Any,
) -> int:
    """Run WORKFLOW (prodigy.yml or .github/prodigy.yml unless given) on the checkout, and publish what landed."""
    try:
        settings = settings_of(options, world, workflow)
        if settings.dry_run:
            return _print_plan(settings, world, form="text", explain=False, run_input=False)
        from prodigy_action.app import run as running

        code, summary = anyio.run(lambda: running.run(settings, world, progress, quiet=quiet))
    except ProdigyError as error:
        return refuse(error, options, world, of_run=True)
    print_last(summary, world)
    if world.stdout.problem is not None:
        world.stderr.write(f"prodigy-action: standard output cannot be written: {world.stdout.problem}\n")
    return int(code)


def print_last(text: str, world: ProcessContext) -> None:
    """Print the last text of a finished run; a terminal that is closed or full does not change the exit code."""
    try:
        world.stdout.write(text)
        world.stdout.flush()
    except OSError:
        world.stdout.discard()


@commands.command()
@click.argument("workflow", required=False)
@setting_options(without=NOT_OF_PLAN)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the plan.")
@click.option("--explain", is_flag=True, help="Say why steps wait for each other.")
@click.option("--run-input", is_flag=True, help="Run the input when it is a command.")
@click.pass_obj
def plan(
    world: ProcessContext, /, workflow: str | None, form: str, explain: bool, run_input: bool, **options: Any
) -> int:
    """Print what would run of WORKFLOW (prodigy.yml or .github/prodigy.yml unless given); executes nothing."""
    settings = settings_of(options, world, workflow)
    return _print_plan(settings, world, form=form, explain=explain, run_input=run_input)


def _print_plan(settings: Settings, world: ProcessContext, *, form: str, explain: bool, run_input: bool) -> int:
    from prodigy_action.app import plan as planning
    from prodigy_action.report.commands import without_commands
    from prodigy_action.report.plan import plan_document, render_plan

    made = anyio.run(lambda: planning.plan(settings, world, run_input=run_input))
    for warning in made.warnings:
        world.stderr.write(render_diagnostic(warning) + "\n")
    if form == "json":
        world.stdout.write(without_commands(compact_json(plan_document(made, explain=explain))) + "\n")
    else:
        world.stdout.write(render_plan(made, explain=explain))
    return ExitCode.SUCCESS


@commands.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print problems.")
@click.pass_obj
def validate(world: ProcessContext, /, files: tuple[str, ...], form: str) -> int:
    """Check workflow files; every problem of every file at once. Exit code 0 or 2."""
    from prodigy_action.app.validate import validate_files
    from prodigy_action.report.commands import without_commands

    diagnostics = masked_document(validate_files(files, world), world.masker)
    wrong = any(diagnostic.severity == "error" for diagnostic in diagnostics)
    if form == "json":
        document: JsonValue = {
            "valid": not wrong,
            "problems": [diagnostic_json(diagnostic) for diagnostic in diagnostics],
        }
        world.stdout.write(without_commands(compact_json(document)) + "\n")
    else:
        for diagnostic in diagnostics:
            world.stdout.write(render_diagnostic(diagnostic) + "\n")
        world.stdout.write(render_verdict(diagnostics, files))
    return ExitCode.INVALID if wrong else ExitCode.SUCCESS


@commands.command()
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


@commands.command()
@click.argument("results_dir", default="prodigy-results")
@click.option("--failed", is_flag=True, help="Every failed item: why, and what it printed last.")
@click.option("--item", "wanted", metavar="ID|KEY", help="One item: its steps, executions, log and patch.")
@click.option("--json", "as_json", is_flag=True, help="The same from results.json, as JSON.")
@click.pass_obj
def show(world: ProcessContext, /, results_dir: str, failed: bool, wanted: str | None, as_json: bool) -> int:
    """Print the summary of an earlier run, its failed items, or one item."""
    from prodigy_action.app.show import show as show_results

    if failed and wanted is not None:
        raise click.UsageError("--failed and --item exclude each other")
    world.stdout.write(show_results(results_dir, world, failed=failed, wanted=wanted, as_json=as_json))
    return ExitCode.SUCCESS


@commands.command()
@click.argument("results_dir")
@click.argument("item")
@click.option("--repo", default=".", metavar="DIR", help="The checkout, or a directory in it. [default: .]")
@click.option("--shell", is_flag=True, help="Open a shell in front of the first step, or of the one of --until.")
@click.option("--until", metavar="STEP", help="Run the steps up to this one: its name, its id or its number from 1.")
@click.option("--keep", is_flag=True, help="Keep the worktree, and print its path.")
@click.pass_obj
def reproduce(
    world: ProcessContext, /, results_dir: str, item: str, repo: str, shell: bool, until: str | None, keep: bool
) -> int:
    """Execute one ITEM (its id, key or name) of an ended run again, as it was there; ends with its exit code.

    Neither the checkout nor the results change. Secrets are read from the environment.
    """
    from prodigy_action.app.reproduction.reproduce import Wanted
    from prodigy_action.app.reproduction.reproduce import reproduce as reproduce_item

    wanted = Wanted(results_dir=results_dir, item=item, shell=shell, until=until, keep=keep)
    return anyio.run(reproduce_item, wanted, world, repo)


@commands.command()
@click.argument("directory", required=False, default=".", metavar="[DIR]")
@click.pass_obj
def init(world: ProcessContext, /, directory: str) -> int:
    """Write prodigy.yml in DIR, a starter for the language of the repository, and the job that runs it.

    The job is .github/workflows/prodigy.yml at the top of the repository. A file that exists is kept.
    """
    from prodigy_action.app.init import init as write_starter

    world.stdout.write(write_starter(directory, world))
    return ExitCode.SUCCESS


@commands.command()
@click.option("--results-dir", default="prodigy-results", metavar="DIR", help="Where runs write their results.")
@click.option("--all", "all_of_them", is_flag=True, help="Also what is nowhere else, and unfinished runs.")
@click.option("--yes", is_flag=True, help="Remove it; without this option nothing is removed.")
@click.pass_obj
def clean(world: ProcessContext, /, results_dir: str, all_of_them: bool, yes: bool) -> int:
    """Remove the branches, the tags and the moved results (prodigy-results.1, ...) of earlier runs.

    The results of the last run are kept.
    """
    from prodigy_action.app.clean import clean as clean_up

    text, done = clean_up(results_dir, world, all_of_them=all_of_them, remove=yes)
    world.stdout.write(text)
    return ExitCode.SUCCESS if done else ExitCode.FAILURE


@commands.command()
@click.argument("which", type=click.Choice(["workflow", "results"]), default="workflow")
@click.pass_obj
def schema(world: ProcessContext, /, which: Literal["workflow", "results"]) -> int:
    """Print the JSON Schema of workflow files or of results.json."""
    from prodigy_action.schema import read_schema

    world.stdout.write(read_schema(which))
    return ExitCode.SUCCESS
