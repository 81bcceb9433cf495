"""The bytes of `write_file`."""

from __future__ import annotations

import pytest

from prodigy_action.pure.steps.file_content import format_content


@pytest.mark.parametrize(
    ("text", "form", "content"),
    (
        ("a\udcff", "text", b"a\xff"),
        ('{"b":[1,2.50],"a":{}}', "json", b'{\n  "b": [\n    1,\n    2.50\n  ],\n  "a": {}\n}\n'),
        ("a: 1", "yaml", b"a: 1"),
    ),
)
def test_json_is_laid_out_and_everything_else_stays(text: str, form: str, content: bytes) -> None:
    assert format_content(text, form) == content


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="the content is no JSON"):
        format_content("{", "json")
