"""results.json against its published schema."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator


def read_results(path: Path) -> dict[str, Any]:
    """The document, which fits its schema."""
    document: dict[str, Any] = json.loads(path.read_text())
    problems = [f"{error.json_path}: {error.message[:500]}" for error in _validator().iter_errors(document)]
    assert problems == []
    return document


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads((files("prodigy_action.schema") / "results.schema.json").read_text()))
