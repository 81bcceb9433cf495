"""`action.yml`, the README and the program's own tables say the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from prodigy_action import __version__
from prodigy_action.inputs.action_inputs import input_variable, read_settings
from prodigy_action.model.action_outputs import OUTPUTS
from prodigy_action.model.settings import ACTION_INPUTS
from tests.contract.generated_parts import AGENTS_ACTION, PARTS, ROOT, agents_action, committed_part


@pytest.fixture
def action() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize(("file", "name"), PARTS)
def test_generated_parts_are_fresh(file: str, name: str) -> None:
    fresh = committed_part(file, name) == PARTS[file, name]()

    assert fresh, f"the {name} of {file} are not those of the program: run `make generate`"


def test_the_action_with_an_agent_program_differs_in_the_image_alone(action: dict[str, Any]) -> None:
    text = (ROOT / AGENTS_ACTION).read_text(encoding="utf-8")
    assert text == agents_action(), f"{AGENTS_ACTION} is not made from action.yml: run `make generate`"
    agents = yaml.safe_load(text)
    assert agents["runs"].pop("image") == f"docker://ghcr.io/org/prodigy-action:{__version__}-agents"
    assert action["runs"].pop("image") == "Dockerfile"
    names = ("name", "description")
    assert all(agents.pop(name) != action.pop(name) for name in names)
    assert agents == action


def test_the_action_declares_the_inputs_that_the_program_reads(action: dict[str, Any]) -> None:
    assert list(action["inputs"]) == [field.name for field in ACTION_INPUTS]


def test_the_action_declares_the_outputs_that_the_program_writes(action: dict[str, Any]) -> None:
    assert list(action["outputs"]) == list(OUTPUTS)


def test_the_actions_defaults_give_the_programs_defaults(action: dict[str, Any]) -> None:
    by_the_runner = {
        input_variable(name): declared.get("default", "") for name, declared in action["inputs"].items()
    } | {"INPUT_WORKFLOW": "w.yml"}

    assert read_settings({}, by_the_runner) == read_settings({"workflow": "w.yml"}, {})


def test_every_default_is_a_text(action: dict[str, Any]) -> None:
    assert {type(declared.get("default", "")) for declared in action["inputs"].values()} == {str}


def test_the_action_is_built_from_the_dockerfile_and_given_nothing_but_the_environment(action: dict[str, Any]) -> None:
    post = "/usr/local/bin/prodigy-action-post"
    assert action["runs"] == {"using": "docker", "image": "Dockerfile", "post-entrypoint": post}
    assert "/opt/venv/bin/prodigy-action-post /usr/local/bin/" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_starts_without_a_shell() -> None:
    entry = re.findall(r"^ENTRYPOINT (.*)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert entry == ['["/usr/bin/tini", "-g", "--", "/opt/venv/bin/python", "-I", "-m", "prodigy_action"]']
