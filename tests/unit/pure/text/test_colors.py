"""When an output is coloured."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from prodigy_action.pure.text.colors import painted, wants_color


@pytest.mark.parametrize(
    ("environ", "terminal", "wanted"),
    (
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": ""}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ),
)
def test_the_environment_and_the_output_decide(environ: Mapping[str, str], terminal: bool, wanted: bool) -> None:
    assert wants_color(environ, terminal=terminal) is wanted


def test_a_text_is_coloured_as_a_whole_or_not_at_all() -> None:
    assert painted("x", "error", color=True) == "\x1b[31mx\x1b[0m"
    assert painted("", "error", color=True) == ""
    assert painted("x", "error", color=False) == "x"
