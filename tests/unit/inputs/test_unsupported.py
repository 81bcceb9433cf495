"""What is accepted without effect says so."""

from __future__ import annotations

import pytest

from prodigy_action.inputs.unsupported import NOT_ACTED_UPON, unsupported_warnings
from prodigy_action.inputs.workflow_file import load_workflow
from prodigy_action.model.workflow import Workflow

MAP = "name: x\nmap: {input: ls, agent_template: [{shell: x, commit_config: {squash: true}}]}\n"
TABLE = {
    "name": (frozenset[object]({"x"}), "names are ignored"),
    "**.commit_config.squash": (frozenset[object]({True}), "commits stay apart"),
    "map": (None, "there is no map"),
    "map.input": (frozenset[object]({"other"}), "unused"),
}


def test_each_written_value_of_the_table_is_one_warning() -> None:
    loaded = load_workflow(MAP.encode(), "w.yml")
    plain = loaded.workflow.model_dump(exclude_defaults=True, by_alias=True)
    found = list(unsupported_warnings(plain, loaded.positions, TABLE))
    assert [(w.message, w.severity) for w in found if "squash" in w.message] == []
    assert [w.message for w in found] == [
        "`name` has no effect yet: names are ignored",
        "`map` has no effect yet: there is no map",
    ]


def test_a_step_anywhere_is_meant_by_two_stars() -> None:
    loaded = load_workflow(MAP.encode(), "w.yml")
    plain = {"map": {"agent_template": [{"commit_config": {"squash": True}}]}}
    (warning,) = unsupported_warnings(plain, loaded.positions, {"**.commit_config.squash": (None, "so it is")})
    assert warning.position is not None
    assert (warning.position.line, warning.position.column) == (2, 70)


@pytest.mark.parametrize("path", [path for path in NOT_ACTED_UPON if "**" not in path])
def test_every_path_of_the_table_is_one_of_the_model(path: str) -> None:
    schema = Workflow.model_json_schema()
    place = schema
    for part in path.split("."):
        text = str(place["properties"][part])
        name = next((n for n in schema["$defs"] if f"#/$defs/{n}'" in text), None)
        place = schema["$defs"][name] if name else {}
