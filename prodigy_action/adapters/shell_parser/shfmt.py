"""The program `shfmt`: one call, bounded in time, memory and output; nothing of a text is on its command line."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.reasons import reason_of

SECONDS = 10
_MEMORY_BYTES = 1 << 30
_OUTPUT_BYTES = 128 << 20
_ERROR_BYTES = 1 << 16
_POSITION = re.compile(rb'\{\s*"Offset": (\d+),\s*"Line": \d+,\s*"Col": \d+\s*\}')
_ERROR = re.compile(r"(?:<standard input>:)?(\d+):(\d+|\?): (.*)", re.DOTALL)
_EXHAUSTED = (
    b"exceeded max depth",
    b"out of memory",
    b"cannot allocate memory",
    b"stack exceeds",
    b"file too large",
    b"SIGXFSZ",
)
_HINT = "install it again: pip install --force-reinstall shfmt-py"


class TooMuch(Exception):
    """A text that the program cannot read within its limits."""


class Refused(Exception):
    """What the program says about a text: its words, and the line and column (bytes) at which it says it."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


def parse_json(text: str) -> Any:
    """The tree that the program makes of an ASCII text, every position an offset.

    Raises `Refused`, `TooMuch`, and `InvalidInput` when the program cannot be run or does not answer as it should.
    """
    import json

    code, output, error = _call(text.encode("ascii"))
    if code == 0:
        try:
            return json.loads(_POSITION.sub(rb"\1", output))
        except RecursionError as deep:
            raise TooMuch from deep
        except ValueError as broken:
            raise _unusable("what it printed is no tree") from broken
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if allowed != resource.RLIM_INFINITY and allowed <= len(output) < _OUTPUT_BYTES:
        reason = f"files may have at most {allowed:,} bytes here, too few for what it prints"
        raise _unusable(reason, "raise that limit (ulimit -f)")
    if code < 0 or len(output) >= _OUTPUT_BYTES or any(sign in error for sign in _EXHAUSTED):
        raise TooMuch
    found = _ERROR.match(error.decode("utf-8", "replace").strip())
    if found is None:
        raise _unusable(cut(error.decode("utf-8", "replace").strip(), 200) or f"it ended with exit code {code}")
    raise Refused(found[3], int(found[1]), 1 if found[2] == "?" else int(found[2]))


@cache
def program() -> str:
    """The path of the program: beside the interpreter, else where its package says. Raises `InvalidInput`."""
    for directory in (Path(sys.executable).parent, Path(sys.prefix, "bin")):
        if (directory / "shfmt").is_file():
            return str(directory / "shfmt")
    from importlib.metadata import PackageNotFoundError, files

    try:
        found = [Path(str(each.locate())) for each in files("shfmt-py") or () if each.name == "shfmt"]
    except PackageNotFoundError:
        found = []
    for path in found:
        if path.is_file():
            return str(path.resolve())
    raise _unusable("it is not installed")


def _call(text: bytes) -> tuple[int, bytes, bytes]:
    command = [program(), "--to-json", "--language-dialect", "bash"]
    with _memory_file("tree") as output, _memory_file("error") as error:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=error, env={"GOGC": "400"}, cwd="/"
            )
        except OSError as failed:
            raise _unusable(reason_of(failed)) from failed
        _limit(process.pid)  # before it is given anything to read
        try:
            process.communicate(text, timeout=SECONDS)
        except subprocess.TimeoutExpired as late:
            raise TooMuch from late
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        error.seek(0)
        return process.returncode, output.read(), error.read(_ERROR_BYTES)


def _memory_file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(name), "w+b")


def _limit(pid: int) -> None:
    with suppress(OSError):  # it is gone already, and says why
        resource.prlimit(pid, resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.prlimit(pid, resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_OUTPUT_BYTES, _OUTPUT_BYTES))


def _unusable(reason: str, hint: str = _HINT) -> InvalidInput:
    message = f"the shell parser 'shfmt' cannot be used: {reason}"
    return InvalidInput([Diagnostic(message, source="prodigy-action", hint=hint, code="no-shell-parser")])
