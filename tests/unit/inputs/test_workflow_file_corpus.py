"""Every file of `tests/workflows` against what is written beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflows.snapshots import INVALID, VALID, describe_invalid, describe_valid, expected_path

HOW = "if the change is meant: python -m tests.workflows.snapshots, and read the difference"


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_every_form_becomes_its_canonical_value(path: Path) -> None:
    assert describe_valid(path) == expected_path(path).read_text(encoding="utf-8"), HOW


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.name)
def test_every_mistake_is_reported_in_place(path: Path) -> None:
    assert describe_invalid(path) == expected_path(path).read_text(encoding="utf-8"), HOW
