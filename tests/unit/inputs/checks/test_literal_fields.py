"""`${NAME}` in fields that take no variables is refused at its place."""

from __future__ import annotations

import pytest

from prodigy_action.errors import InvalidInput, Position
from tests.support.shell_parsing import load_workflow

FIELDS = (
    "map:\n  filter: name == '${KIND}'",
    "map:\n  filter: name == $KIND",
    "map:\n  filter: size > ${KIND}",
    "map:\n  sort_by: ${KIND}",
    "map:\n  sort_by: [name, $KIND DESC]",
    "map:\n  distinct: $KIND",
    "map:\n  key: ${KIND}",
    "map:\n  json_path: $.${KIND}[*]",
    "map:\n  agent_template:\n    - {shell: a, commit_config: {message_pattern: '^${KIND}:'}}",
    "map:\n  agent_template:\n    - {shell: a, retry: {attempts: 2, retry_on: [{pattern: '${KIND}'}]}}",
    "map:\n  agent_template:\n    - {shell: a, capture: '${KIND}'}",
    "setup:\n  commands: [{shell: a}]\n  capture_outputs: {x: {command_index: 0, pattern: '${KIND}=(.*)'}}",
)


@pytest.mark.parametrize("field", FIELDS)
def test_a_variable_in_a_field_that_takes_none_is_refused_at_its_place(field: str) -> None:
    defaults = "" if "map:" in field else "\nmap:"
    document = f"name: t\nenv: {{KIND: x}}\n{field}{defaults}\n  input: [1]\n"
    if "agent_template" not in field:
        document += "  agent_template: [{shell: a}]\n"
    with pytest.raises(InvalidInput) as caught:
        load_workflow(document.encode(), "w.yml")
    written = "${KIND}" if "{KIND}" in field else "$KIND"
    line, text = next((n, text) for n, text in enumerate(document.splitlines(), 1) if written in text)
    (problem,) = caught.value.diagnostics
    assert problem.message == f"{written!r} is not replaced here"
    start = text.index(written) + 1
    assert problem.position == Position(line, start, start + len(written))
