"""Where the map's items come from: a file of the worktree or the checkout, files that a glob matches, or a command."""

from __future__ import annotations

import codecs
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import anyio.to_thread

from prodigy_action.adapters.cancellation import end_if_cancelled
from prodigy_action.adapters.files.named_file import first_existing, leads_out
from prodigy_action.adapters.processes.accounts import Accounts
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.user_files import READABLE_FOR_THE_OWNER, read_blocks_as, reading_as
from prodigy_action.effects.listed_files import files_matching
from prodigy_action.environment import CommandRunner, EventLog, LogSink, ShellParser
from prodigy_action.errors import Diagnostic, ExpressionError, GitFailed, InvalidInput
from prodigy_action.model.command import CommandSpec
from prodigy_action.model.json_value import JsonValue, UntypedText
from prodigy_action.model.map_phase import InputForm
from prodigy_action.model.workflow import Interpreter
from prodigy_action.pure.items.map_input import MapInput, ReadItems
from prodigy_action.pure.items.nothing_selected import SelectionWarning
from prodigy_action.pure.items.source import (
    ITEM_FILE_SUFFIXES,
    looks_like_a_path,
    parse_command_output,
    select_items,
)
from prodigy_action.pure.json_values.json_path import JsonPath
from prodigy_action.pure.shell.list_command import list_command, list_failed
from prodigy_action.pure.text.cutting import cut, cut_start
from prodigy_action.pure.text.reasons import reason_of
from prodigy_action.pure.text.suggestions import nearest

INPUT_COMMAND_SECONDS = 300.0
SHOWN = 80
"""The most characters of a command in the log."""

ITEM_FILE_BYTES = 2**28
"""How large an item file may be: 256 MiB."""


class ParseItemFile(Protocol):
    """Makes items of the blocks of a file's text, by its suffix; `source` is its name in diagnostics.

    `checkpoint` is called now and then, and ends the work with what it raises.
    """

    def __call__(
        self,
        blocks: Iterable[str],
        suffix: str,
        *,
        json_path: JsonPath | None,
        source: str,
        checkpoint: Callable[[], object],
    ) -> list[JsonValue]: ...


