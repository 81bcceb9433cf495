from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from prodigy_action.adapters.structured_logs import open_event_log
from prodigy_action.environment import EventLog
from prodigy_action.pure.text.masking import Masker


def open_log(stream: TextIO, **options: Any) -> EventLog:
    settings: dict[str, Any] = {"log_format": "json", "level": "info", "masker": Masker(["topsecret"])} | options
    return open_event_log(stream, now=lambda: datetime(2026, 5, 1, 12, tzinfo=UTC), **settings)


def test_events_of_the_level_and_above_are_written() -> None:
    stream = io.StringIO()
    log = open_log(stream, level="warning")

    for write in (log.debug, log.info, log.warning, log.error):
        write("happened", value="a topsecret")

    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(event["level"], event["value"]) for event in events] == [("warning", "a ***"), ("error", "a ***")]


def test_the_console_format_is_for_people() -> None:
    stream = io.StringIO()

    open_log(stream, log_format="console").info("happened", text="a\ntopsecret")

    assert stream.getvalue() == "12:00:00 info    happened\n│ text:\n│   a\n│   ***\n"


def test_the_configuration_of_others_is_left_alone() -> None:
    open_log(io.StringIO()).info("happened")

    assert not structlog.is_configured()


def test_a_stream_of_another_encoding_shows_escapes() -> None:
    content = io.BytesIO()
    stream = io.TextIOWrapper(content, encoding="ascii")

    open_log(stream, log_format="console").info("happened", text="é\n##[error]")

    assert (
        content.getvalue() == b"12:00:00 info    happened\n\\u2502 text:\n\\u2502   \\xe9\n\\u2502   #\\u200b#[error]\n"
    )


def test_a_stream_that_went_away_does_not_stop_the_run() -> None:
    """Nothing is raised: there is no stream left that could be looked at."""
    closed = io.StringIO()
    closed.close()
    open_log(closed).info("happened")

    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", closefd=False) as broken:
        log = open_log(broken)
        log.info("happened")
        log.info("happened")
        full = os.open("/dev/null", os.O_WRONLY)
        os.dup2(full, writer)  # what is left in the buffer has somewhere to go
        os.close(full)
    os.close(writer)


def test_structlog_is_imported_when_something_logs() -> None:
    code = "import sys, prodigy_action.adapters.structured_logs; sys.exit('structlog' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
