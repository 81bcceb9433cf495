"""`${NAME}` in fields that take no variables: it would be read as a part of a pattern, a path or a name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from prodigy_action.errors import ExpressionError
from prodigy_action.inputs.documents.located import Path

if TYPE_CHECKING:
    from prodigy_action.inputs.checks.located_steps import LocatedStep
    from prodigy_action.model.workflow import MapPhase, Phase, Retry

_BRACED = re.compile(r"(?<!\\)\$\{[A-Za-z_][^{}]*\}")
_BARE = re.compile(r"(?<!\\)\$([A-Za-z_]\w*)")
_SELECTION: Final = "the fields of the items decide; select with a command of `input`, or in a step of setup"
_PATTERN: Final = "write the expression itself"


def variables_in(text: str | None, hint: str, own: Collection[str] = ()) -> Iterator[ExpressionError]:
    """Every `${NAME}` in a text that takes none, and every `$NAME` of a name in `own`."""
    if text is None or "$" not in text:
        return
    found = [
        match for match in (*_BRACED.finditer(text), *_BARE.finditer(text)) if match[0][1] == "{" or match[1] in own
    ]
    for match in sorted(found, key=lambda match: match.start()):
        message = f"{match[0]!r} is not replaced here"
        yield ExpressionError(message, start=match.start(), end=match.end(), hint=hint)


def literal_fields_of_map(phase: MapPhase, own: Collection[str]) -> Iterator[tuple[Path, ExpressionError]]:
    """The problems of the fields that select items; `own` are the names of the workflow's variables."""
    for field in ("json_path", "filter", "sort_by", "distinct", "key"):
        for error in variables_in(getattr(phase, field), _SELECTION, own):
            yield ("map", field), error


def literal_fields_of_phase(name: str, phase: Phase) -> Iterator[tuple[Path, ExpressionError]]:
    """The problems of `capture_outputs`."""
    for variable, capture in phase.capture_outputs.items():
        for field in ("pattern", "json_path"):
            for error in variables_in(getattr(capture, field), _PATTERN):
                yield (name, "capture_outputs", variable, field), error


def literal_fields_of_retry(path: Path, retry: Retry | None) -> Iterator[tuple[Path, ExpressionError]]:
    """The problems of `retry_on`."""
    for index, matcher in enumerate(retry.retry_on if retry is not None else ()):
        for error in variables_in(matcher.pattern, _PATTERN):
            yield (*path, "retry_on", index, "pattern"), error


def literal_fields_of_step(placed: LocatedStep) -> Iterator[tuple[Path, ExpressionError]]:
    """The problems of a step's patterns and of the names that it gives to captures."""
    step, path = placed.step, placed.path
    yield from literal_fields_of_retry((*path, "retry"), step.retry)
    if step.commit_config is not None:
        for error in variables_in(step.commit_config.message_pattern, _PATTERN):
            yield (*path, "commit_config", "message_pattern"), error
    for error in variables_in(step.capture, "write the name without `${…}`"):
        yield (*path, "capture"), error