class WorktreeItemReader:
    """Reads item files with `parse_file`, lists the files that globs match, and runs other texts as a shell command."""

    def __init__(
        self,
        checkout: Path,
        *,
        parse_file: ParseItemFile,
        executor: CommandRunner,
        shell: ShellParser,
        output: LogSink,
        log: EventLog,
        warn: Callable[[SelectionWarning], None],
        problem_at_input: Callable[[str, str | None], Diagnostic],
        interpreter: Interpreter = "sh",
        accounts: Accounts | None = None,
        checkout_owner: Credentials | None = None,
    ) -> None:
        """`problem_at_input` makes an error of a message and a hint, at the place where the input is written."""
        self._checkout = checkout
        self._parse_file = parse_file
        self._executor = executor
        self._shell = shell
        self._output = output
        self._log = log
        self._warn = warn
        self._problem_at_input = problem_at_input
        self._interpreter = interpreter
        self._accounts = accounts
        self._checkout_owner = checkout_owner

    async def read(self, worktree: str, wanted: MapInput) -> ReadItems:
        """The items. Raises `InvalidInput` when they cannot be read, or when the command refuses a value."""
        if wanted.listed is not None:
            return ReadItems(select_items(wanted.listed, wanted.json_path), f"the value {wanted.written.strip()!r}")
        kind = await self.kind_of(worktree, wanted)
        await self.warn_if_ambiguous(worktree, wanted, kind)
        if kind == "glob":
            return await self._match(worktree, wanted)
        if kind == "file":
            return await self._read_named(worktree, wanted)
        try:
            script = wanted.script(await self._shell.parse(wanted.shell_texts), self._interpreter)
        except ExpressionError as refused:
            raise self._invalid(refused.message, refused.hint) from refused
        source = f"the command {_short(wanted.text)!r}"
        self._log.info("input_read", source=source)
        return ReadItems(await self._run(worktree, wanted, script), source, by_command=True)

    async def kind_of(self, worktree: str, wanted: MapInput) -> InputForm:
        """What the text of the input is taken for."""
        meant: InputForm | None = wanted.meant
        if meant is not None:
            return meant
        text = wanted.text.strip()
        if await anyio.to_thread.run_sync(self._find, Path(worktree), text) is not None:
            return "file"
        if wanted.globs:
            return "glob"
        return "file" if looks_like_a_path(text) else "command"

    async def warn_if_ambiguous(self, worktree: str, wanted: MapInput, taken: InputForm) -> None:
        """Warn of a text without a form that is taken for a file or a command and could be something else."""
        if wanted.meant is not None:
            return
        text = wanted.text.strip()
        file = await anyio.to_thread.run_sync(self._find, Path(worktree), text) if taken == "file" else None
        if file is not None and await anyio.to_thread.run_sync(_can_be_run, file):
            message = f"the input {text!r} is a file that can be run: its lines are the items"
        elif taken == "command" and wanted.runs_a_match:
            message = f"the input {_short(text)!r} runs the first file that its first word matches"
        else:
            return
        other = "command" if taken == "file" else "glob"
        word = text.split(maxsplit=1)[0]
        hint = f"write {{{taken}: {_short(text)!r}}} if that is meant, or {{{other}: {word!r}}}"
        self._warn(SelectionWarning("input", message, hint, code="ambiguous-input"))

    async def _match(self, worktree: str, wanted: MapInput) -> ReadItems:
        source, found = await self._matched(worktree, wanted)
        self._log.info("input_read", source=source, files=len(found))
        lines: list[JsonValue] = [{"item": UntypedText(path)} for path in found]
        return ReadItems(select_items(lines, wanted.json_path), source)

    async def _matched(self, worktree: str, wanted: MapInput) -> tuple[str, list[str]]:
        """What the globs are called, and the files that they match."""
        source = f"the glob {' '.join(wanted.globs)}"
        outside = [glob for glob in wanted.globs if glob.startswith("/") or ".." in glob.split("/")]
        if outside:
            hint = f"write a command: {{command: ls {outside[0]}}}"
            raise self._invalid(f"the glob {outside[0]!r} leaves the repository", hint)
        try:
            return source, await files_matching(self._executor, worktree, wanted.globs, wanted.environ)
        except ExpressionError as error:
            raise self._invalid(error.message, error.hint) from error
        except GitFailed as error:
            raise self._invalid(f"{source}: {error.message}: {cut_start(error.stderr.strip(), 300)}", None) from error

    async def _read_named(self, worktree: str, wanted: MapInput) -> ReadItems:
        text = wanted.text.strip()
        file = await anyio.to_thread.run_sync(self._find, Path(worktree), text)
        if file is None:
            await anyio.to_thread.run_sync(self._refuse_unusual, worktree, text)
            near = await anyio.to_thread.run_sync(self._nearest, Path(worktree), text)
            hint = f"did you mean `{near}`?" if near else "create it in setup, or correct the path"
            raise self._invalid(f"the input file {text!r} does not exist", hint)
        if not file.is_relative_to(worktree):
            self._log.info("input_read_from_checkout", path=text)
        await anyio.to_thread.run_sync(self._check_inside, worktree, file)
        source = f"the file {text}"
        self._log.info("input_read", source=source)
        return ReadItems(await anyio.to_thread.run_sync(self._read_file, worktree, file, wanted.json_path), source)

    def _read_file(self, worktree: str, file: Path, json_path: JsonPath | None) -> list[JsonValue]:
        shown = self._shown(worktree, file)
        blocks = self._blocks(worktree, file)
        return self._parse_file(blocks, file.suffix, json_path=json_path, source=shown, checkpoint=end_if_cancelled)

    def _shown(self, worktree: str, file: Path) -> str:
        """The path as the user knows it: a worktree is removed at the end of its run."""
        for root in (Path(worktree), self._checkout):
            if file.is_relative_to(root):
                return str(file.relative_to(root))
        return str(file)

    def _blocks(self, worktree: str, file: Path) -> Iterator[str]:
        """The text of a file, read as the user that the worktree belongs to, or else as the owner of the checkout."""
        user = self._checkout_owner
        if self._accounts is not None and file.is_relative_to(worktree):
            user = self._accounts.owner_of(worktree)
        try:
            yield from codecs.iterdecode(read_blocks_as(user, file, limit=ITEM_FILE_BYTES), "utf-8", "surrogateescape")
        except OSError as error:
            message = f"cannot read the item file{reading_as(user)}: {reason_of(error)}"
            hint = None if user is None else READABLE_FOR_THE_OWNER
            source = self._shown(worktree, file)
            raise InvalidInput([Diagnostic(message, source=source, hint=hint, code="unreadable-input")]) from error

    def _check_inside(self, worktree: str, file: Path) -> None:
        """A file of the worktree or the checkout must not lead out of both."""
        if leads_out(file, Path(worktree), self._checkout):
            problem = f"the input file {self._shown(worktree, file)!r} is a link that leads out of the checkout"
            raise self._invalid(problem, "name the file that the link leads to")

    async def is_there(self, worktree: str, wanted: MapInput, kind: InputForm) -> bool:
        """Whether the file that the input names can be read now, or its globs match a file now."""
        if kind == "glob":
            return bool((await self._matched(worktree, wanted))[1])
        return await anyio.to_thread.run_sync(self._find, Path(worktree), wanted.text.strip()) is not None

    def _find(self, worktree: Path, text: str) -> Path | None:
        if not text or "\n" in text or "\0" in text:
            return None
        for root in (worktree, self._checkout):
            try:
                if (root / text).is_file():
                    return root / text
            except OSError:
                return None  # a command line may be longer than a file name can be
        return None

    def _nearest(self, worktree: Path, text: str) -> str | None:
        """The file of the worktree or the checkout whose path is nearly `text`, in the same directory."""
        above, _, name = text.rpartition("/")
        for root in (worktree, self._checkout):
            try:
                if leads_out(root / above, worktree, self._checkout):
                    continue
                names = [each.name for each in os.scandir(root / above) if each.is_file()]
            except (OSError, ValueError):
                continue
            if found := nearest(name, names):
                return f"{above}/{found[0]}" if above else found[0]
        return None

    def _refuse_unusual(self, worktree: str, text: str) -> None:
        """Raise `InvalidInput` when the path leads to something that is no regular file."""
        if found := first_existing(Path(worktree, text), self._checkout / text):
            deque(self._blocks(worktree, found), maxlen=0)

    async def _run(self, worktree: str, wanted: MapInput, script: str) -> list[JsonValue]:
        spec = CommandSpec(
            argv=list_command(script, self._interpreter),
            cwd=worktree,
            env=wanted.environ,
            timeout_seconds=INPUT_COMMAND_SECONDS,
            capture_limit=2**30,
        )
        completed = await self._executor.run(spec, self._output)
        if completed.timed_out:
            raise self._invalid(
                f"the input command timed out after {INPUT_COMMAND_SECONDS:g} s", "write its output to a file"
            )
        if list_failed(completed.exit_code, self._interpreter):
            said = cut_start(completed.tail.strip(), 500)
            message = f"the input command ended with exit code {completed.exit_code}: {said}"
            raise self._invalid(message, f"command: {wanted.text}")
        text = completed.stdout.decode("utf-8", "surrogateescape")
        parse = partial(parse_command_output, json_path=wanted.json_path, checkpoint=end_if_cancelled)
        return await anyio.to_thread.run_sync(parse, text)

    def _invalid(self, message: str, hint: str | None) -> InvalidInput:
        return InvalidInput([self._problem_at_input(message, hint)])


def _can_be_run(file: Path) -> bool:
    return file.suffix.lower() not in ITEM_FILE_SUFFIXES and os.access(file, os.X_OK)


def _short(text: str) -> str:
    return cut(" ".join(text.split()), SHOWN)
