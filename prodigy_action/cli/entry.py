"""One call of the program: its command, and the exit code of every way in which it can end."""

from __future__ import annotations

import errno
import io
from collections.abc import Sequence

import click

from prodigy_action import __version__
from prodigy_action.app.masking import OutputUnwritable
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.cli.documents import init, schema, validate
from prodigy_action.cli.earlier_runs import clean, reproduce, show
from prodigy_action.cli.ends import refuse
from prodigy_action.cli.run import plan, post, run
from prodigy_action.errors import ExitCode, ProdigyError
from prodigy_action.pure.text.reasons import reason_of

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="prodigy-action", message="%(prog)s %(version)s")
def commands() -> None:
    """Run a workflow over many items, each in its own git worktree, and merge what they commit."""


for _command in (run, plan, validate, show, reproduce, clean, init, schema, post):
    commands.add_command(_command)


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
            world.stderr.write(f"prodigy-action: {where} cannot be written: {reason_of(error)}\n")
            world.stdout.discard()
            return ExitCode.FAILURE
        from prodigy_action.app.refusal import report_bug

        report_bug(error, world, outputs=list(arguments[:1]) == ["run"])
        return ExitCode.INTERNAL
    return int(code or 0)
