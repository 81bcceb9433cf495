from __future__ import annotations

from prodigy_action.model.workflow import Workflow
from prodigy_action.pure.journal.fingerprints import describe_differences, fingerprint_setup, fingerprint_workflow
from tests.support.shell_parsing import load_workflow

TEXT = """
name: one
env: {LEVEL: low, KEY: {value: s3cret, secret: true}}
setup: [{shell: make}]
map:
  input: [1, 2]
  max_parallel: 2
  agent_template: [{shell: "true"}]
"""


def workflow(*replaced: tuple[str, str]) -> Workflow:
    text = TEXT
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return load_workflow(text.encode(), "w.yml").workflow


def differences(*replaced: tuple[str, str]) -> list[str]:
    before = fingerprint_workflow(workflow(), {"p": "1"}, None)
    return describe_differences(before, fingerprint_workflow(workflow(*replaced), {"p": "1"}, None))


def test_a_difference_is_reported_by_the_name_of_its_part() -> None:
    assert differences(('shell: "true"', 'shell: "false"'), ("make", "make all")) == [
        "map.agent_template",
        "setup.steps",
    ]
    assert differences(("LEVEL: low", "LEVEL: high")) == ["env.LEVEL"]


def test_what_changes_nothing_about_an_item_is_no_difference() -> None:
    assert differences(("name: one", "name: two"), ("max_parallel: 2", "max_parallel: 9")) == []
    assert differences(("name: one", "# a comment\nname: one")) == []


def test_a_field_that_another_version_did_not_record_has_its_default() -> None:
    now = fingerprint_workflow(workflow(), {}, None)
    before = {name: digest for name, digest in now.items() if name not in ("map.on_empty", "map.globs")}
    assert describe_differences(before, now) == []
    assert describe_differences(now, before) == []
    changed = fingerprint_workflow(workflow(("max_parallel: 2", "on_empty: fail")), {}, None)
    assert describe_differences(before, changed) == ["map.on_empty"]


def test_parameters_and_the_profile_count() -> None:
    before = fingerprint_workflow(workflow(), {"p": "1"}, None)
    assert describe_differences(before, fingerprint_workflow(workflow(), {"p": "2", "q": "1"}, "ci")) == [
        "parameter p",
        "parameter q",
        "profile",
    ]


def test_secret_values_leave_no_digest() -> None:
    assert "env.KEY" not in fingerprint_workflow(workflow(), {}, None)


def test_setup_depends_on_its_steps_the_environment_and_what_is_carried_to_it() -> None:
    whole = fingerprint_workflow(workflow(), {"p": "1"}, None)
    found = fingerprint_setup(whole, "digest")
    assert {"setup.steps", "env.LEVEL", "parameter p", "carried files"} <= found.keys()
    assert not any(name.startswith("map.") for name in found)
