"""Workflow commands of the GitHub runner: the one place that speaks them, and what keeps others from speaking."""

from __future__ import annotations

from contextlib import suppress
from typing import TextIO

from prodigy_action.report.annotations import Annotation, annotations_of, diagnostic_annotations

__all__ = ["CommandWriter", "annotations_of", "diagnostic_annotations", "without_commands"]

_DATA_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY_ESCAPES = {**_DATA_ESCAPES, ":": "%3A", ",": "%2C"}


class CommandWriter:
    """Writes commands to a stream that the runner reads, each on a line of its own.

    Every text is escaped after the rules of the runner's toolkit (github.com/actions/toolkit, `command.ts`).
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def annotate(self, annotations: list[Annotation]) -> None:
        """Show these on the run's page, and those with a place beside the file."""
        for annotation in annotations:
            self._write(annotation.level, annotation.message, annotation.properties())

    def begin_group(self, title: str) -> None:
        """Fold the lines from here to `end_group` under the title."""
        self._write("group", title, {})

    def end_group(self) -> None:
        """The end of the folded lines."""
        self._write("endgroup", "", {})

    def add_mask(self, secret: str) -> None:
        """Have the runner replace the secret, and each of its lines, in everything it shows. Nothing for blank text."""
        if secret.strip():
            self._write("add-mask", secret, {})

    def _write(self, name: str, text: str, properties: dict[str, str]) -> None:
        told = ",".join(f"{key}={_escaped(value, _PROPERTY_ESCAPES)}" for key, value in properties.items())
        with suppress(OSError, ValueError):  # a stream that nobody reads any more ends no run
            self._stream.write(f"::{name}{' ' if told else ''}{told}::{_escaped(text, _DATA_ESCAPES)}\n")
            self._stream.flush()


def without_commands(json_text: str) -> str:
    """The same JSON, written so that the runner finds no command in a line of it."""
    return json_text.replace("##[", "\\u0023#[")


def _escaped(text: str, escapes: dict[str, str]) -> str:
    encodable = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(escapes.get(character, character) for character in encodable)
