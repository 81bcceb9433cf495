"""Find the verdict in what a check printed: alone, in a Markdown fence, or between sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from prodigy_action.model.json_value import JsonValue, parse_json

Verdict: TypeAlias = Mapping[str, JsonValue]

SCORES: Final = ("completion_percentage", "score", "completion")
_FIELDS: Final = (*SCORES, "complete", "status", "missing")
_SURE: Final = (*SCORES, "complete")
"""Fields that make an object between sentences a verdict; `status` alone is common in logs."""
_SEARCHED: Final = 256 * 1024
"""How many characters at the end of the text are searched for a verdict that does not stand alone."""
_MOST_OBJECTS: Final = 500
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[^\n`]*\r?\n(.*?)^[ \t>]*\1[`~]*[ \t]*\r?$", re.MULTILINE | re.DOTALL)
_OPENING = re.compile(r"(?<![\w{$])\{")
_DECODER = json.JSONDecoder()


def find_verdict(text: str) -> Verdict | None:
    """The verdict in `text`: an object that is the whole text, else the last one in a fence, else the last one between
    sentences. None when there is no such object.
    """
    whole = _object(text.strip().removeprefix("\ufeff"))
    if whole is not None:
        return whole if is_verdict(whole) else None
    end = text[-_SEARCHED:]
    fenced = [found for match in _FENCE.finditer(end) if (found := _object(match[2].strip())) and is_verdict(found)]
    if fenced:
        return fenced[-1]
    between = [found for found in _objects(end) if any(name in found for name in _SURE)]
    return between[-1] if between else None


def is_verdict(value: Verdict) -> bool:
    """Whether an object says how complete the work is."""
    return any(name in value for name in _FIELDS)


def looks_like_json(text: str) -> bool:
    """Whether a text seems to be meant as one JSON object."""
    return text.strip().removeprefix("\ufeff").startswith("{")


def _object(text: str) -> Verdict | None:
    try:
        value = parse_json(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else None


def _objects(text: str) -> Iterator[Verdict]:
    position = 0
    for _ in range(_MOST_OBJECTS):
        opening = _OPENING.search(text, position)
        if opening is None:
            return
        position = opening.end()
        try:
            _, end = _DECODER.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            continue
        found = _object(text[opening.start() : end])
        position = end
        if found is not None:
            yield found
