"""The commands for runs that have ended: `show`, `reproduce`, `clean`."""

from __future__ import annotations

import anyio
import click

from prodigy_action.app.process_context import ProcessContext
from prodigy_action.errors import ExitCode


@click.command()
@click.argument("results_dir", default="prodigy-results")
@click.option("--failed", is_flag=True, help="Every failed item: why, and what it printed last.")
@click.option("--item", "wanted", metavar="ID|KEY", help="One item: its steps, executions, log and patch.")
@click.option("--json", "as_json", is_flag=True, help="The same from results.json, as JSON.")
@click.pass_obj
def show(world: ProcessContext, /, results_dir: str, failed: bool, wanted: str | None, as_json: bool) -> int:
    """Print the summary of a run, its failed items, or one."""
    from prodigy_action.app.show import show as show_results

    if failed and wanted is not None:
        raise click.UsageError("--failed and --item exclude each other")
    world.stdout.write(show_results(results_dir, world, failed=failed, wanted=wanted, as_json=as_json))
    return ExitCode.SUCCESS


@click.command()
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
    """Execute one item of an ended run again, here.

    ITEM is its id, its key or its name. The exit code is that of the item. Neither the checkout nor the results change.
    Secrets are read from the environment.
    """
    from prodigy_action.app.reproduction.reproduce import Wanted
    from prodigy_action.app.reproduction.reproduce import reproduce as reproduce_item

    wanted = Wanted(results_dir=results_dir, item=item, shell=shell, until=until, keep=keep)
    return anyio.run(reproduce_item, wanted, world, repo)


@click.command()
@click.option("--results-dir", default="prodigy-results", metavar="DIR", help="Where runs write their results.")
@click.option("--all", "all_of_them", is_flag=True, help="Also what is nowhere else, and unfinished runs.")
@click.option("--yes", is_flag=True, help="Remove it; without this option nothing is removed.")
@click.pass_obj
def clean(world: ProcessContext, /, results_dir: str, all_of_them: bool, yes: bool) -> int:
    """Remove branches, tags and results of earlier runs.

    The results that go are those that were moved (prodigy-results.1, ...); those of the last run are kept.
    """
    from prodigy_action.app.clean import clean as clean_up

    text, done = clean_up(results_dir, world, all_of_them=all_of_them, remove=yes)
    world.stdout.write(text)
    return ExitCode.SUCCESS if done else ExitCode.FAILURE
