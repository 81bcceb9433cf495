from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.pure.log_messages.lines import LONGEST_LINE, console_lines, json_line
from prodigy_action.pure.text.masking import Masker
from tests.support.runner.commands_grammar import find_commands
from tests.support.runner.hostile_texts import hostile_texts

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

hostile_values = st.recursive(
    hostile_texts | st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hostile_texts, inner, max_size=4),
    max_leaves=8,
)
hostile_fields = st.dictionaries(hostile_texts, hostile_values, max_size=4)


def as_json(event: str, fields: dict[str, Any], secret: str = "") -> str:
    return json_line(NOON, "info", event, fields, Masker([secret]).mask_text)


def as_text(event: str, fields: dict[str, Any], *, color: bool = False) -> list[str]:
    return console_lines(NOON, "info", event, fields, str, color=color)


def test_a_json_line_begins_with_its_message_time_level_and_event() -> None:
    at = datetime(2026, 5, 1, 14, tzinfo=timezone(timedelta(hours=2)))

    line = json_line(at, "warning", "agent_failed", {"agent_id": 3, "level": "hidden"}, str)

    assert line == (
        '{"message": "agent_failed agent_id=3 level=hidden", "timestamp": "2026-05-01T12:00:00.000Z", '
        '"level": "warning", "event": "agent_failed", "agent_id": 3}'
    )


@given(hostile_texts, hostile_fields)
def test_no_json_line_holds_a_command(event: str, fields: dict[str, Any]) -> None:
    line = as_json(event, fields)

    assert find_commands(line) == []
    assert len(line.splitlines()) == 1
    assert line.isascii()


@given(hostile_texts, st.booleans(), hostile_fields)
def test_no_console_line_holds_a_command(event: str, color: bool, fields: dict[str, Any]) -> None:
    lines = as_text(event, fields, color=color)

    assert find_commands("\n".join(lines)) == []
    assert all(len(line.splitlines()) == 1 for line in lines)
    assert lines[0].startswith("12:00:00 ")
    assert all(line.startswith("│ ") for line in lines[1:])


@given(hostile_texts, hostile_texts)
def test_a_json_line_says_what_was_logged(event: str, text: str) -> None:
    event, text = json.loads(json.dumps([event, text]))  # as a reader of JSON makes them: it joins surrogate pairs
    said = json.loads(as_json(event, {"text": text, "more": [text, {"x": text}]}))
    assert said.pop("message")
    assert said == {
        "timestamp": "2026-05-01T12:00:00.000Z",
        "level": "info",
        "event": event,
        "text": text,
        "more": [text, {"x": text}],
    }


def test_a_json_line_is_bounded_whatever_is_logged() -> None:
    big = "x" * 10**6
    nested: list[Any] = [big] * 1000

    for fields in (
        {"a": big},
        {"a": nested, "b": nested},
        {"a": [nested] * 100},
        {big + str(n): big for n in range(99)},
    ):
        line = as_json(big, fields)
        assert len(line) <= LONGEST_LINE
        assert json.loads(line)["event"].startswith("xxx")


def test_console_lines_are_bounded_whatever_is_logged() -> None:
    assert all(len(line) <= LONGEST_LINE for line in as_text("x" * 10**6, {"a": ["y" * 2000] * 1000}))


def test_a_cut_value_says_how_much_is_missing() -> None:
    shown = json.loads(as_json("e", {"text": "x" * 2003, "list": list(range(53))}))

    assert shown["text"].endswith("x… (3 more characters)")
    assert shown["list"][-2:] == [49, "… (3 more)"]


def test_values_that_json_cannot_say_are_reported_in_words() -> None:
    shown = json.loads(
        as_json(
            "e",
            {"nan": float("nan"), "big": 10**5000, "error": OSError("no"), "set": {1}, "bytes": b"\xff", "at": NOON},
        )
    )

    assert {name: shown[name] for name in ("nan", "big", "error", "set", "bytes", "at")} == {
        "nan": "nan",
        "big": "an integer of 16610 bits",
        "error": "OSError: no",
        "set": [1],
        "bytes": "�",
        "at": "2026-05-01 12:00:00+00:00",
    }


def test_secrets_are_masked_in_names_values_and_before_values_are_cut() -> None:
    fields = {"topsecret": ["a topsecret", {"b": "x" * 1995 + "topsecret"}]}

    line = as_json("topsecret", fields, secret="topsecret")

    assert "tops" not in line
    assert line.count("***") == 7, "in the message too, which is cut"


def test_people_see_fields_as_words() -> None:
    lines = as_text("agent_fell_asleep", {"agent_id": 3, "path": "a/b.c", "text": 'a "b"', "item": {"x": [1, None]}})

    assert lines == ['12:00:00 info    agent_fell_asleep agent_id=3 path=a/b.c text="a \\"b\\"" item={"x":[1,null]}']


def test_people_see_texts_of_several_lines_below() -> None:
    assert as_text("step_broke", {"tail": "one\r\ntwo\u2028::error::three", "step": 1}) == [
        "12:00:00 info    step_broke step=1",
        "│ tail:",
        "│   one",
        "│   two",
        "│   ::error::three",
    ]


def test_a_terminal_is_not_controlled_by_what_is_logged() -> None:
    assert as_text("e", {"a": "\x1b[2J", "b": "1\n\x9b2\x07"})[:1] == ['12:00:00 info    e a="\\u001b[2J"']
    assert as_text("e", {"a": "1\n\x9b2\x07"})[-1] == "│   \\u009b2\\u0007"


def test_levels_that_matter_are_coloured() -> None:
    assert console_lines(NOON, "error", "e", {}, str, color=True) == ["12:00:00 \x1b[31merror  \x1b[0m e"]
