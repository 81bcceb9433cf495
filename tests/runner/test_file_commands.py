from __future__ import annotations

import pytest

from tests.support.runner.file_commands import FileCommandRejected, parse_paths, parse_records


@pytest.mark.parametrize(
    ("text", "records"),
    (
        ("", {}),
        ("a=1\n\nb=x=y\na=2", {"a": "2", "b": "x=y"}),
        ("a<<E\nb=1\n\nE \nE\n", {"a": "b=1\n\nE "}),
        ("a<<E\nE\n", {"a": ""}),
        ("a=b<<c\n", {"a": "b<<c"}),
        ("a<<=\nx\n=\n", {"a": "x"}),
        ("a<<E\nline\r\nE\n", {"a": "line\r"}),
    ),
)
def test_records_are_read(text: str, records: dict[str, str]) -> None:
    assert parse_records(text) == records


@pytest.mark.parametrize("text", ("a", "a<<E\nx\n", "a<<\n", "=x", "a<<E\nx\nE\r\n"))
def test_what_is_no_record_fails_the_step(text: str) -> None:
    with pytest.raises(FileCommandRejected):
        parse_records(text)


def test_paths_are_read() -> None:
    assert parse_paths("/a\r\n\n/b c") == ["/a", "/b c"]
