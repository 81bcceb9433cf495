"""Lines of the structured log in which a runner finds no workflow command, whatever text they contain.

A GitHub runner scans every line of standard output and error, which it splits at LF, CR LF and a lone CR. It reads
`::name …::` as a command at the beginning of a line, also after white space, and `##[name …]` anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from prodigy_action.pure.log_messages.sentences import message_of
from prodigy_action.pure.text.colors import Style, painted
from prodigy_action.pure.text.log_values import LogLimits, LogValue, shown_value

LONGEST_LINE = 16_000
"""The most characters of one line."""
LONGEST_MESSAGE = 2_000
"""The most characters of the message of a JSON line."""
CONTINUED = "│ "
"""The beginning of every further line of an event on the console."""

_LIMITS = (LogLimits(), LogLimits(text=200, elements=10, depth=2), LogLimits(text=100, elements=0, depth=1))
_LINE_BREAK = re.compile("\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_PLAIN = re.compile(r"[\w./:@%+,~^*#\[\]-]+")
_STYLES: Mapping[str, Style] = {"debug": "dim", "warning": "warning", "error": "error"}


def json_line(at: datetime, level: str, event: str, fields: Mapping[str, object], mask: Callable[[str], str]) -> str:
    """One event as one line of ASCII JSON: `message`, `timestamp`, `level`, `event`, then the fields."""
    timestamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = ""
    for shown_event, shown in _shown(event, fields, mask):
        message = message_of(event, shown) or _in_words(shown_event, shown)
        head: dict[str, LogValue] = {
            "message": message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…",
            "timestamp": timestamp,
            "level": level,
            "event": shown_event,
        }
        line = json.dumps({**head, **shown, **head})  # they come first in the line, and no field replaces them
        if len(line) <= LONGEST_LINE:
            break
    return line.replace("##[", "\\u0023#[")


def console_lines(
    at: datetime, level: str, event: str, fields: Mapping[str, object], mask: Callable[[str], str], *, color: bool
) -> list[str]:
    """One event as lines for people: time in UTC, level, sentence and hint.

    An event without a sentence shows its name and fields; fields with several lines follow, each line marked.
    """
    shown_event, shown = next(_shown(event, fields, mask))
    blocks: dict[str, LogValue] = {}
    message = message_of(event, shown)
    if message is None:
        blocks = {name: value for name, value in shown.items() if isinstance(value, str) and _LINE_BREAK.search(value)}
        text = _in_words(shown_event, {name: value for name, value in shown.items() if name not in blocks})
    else:
        hint = shown.get("hint")
        text = _visible(f"{message} ({hint})" if isinstance(hint, str) else message)
    label = f"{level:<7}"
    if level in _STYLES:
        label = painted(label, _STYLES[level], color=color)
    lines = [f"{at.astimezone(UTC):%H:%M:%S} {label} {text}"]
    for name, value in blocks.items():
        lines += (
            f"{CONTINUED}{_word(name)}:",
            *(f"{CONTINUED}  {_visible(line)}" for line in _LINE_BREAK.split(str(value))),
        )
    return [line[:LONGEST_LINE].replace("##[", "#\u200b#[") for line in lines]


def _shown(
    event: str, fields: Mapping[str, object], mask: Callable[[str], str]
) -> Iterator[tuple[str, dict[str, LogValue]]]:
    for limits in _LIMITS:
        shown = shown_value(fields, mask, limits)
        yield str(shown_value(event, mask, limits)), shown if isinstance(shown, dict) else {}


def _in_words(event: str, fields: Mapping[str, LogValue]) -> str:
    return " ".join([_word(event), *(f"{_word(name)}={_word(value)}" for name, value in fields.items())])


def _word(value: LogValue) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else _visible(json.dumps(value, ensure_ascii=False))
    return _visible(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _visible(text: str) -> str:
    """`text` with escapes for everything that a terminal would act on instead of showing."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\u{ord(c):04x}" for c in text)
