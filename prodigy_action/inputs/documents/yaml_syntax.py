"""What the YAML parser could not read, in words that help."""

from __future__ import annotations

import yaml

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.source_text import SourceText


def syntax_problem(error: yaml.MarkedYAMLError, source: SourceText) -> Diagnostic:
    """The error for a text that is no YAML, at the place where a reader would look for it."""
    mark = error.problem_mark or error.context_mark
    message = ", ".join(part for part in (error.problem, error.context) if part) or "no YAML"
    index = mark.index if mark else 0
    hint = None
    if "mapping values are not allowed" in message:
        hint = "put a text that contains `: ` in quotes"
    elif "cannot start any token" in message and source.text[index : index + 1] == "\t":
        message, hint = "a tab stands where indentation or a value is expected", "indent with spaces, not with tabs"
    elif "cannot start any token" in message:
        hint = "put the text in quotes"
    elif "quoted scalar" in message and "end of" in message and error.context_mark is not None:
        index, message, hint = error.context_mark.index, "this quoted text does not end", "close the quote"
    elif "while parsing a flow" in message:
        message = "the list or map in brackets does not go on here"
        hint = "put a text that contains `{`, `}`, `[`, `]` or `,` in quotes, or close the bracket"
    elif "while parsing a block" in message:
        message, hint = "this does not continue the lines above", "give entries of one map or list the same indentation"
    return source.diagnostic(message, index, hint=hint, code="yaml")
