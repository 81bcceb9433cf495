"""The result of a validation: a score, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prodigy_action.model.json_value import JsonValue, compact_json, parse_json

WHOLE = 100.0
"""The percentage of complete work."""


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """`completion` is a percentage; `missing`, `implemented` and `gaps` are values of the validation's output."""

    completion: float
    status: str
    missing: tuple[str, ...] = ()
    implemented: tuple[str, ...] = ()
    gaps: JsonValue = None
    text: str = ""
    """The text that was printed or written."""

    def is_complete(self, threshold: float) -> bool:
        """Whether the score reaches the threshold."""
        return self.completion >= threshold

    def variables(self, attempt: int) -> dict[str, JsonValue]:
        """`${validation.*}`."""
        completion = int(self.completion) if self.completion.is_integer() else self.completion
        return {
            "completion": completion,
            "completion_percentage": completion,
            "status": self.status,
            "missing": list(self.missing),
            "missing_count": len(self.missing),
            "implemented": list(self.implemented),
            "gaps": self.gaps,
            "attempt_number": attempt,
        }


def read_validation(text: str, *, succeeded: bool) -> ValidationResult:
    """The result that a validation printed or wrote.

    For a text that is not a JSON object the exit code alone decides: 100 % or 0 %.
    """
    try:
        value = parse_json(text)
    except ValueError:
        value = None
    if not isinstance(value, Mapping):
        completion, status = (100.0, "complete") if succeeded else (0.0, "failed")
        return ValidationResult(completion, status, text=text)
    return _result_of(value, text, succeeded)


def read_result_file(text: str, path: str, *, succeeded: bool) -> ValidationResult:
    """The result in `result_file`; a file that does not hold a JSON object counts as 0 %."""
    try:
        value = parse_json(text)
    except ValueError as error:
        return no_result(f"the result file {path!r} is no JSON: {error}")
    if not isinstance(value, Mapping):
        return no_result(f"the result file {path!r} holds no JSON object")
    return _result_of(value, text, succeeded)


def no_result(reason: str) -> ValidationResult:
    """The result of a validation that gave no result: 0 %."""
    return ValidationResult(0.0, "failed", missing=(reason,))


def _result_of(value: Mapping[str, JsonValue], text: str, succeeded: bool) -> ValidationResult:
    completion, status = _completion(value, succeeded), value.get("status")
    return ValidationResult(
        completion=completion,
        status=status if isinstance(status, str) else ("complete" if completion >= WHOLE else "incomplete"),
        missing=_texts(value.get("missing")),
        implemented=_texts(value.get("implemented")),
        gaps=value.get("gaps"),
        text=text,
    )


def _completion(value: Mapping[str, JsonValue], succeeded: bool) -> float:
    for name in ("completion_percentage", "score", "completion"):
        score = value.get(name)
        if isinstance(score, int | float) and not isinstance(score, bool):
            return float(score)
    complete = value.get("complete", value.get("status"))
    if isinstance(complete, bool):
        return 100.0 if complete else 0.0
    if isinstance(complete, str):
        return 100.0 if complete.lower() in {"complete", "completed", "passed", "success", "ok"} else 0.0
    return 100.0 if succeeded else 0.0


def _texts(value: JsonValue) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(each if isinstance(each, str) else compact_json(each) for each in value)
    return ()
