"""Why something failed, in the words that follow a colon: without error numbers, and without paths of worktrees."""

from __future__ import annotations

from json import JSONDecodeError


def reason_of(error: BaseException) -> str:
    """What `error` says, to be written after "…: ".

    Of an error of the operating system its text alone: the message names the file as the user wrote it, and the path in
    the error may be that of a worktree that is removed. Of a text that is no JSON the problem with its line and column.
    """
    if isinstance(error, OSError):
        return _lowered(error.strerror or str(error))
    if isinstance(error, JSONDecodeError):
        return f"{_lowered(error.msg)} at line {error.lineno}, column {error.colno}"
    return str(error)


def _lowered(text: str) -> str:
    """`text` with a small first letter; a first word in capitals, such as FIFO, stays."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
