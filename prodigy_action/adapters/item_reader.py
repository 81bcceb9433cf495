"""Where the map's items come from: a file of the worktree or the checkout, or a command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import anyio.from_thread
import anyio.to_thread

from prodigy_action.adapters.files.named_file import first_existing, read_named_file
from prodigy_action.adapters.processes.accounts import Accounts
from prodigy_action.adapters.processes.user_files import can_read
from prodigy_action.environment import CommandRunner, EventLog, LogSink, ShellParser
from prodigy_action.errors import Diagnostic, ExpressionError, InvalidInput
from prodigy_action.model.command import CommandSpec
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.items.map_input import MapInput
from prodigy_action.pure.items.source import looks_like_a_path, parse_command_output
from prodigy_action.pure.json_values.json_path import JsonPath
from prodigy_action.pure.text.cutting import cut_start

INPUT_COMMAND_SECONDS = 300.0

ITEM_FILE_BYTES = 2**28
"""How large an item file may be: 256 MiB."""


class ParseItemFile(Protocol):
    """Makes items of the text of a file, by its suffix; `source` is its name in diagnostics."""

    def __call__(self, text: str, suffix: str, *, json_path: JsonPath | None, source: str) -> list[JsonValue]: ...


class WorktreeItemReader:
    """Reads item files with `parse_file`, and runs everything that names no file as a shell command."""

    def __init__(
        self,
        checkout: Path,
        *,
        parse_file: ParseItemFile,
        executor: CommandRunner,
        shell: ShellParser,
        output: LogSink,
        log: EventLog,
        accounts: Accounts | None = None,
    ) -> None:
        self._checkout = checkout
        self._parse_file = parse_file
        self._executor = executor
        self._shell = shell
        self._output = output
        self._log = log
        self._accounts = accounts

    async def read(self, worktree: str, wanted: MapInput) -> list[JsonValue]:
        """The items. Raises `InvalidInput` when they cannot be read, or when the command refuses a value."""
        text, json_path = wanted.text, wanted.json_path
        file = await anyio.to_thread.run_sync(self._find, Path(worktree), text.strip())
        if file is not None:
            await anyio.to_thread.run_sync(self._check_readable, worktree, file)
            return await anyio.to_thread.run_sync(self._read_file, file, json_path)
        if looks_like_a_path(text):
            await anyio.to_thread.run_sync(self._refuse_unusual, Path(worktree), text.strip())
            raise _invalid(f"the input file {text.strip()!r} does not exist", "create it in setup, or correct the path")
        try:
            script = wanted.script(await self._shell.parse(wanted.shell_texts))
        except ExpressionError as refused:
            raise _invalid(refused.message, refused.hint) from refused
        return await self._run(worktree, text, script, json_path, wanted.environ)

    def _read_file(self, file: Path, json_path: JsonPath | None) -> list[JsonValue]:
        content = self._content(file)
        text = content.decode("utf-8", "surrogateescape")
        return self._parse_file(text, file.suffix, json_path=json_path, source=str(file))

    def _content(self, file: Path) -> bytes:
        try:
            return read_named_file(file, limit=ITEM_FILE_BYTES, checkpoint=anyio.from_thread.check_cancelled)
        except OSError as error:
            message = f"cannot read the item file: {error.strerror}"
            raise InvalidInput([Diagnostic(message, source=str(file), code="unreadable-input")]) from error

    def _check_readable(self, worktree: str, file: Path) -> None:
        """A file that was made in the worktree must not lead to files that the worktree's user may not read."""
        if self._accounts is None or not file.is_relative_to(worktree):
            return
        if not can_read(self._accounts.owner_of(worktree), str(file)):
            raise _invalid(f"the input file {str(file)!r} cannot be read by the user that made it", "is it a link?")

    async def is_file(self, worktree: str, text: str) -> bool:
        """Whether `text` names a file that can be read now."""
        return await anyio.to_thread.run_sync(self._find, Path(worktree), text.strip()) is not None

    def _find(self, worktree: Path, text: str) -> Path | None:
        if not text or "\n" in text or "\0" in text:
            return None
        for root in (worktree, self._checkout):
            try:
                if (root / text).is_file():
                    if root is self._checkout and not Path(text).is_absolute():
                        self._log.info("input_read_from_checkout", path=text)
                    return root / text
            except OSError:
                return None  # a command line may be longer than a file name can be
        return None

    def _refuse_unusual(self, worktree: Path, text: str) -> None:
        """Raise `InvalidInput` when the path leads to something that is no regular file."""
        if found := first_existing(worktree / text, self._checkout / text):
            self._content(found)

    async def _run(
        self, worktree: str, text: str, command: str, json_path: JsonPath | None, environ: Mapping[str, str]
    ) -> list[JsonValue]:
        spec = CommandSpec(
            argv=("sh", "-c", command),
            cwd=worktree,
            env=environ,
            timeout_seconds=INPUT_COMMAND_SECONDS,
            capture_limit=2**30,
        )
        completed = await self._executor.run(spec, self._output)
        if completed.timed_out:
            raise _invalid(
                f"the input command timed out after {INPUT_COMMAND_SECONDS:g} s", "write its output to a file"
            )
        if completed.exit_code != 0:
            said = cut_start(completed.tail.strip(), 500)
            raise _invalid(f"the input command ended with exit code {completed.exit_code}: {said}", f"command: {text}")
        return parse_command_output(completed.stdout.decode("utf-8", "surrogateescape"), json_path=json_path)


def _invalid(message: str, hint: str | None) -> InvalidInput:
    return InvalidInput([Diagnostic(message, source="map.input", hint=hint, code="unreadable-input")])
