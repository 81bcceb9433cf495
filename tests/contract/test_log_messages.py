"""Every event that the program logs has a sentence, and no sentence is left without an event."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from prodigy_action.pure.log_messages.sentences import SENTENCES

PACKAGE = Path(__file__).resolve().parents[2] / "prodigy_action"
LEVELS = frozenset({"debug", "info", "warning", "error"})
CHOSEN = frozenset({"no_items_selected", "selection_questionable"})
"""Events whose name is chosen before they are logged."""


def logged_events(path: Path) -> Iterator[str]:
    """The names that calls like `log.info("name", …)` of the file have, also through `partial`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        partial = isinstance(node.func, ast.Name) and node.func.id == "partial"
        called, names = (node.args[0], node.args[1:2]) if partial else (node.func, node.args[:1])
        if not isinstance(called, ast.Attribute) or called.attr not in LEVELS:
            continue
        for name in names:
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value


def test_every_event_has_a_sentence_and_every_sentence_an_event() -> None:
    logged = {event for path in PACKAGE.rglob("*.py") for event in logged_events(path)}
    assert len(logged) > 50
    assert logged | CHOSEN == set(SENTENCES), "write the sentence in pure/log_messages/sentences.py"
