"""A journal of the first version, which recorded fewer fields, can be resumed."""

from __future__ import annotations

import hashlib

from prodigy_action.model.json_value import JsonValue, canonical_json
from prodigy_action.model.workflow import EnvFile, MapPhase, Step, Workflow, WriteFile
from prodigy_action.pure.journal.fingerprints import fingerprint_workflow

STEPS = (Step(shell="true", on_success=(Step(claude="/x"),)), Step(write_file=WriteFile(path="p", content="c")))
"""Steps without anything that the first version did not know."""


def as_first_recorded(value: JsonValue) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


def test_later_fields_without_a_meaning_change_no_digest() -> None:
    workflow = Workflow(name="t", env_files=(EnvFile(path=".env"),), map=MapPhase(agent_template=STEPS))
    steps = workflow.model_dump(mode="json")["map"]["agent_template"]
    for step in (*steps, *steps[0]["on_success"]):
        assert (step.pop("keep_running"), step.pop("workflow")) == (False, None)
    found = fingerprint_workflow(workflow, {}, None)
    assert found["map.agent_template"] == as_first_recorded(steps)
    assert found["env_files"] == as_first_recorded([{"path": ".env", "required": True}])


def test_a_later_field_with_a_meaning_changes_the_digest() -> None:
    plain = Workflow(name="t", map=MapPhase(agent_template=(Step(shell="true"),)))
    kept = Workflow(name="t", map=MapPhase(agent_template=(Step(shell="true", keep_running=True),)))
    found = [fingerprint_workflow(each, {}, None)["map.agent_template"] for each in (plain, kept)]
    assert found[0] != found[1]
