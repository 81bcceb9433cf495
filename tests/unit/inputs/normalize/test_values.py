"""Scalars by field."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.inputs.normalize.values import folded_word
from prodigy_action.pure.text.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    (
        ("0", 0.0),
        ("90", 90.0),
        (" 1.5 ", 1.5),
        ("500ms", 0.5),
        ("2s", 2.0),
        ("5m", 300.0),
        ("5M", None),
        ("5 min", 300.0),
        ("1h", 3600.0),
        ("1h30m", 5400.0),
        ("1h 30m 5s", 5405.0),
        ("2 days", 172800.0),
        ("1week", 604800.0),
        ("100us", 0.0001),
        ("-5", None),
        ("-5s", None),
        ("", None),
        ("soon", None),
        ("5 parsecs", None),
        ("1h30", None),
        ("1e400", None),
        ("nan", None),
        ("inf", None),
    ),
)
def test_durations(text: str, seconds: float | None) -> None:
    found = parse_duration(text)
    assert found == (None if seconds is None else pytest.approx(seconds))


@settings(max_examples=60)
@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_a_compound_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@pytest.mark.parametrize("word", ("PerAgent", "per_agent", "per-agent", "PER AGENT", "perAgent"))
def test_case_styles_are_one_word(word: str) -> None:
    assert folded_word(word) == "peragent"
