"""The structured log: structlog, configured for one stream, without any global state."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from prodigy_action.adapters.package_parts import import_part
from prodigy_action.environment import EventLog
from prodigy_action.pure.log_messages.lines import console_lines, json_line
from prodigy_action.pure.text.masking import Masker

LogFormat: TypeAlias = Literal["json", "console"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]

_NUMBERS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class LogStream(Protocol):
    """The stream that a log is written to."""

    @property
    def encoding(self) -> str: ...
    def write(self, text: str, /) -> int: ...
    def flush(self) -> None: ...


def open_event_log(
    stream: LogStream,
    *,
    log_format: LogFormat,
    level: LogLevel,
    masker: Masker,
    now: Callable[[], datetime],
    color: bool = False,
) -> EventLog:
    """A log that writes events of at least `level` to `stream`, one write per event.

    The runner finds no command in the text of an event, and secrets are masked. `color` is for the console format
    alone.
    When the stream can no longer be written, such as a closed terminal, the log ends and the run continues.
    """
    import_part("structlog._native", "structlog")
    try:
        from structlog._native import make_filtering_bound_logger
    except ImportError:  # another version, in which it is elsewhere
        from structlog import make_filtering_bound_logger

    def render(_logger: object, method: str, event_dict: MutableMapping[str, Any]) -> str:
        fields = dict(event_dict)
        event = str(fields.pop("event", ""))
        if log_format == "json":
            return json_line(now(), method, event, fields, masker.mask_text) + "\n"
        lines = console_lines(now(), method, event, fields, masker.mask_text, color=color)
        return "".join(f"{line}\n" for line in lines)

    logger: Any = make_filtering_bound_logger(_NUMBERS[level])
    log: EventLog = logger(_TextWriter(stream), [render], {})
    return log


class _TextWriter:
    """Structlog's innermost logger: its methods get the finished text."""

    def __init__(self, stream: LogStream) -> None:
        self._stream = stream
        self._open = True

    def _write(self, text: str) -> None:
        if not self._open:
            return
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: the stream was closed
            self._open = False

    debug = info = warning = error = _write
