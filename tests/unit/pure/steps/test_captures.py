"""Output into typed variables."""

from __future__ import annotations

import pytest

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import CaptureOutput, CaptureStreams, Step
from prodigy_action.pure.steps.captures import capture_value, captured_text, decode_output, phase_capture


@pytest.mark.parametrize(
    ("text", "form", "value"),
    (
        ("a\nb", "string", "a\nb"),
        ('{"a": [1]}', "json", {"a": [1]}),
        ("a\nb", "lines", ["a", "b"]),
        ("", "lines", []),
        (" 42 ", "number", 42),
        ("4.5", "number", 4.5),
        ("true", "boolean", True),
        ("False\n", "boolean", False),
        ("", "boolean", True),
        ("0", "boolean", True),
    ),
)
def test_each_format_gives_its_type(text: str, form: str, value: JsonValue) -> None:
    assert capture_value(text, form) == value


@pytest.mark.parametrize(("text", "form"), (("{", "json"), ("x", "number"), ("true", "number")))
def test_output_of_another_type_is_refused(text: str, form: str) -> None:
    with pytest.raises(ValueError):
        capture_value(text, form)


def test_all_bytes_but_trailing_line_ends_survive_decoding() -> None:
    assert decode_output(b"\xff a \r\n\n").encode("utf-8", "surrogateescape") == b"\xff a "


@pytest.mark.parametrize(
    ("streams", "text"),
    (
        (CaptureStreams(), "out"),
        (CaptureStreams(stdout=False, stderr=True), "err"),
        (CaptureStreams(stderr=True), "out\nerr"),
    ),
)
def test_capture_streams_chooses_the_text(streams: CaptureStreams, text: str) -> None:
    assert captured_text(Step(shell="x", capture="v", capture_streams=streams), "out", "err") == text


@pytest.mark.parametrize(
    ("rule", "value"),
    (
        ({}, "v1\nv2"),
        ({"source": "stderr"}, "warned"),
        ({"source": "both"}, "v1\nv2\nwarned"),
        ({"max_size": 2}, "v1"),
        ({"pattern": r"v(\d)$"}, "2"),
        ({"pattern": r"v\d"}, "v1"),
        ({"multiline": "join"}, "v1 v2"),
        ({"multiline": "first_line"}, "v1"),
        ({"multiline": "last_line"}, "v2"),
        ({"multiline": "array"}, ["v1", "v2"]),
        ({"pattern": "absent", "default": "none"}, "none"),
    ),
)
def test_capture_outputs_applies_size_pattern_and_multiline(rule: dict[str, object], value: JsonValue) -> None:
    assert phase_capture(CaptureOutput(command_index=0, **rule), "v1\nv2", "warned") == value


@pytest.mark.parametrize(("path", "value"), (("$.a.b", 1), ("a.b", 1), ("$.c[*]", [2, 3])))
def test_a_json_path_selects_from_the_output(path: str, value: JsonValue) -> None:
    rule = CaptureOutput(command_index=0, json_path=path)
    assert phase_capture(rule, '{"a": {"b": 1}, "c": [2, 3]}', "") == value


@pytest.mark.parametrize(
    ("rule", "message"),
    (
        (CaptureOutput(command_index=0, pattern="absent"), "does not occur"),
        (CaptureOutput(command_index=0, json_path="$.x"), "selects nothing"),
        (CaptureOutput(command_index=0, json_path="$[", max_size=9), "bracket|syntax|expected|unexpected|end"),
    ),
)
def test_a_capture_that_finds_nothing_and_has_no_default_is_an_error(rule: CaptureOutput, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        phase_capture(rule, "{}", "")
