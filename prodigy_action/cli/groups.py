"""The groups in which `--help` lists the options of a command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import click

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "What to run": ("working_directory", "params", "args", "map_files", "profile", "only", "dry_run"),
    "What to print": ("form", "explain", "run_input"),
    "Parallelism and limits": ("max_parallel", "timeout_minutes", "max_log_bytes"),
    "Results": ("results_dir", "results_keep", "fail_on"),
    "Output": ("quiet", "verbose", "progress", "log_format", "log_level", "annotations", "job_summary"),
    "Resuming": ("resume_from", "redrive", "restart", "force"),
    "Git": ("merge_strategy", "commits", "git_user_name", "git_user_email"),
    "Security": ("run_as", "env_allow", "allow_secrets_in_commits"),
    "Agent programs": ("agent_command", "agent_permissions"),
    "One run in several jobs": (
        "phase",
        "shards",
        "items_per_shard",
        "timings",
        "shard_index",
        "shard_total",
        "allow_missing_shards",
    ),
}
"""Heading → the parameters below it, in this order; an option that is in no group is under `Options`."""


class GroupedCommand(click.Command):
    """A command whose help lists its options in `GROUPS`."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, options in grouped(self, ctx):
            rows = [record for option in options if (record := option.get_help_record(ctx)) is not None]
            with formatter.section(title):
                formatter.write_dl(rows)


def grouped(command: click.Command, context: click.Context) -> Iterator[tuple[str, list[click.Option]]]:
    """The visible options of a command by heading; groups without an option are left out."""
    left = {each.name: each for each in command.get_params(context) if isinstance(each, click.Option)}
    for title, names in GROUPS.items():
        if found := [left.pop(name) for name in names if name in left]:
            yield title, found
    if left:
        yield "Options", list(left.values())
