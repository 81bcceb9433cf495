"""The reference of the command line, made from the commands themselves; `make generate` writes it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from prodigy_action.cli.entry import commands
from prodigy_action.cli.groups import grouped

PAGE = "docs/reference/command-line.md"
_INTRODUCTION = """# Command line

<!-- Written by `make generate` from the commands. -->

Each input of the action is an option of `run`, with the same name and meaning. Options win over inputs, and inputs win
over the workflow file. The README says what the [exit codes](../../README.md#how-a-run-goes) mean, and how a shell
[completes](../../README.md#on-your-machine) commands and options.
"""


def command_line_page() -> str:
    """The text of the page."""
    context = click.Context(commands, info_name="prodigy-action")
    shown = [(name, command) for name, command in commands.commands.items() if not command.hidden]
    contents = [f"* [`{name}`](#{name}): {command.get_short_help_str(200)}" for name, command in shown]
    sections = [line for name, command in shown for line in _section(name, command, context)]
    return "\n".join([_INTRODUCTION, *contents, *sections]) + "\n"


def _section(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent, **parent.command.context_settings)
    yield from ("", f"## {name}", "")
    yield f"    {command.get_usage(context).removeprefix('Usage: ')}"
    yield from ("", " ".join((command.help or "").split()))
    for title, options in grouped(command, context):
        rows = [option.get_help_record(context) for option in options if "--help" not in option.opts]
        if rows:
            yield from ("", f"### {title} ({name})" if title != "Options" else f"### Options of {name}", "")
            yield from ("| option | meaning |", "|---|---|")
            yield from (f"| `{_cell(row[0])}` | {_cell(row[1])} |" for row in rows if row is not None)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
