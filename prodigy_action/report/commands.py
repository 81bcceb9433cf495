"""Workflow commands of the GitHub runner: the only module that writes them, and a guard against commands in other
output.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from prodigy_action.report.annotations import Annotation, annotations_of, diagnostic_annotations

__all__ = ["CommandWriter", "annotations_of", "diagnostic_annotations", "without_commands"]

_DATA_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY_ESCAPES = {**_DATA_ESCAPES, ":": "%3A", ",": "%2C"}


class TextOutput(Protocol):
    """A stream of text for a runner."""

    def write(self, text: str, /) -> int: ...
    def flush(self) -> None: ...


class CommandWriter:
    """Writes commands to a stream that the runner reads, each on a line of its own.

    Every text is escaped after the rules of the runner's toolkit (github.com/actions/toolkit, `command.ts`).
    """

    def __init__(self, stream: TextOutput) -> None:
        self._stream = stream

    def annotate(self, annotations: list[Annotation]) -> None:
        """Show the annotations on the page of the run, and beside the file where they have a place in one."""
        for annotation in annotations:
            self._write(annotation.level, annotation.message, annotation.properties())

    def begin_group(self, title: str) -> None:
        """Start a group of log lines under `title`; it ends with `end_group`. The runner shows it folded."""
        self._write("group", title, {})

    def end_group(self) -> None:
        """End the group of log lines."""
        self._write("endgroup", "", {})

    def _write(self, name: str, text: str, properties: dict[str, str]) -> None:
        parameters = ",".join(f"{key}={_escaped(value, _PROPERTY_ESCAPES)}" for key, value in properties.items())
        with suppress(OSError, ValueError):  # a closed output stream does not end the run
            self._stream.write(f"::{name}{' ' if parameters else ''}{parameters}::{_escaped(text, _DATA_ESCAPES)}\n")
            self._stream.flush()


def without_commands(json_text: str) -> str:
    """The same JSON, written so that the runner finds no command in a line of it."""
    return json_text.replace("##[", "\\u0023#[")


def _escaped(text: str, escapes: dict[str, str]) -> str:
    encodable = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(escapes.get(character, character) for character in encodable)
