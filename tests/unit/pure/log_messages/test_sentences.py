"""The sentences of log events: a reader needs no name of an event or a field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from prodigy_action.pure.log_messages.lines import console_lines
from prodigy_action.pure.log_messages.sentences import SENTENCES, message_of
from prodigy_action.pure.log_messages.words import Word

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ITEM = {"item_id": 36, "item": "packages/a.py"}


@pytest.mark.parametrize(
    ("event", "fields", "said"),
    (
        (
            "item_landed",
            {**ITEM, "ended": 37, "planned": 498, "seconds": 0.3},
            "[37/498] packages/a.py landed in 0.3 s",
        ),
        ("item_landed", {"item_id": 3}, "item 3 landed"),
        (
            "agent_finished",
            {**ITEM, "state": "done", "seconds": 2},
            "packages/a.py has run in 2.0 s, its commits land in its turn",
        ),
        ("agent_finished", {**ITEM, "state": "timed_out"}, "packages/a.py timed out"),
        (
            "item_failed",
            {**ITEM, "ended": 1, "planned": 2, "state": "timed_out", "problem": "too slow"},
            "[1/2] packages/a.py timed out: too slow",
        ),
        (
            "items_failed",
            {"count": 7, "items": [{"item_id": n, "item": f"i{n}", "problem": "no"} for n in range(7)]},
            "7 items failed: i0: no; i1: no; i2: no; i3: no; i4: no; and 2 more",
        ),
        (
            "local_changes_not_seen",
            {"untracked": 2, "modified": 0},
            "2 untracked files are not seen by items; commit them or name them in `carry`",
        ),
        (
            "local_changes_not_seen",
            {"untracked": 0, "modified": 1},
            "1 modified file is not seen by items; commit it or name it in `carry`",
        ),
        (
            "local_changes_not_seen",
            {"untracked": 1, "modified": 1200},
            "1 untracked file and 1,200 modified files are not seen by items; commit them or name them in `carry`",
        ),
        (
            "phase_finished",
            {"phase": "map", "state": "succeeded", "seconds": 3, "failed": 2},
            "the map has ended in 3.0 s; 2 items failed",
        ),
        (
            "phase_finished",
            {"phase": "land", "unlanded": 1, "seconds": 3},
            "landing the items has ended in 3.0 s; 1 item did not land",
        ),
        ("phase_finished", {"phase": "setup", "state": "failed"}, "setup failed"),
        ("unknown_item_field", {"file": "w.yml", "line": 3, "column": 5, "message": "no `x`"}, "w.yml:3:5: no `x`"),
        ("still_running", {"message": "3 of 6 items · 1 running"}, "3 of 6 items · 1 running"),
        (
            "step_skipped",
            {"within": "a.py", "step": "lint", "when": "false"},
            "a.py, lint: it is skipped, because of when: false",
        ),
        (
            "ref_not_landed",
            {**ITEM, "name": "v1", "reason": "it is\nlost"},
            "packages/a.py made v1, which does not land: it is lost",
        ),
        ("of_another_program", {}, None),
    ),
)
def test_an_event_is_said_in_words(event: str, fields: dict[str, Any], said: str | None) -> None:
    assert message_of(event, fields) == said


@pytest.mark.parametrize("event", SENTENCES)
def test_no_sentence_needs_a_field_to_be_there(event: str) -> None:
    assert message_of(event, {}) is not None


def test_lists_are_cut_and_counted() -> None:
    assert f"{Word(['a', 'b', 'c', 'd'])}, {Word(['a']):file}, {Word(['a', 'b']):file}, {Word('abcdef'):3}" == (
        "a, b, c and 1 more, 1 file, 2 files, abc"
    )


def test_people_see_the_sentence_and_its_hint() -> None:
    fields = {"reason": "x", "hint": "do this", "directory": "d"}
    assert console_lines(NOON, "warning", "nothing_to_resume", fields, str, color=False) == [
        "12:00:00 warning there is nothing to resume in d: x (do this)"
    ]
