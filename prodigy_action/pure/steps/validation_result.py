"""The result of a validation: a score, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.model.json_value import JsonValue, compact_json, parse_json
from prodigy_action.model.workflow import OnIncomplete
from prodigy_action.pure.steps.verdict_text import SCORES, find_verdict, looks_like_json
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.reasons import reason_of

WHOLE = 100.0
"""The percentage of complete work."""
_EXAMPLE = '{"completion_percentage": 40, "missing": ["tests"]}'
_MENTIONED = re.compile(r"\$\{validation\.([A-Za-z_]\w*)")
_PERCENTAGE = re.compile(r"\s*(\d{1,3}(?:\.\d{1,9})?)\s*%?\s*")


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
    own: Mapping[str, JsonValue] = field(default_factory=dict)
    """Further fields that the check reported."""

    def is_complete(self, threshold: float) -> bool:
        """Whether the score reaches the threshold."""
        return self.completion >= threshold

    def variables(self, attempt: int) -> dict[str, JsonValue]:
        """`${validation.*}`."""
        completion = int(self.completion) if self.completion.is_integer() else self.completion
        return {
            **self.own,
            "completion": completion,
            "completion_percentage": completion,
            "status": self.status,
            "missing": list(self.missing),
            "missing_count": len(self.missing),
            "implemented": list(self.implemented),
            "gaps": self.gaps,
            "attempt_number": attempt,
        }


def mentioned_fields(handler: OnIncomplete) -> set[str]:
    """The fields of the result that the steps of `on_incomplete` use, as `${validation.NAME}`."""
    return set(_MENTIONED.findall(handler.model_dump_json(exclude_defaults=True)))


def read_validation(text: str, *, succeeded: bool, by_exit_code: bool = True) -> ValidationResult:
    """The result that a validation printed, also inside other text or a Markdown fence.

    With `by_exit_code`, for a check whose exit code means something, a text without a verdict is 100 % or 0 % by that
    code, unless it seems to be meant as JSON. Otherwise a text without a verdict is 0 %, and says so in `missing`.
    """
    verdict = find_verdict(text)
    if verdict is not None:
        return _result_of(verdict, text, succeeded)
    if not succeeded:
        return ValidationResult(0.0, "failed", text=text)
    if by_exit_code and not (looks_like_json(text) and _is_broken(text)):
        return ValidationResult(WHOLE, "complete", text=text)
    what = "JSON that cannot be read" if looks_like_json(text) and _is_broken(text) else "no verdict"
    return no_result(f"the check printed {what}: it must print a result such as {_EXAMPLE}", text=text)


def _is_broken(text: str) -> bool:
    try:
        parse_json(text.strip().removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return True
    return False


def read_result_file(text: str, path: str, *, succeeded: bool) -> ValidationResult:
    """The result in `result_file`; a file that does not hold a verdict counts as 0 %."""
    verdict = find_verdict(text)
    if verdict is not None:
        return _result_of(verdict, text, succeeded)
    try:
        value = parse_json(text)
    except ValueError as error:
        return no_result(f"the result file {path!r} is no JSON: {reason_of(error)}", text=text)
    except RecursionError:
        return no_result(f"the result file {path!r} is nested too deeply", text=text)
    if not isinstance(value, Mapping):
        return no_result(f"the result file {path!r} holds no JSON object", text=text)
    return no_result(f"the result file {path!r} holds no verdict: it must hold a result such as {_EXAMPLE}", text=text)


def no_result(reason: str, *, text: str = "") -> ValidationResult:
    """The result of a validation that gave no result: 0 %."""
    return ValidationResult(0.0, "failed", missing=(reason,), text=text)


def _result_of(value: Mapping[str, JsonValue], text: str, succeeded: bool) -> ValidationResult:
    missing = _texts(value.get("missing"))
    completion, status = _completion(value, succeeded and not missing), value.get("status")
    if completion is None:
        name, written = next((name, value[name]) for name in SCORES if value.get(name) is not None)
        return no_result(f"{name!r} is no percentage: {cut(compact_json(written), 100)}", text=text)
    return ValidationResult(
        completion=completion,
        status=status if isinstance(status, str) else ("complete" if completion >= WHOLE else "incomplete"),
        missing=missing,
        implemented=_texts(value.get("implemented")),
        gaps=value.get("gaps"),
        text=text,
        own=value,
    )


def _completion(value: Mapping[str, JsonValue], succeeded: bool) -> float | None:
    """The percentage; None when a score is there and is not a number."""
    scores = [value[name] for name in SCORES if value.get(name) is not None]
    numbers = [number for score in scores if (number := _percentage(score)) is not None]
    if scores:
        return numbers[0] if numbers else None
    complete = value.get("complete", value.get("status"))
    if isinstance(complete, bool):
        return 100.0 if complete else 0.0
    if isinstance(complete, str):
        return 100.0 if complete.lower() in {"complete", "completed", "passed", "success", "ok"} else 0.0
    return 100.0 if succeeded else 0.0


def _percentage(score: JsonValue) -> float | None:
    if isinstance(score, int | float) and not isinstance(score, bool):
        return float(score)
    written = _PERCENTAGE.fullmatch(score) if isinstance(score, str) else None
    return None if written is None else float(written[1])


def _texts(value: JsonValue) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(each if isinstance(each, str) else compact_json(each) for each in value)
    return ()
