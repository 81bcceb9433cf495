"""The blocks of the documentation are complete, cause no warnings, and are valid by the schemas.

`tests/integration/test_documented_workflows.py` runs them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import jsonschema
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema  # type: ignore[import-untyped] # has no types
from pydantic import BaseModel

from prodigy_action.inputs.checks.lints import lint_workflow
from prodigy_action.inputs.documents.document import read_tree
from prodigy_action.inputs.documents.located_tree import json_value
from prodigy_action.inputs.documents.source_text import decode_source
from prodigy_action.model import workflow
from prodigy_action.model.settings import ACTION_INPUTS
from prodigy_action.pure.expressions.filters import Filter
from prodigy_action.schema import read_schema
from tests.support.documented import (
    BLOCKS,
    ITEMS,
    OF_GITHUB,
    PAGES,
    REFERENCE,
    ROOT,
    WORKFLOWS,
    Block,
    completed,
    read_blocks,
)
from tests.support.shell_parsing import load_workflow

FILTERS = re.findall(
    r"^\| `(.+)` \| ((?:(?:core|web|cli|docs)(?:, )?)+) \|$",
    (ROOT / REFERENCE / "choosing-items.md").read_text(),
    re.MULTILINE,
)
OTHER_LANGUAGES = frozenset({"json", "sh", "python", "text", "console", "dockerfile"})
"""Blocks in these are no workflows: `json` is the items of the page, `python` is run by a test of its own."""
SCHEMA = jsonschema.Draft202012Validator(json.loads(read_schema("workflow")))


def by_name(block: Block) -> str:
    return block.name


@pytest.mark.parametrize("block", WORKFLOWS, ids=by_name)
def test_a_documented_workflow_has_no_warnings_but_those_it_is_about(block: Block) -> None:
    loaded = load_workflow(completed(block).encode(), block.name, block.check.get("files"))
    found = (*loaded.warnings, *lint_workflow(loaded.workflow, loaded.positions, loaded.parsed))
    warned = [warning.message for warning in found]
    expected = block.check.get("warns", ())
    assert [text for text in expected if not any(text in message for message in warned)] == []
    assert [message for message in warned if not any(text in message for text in expected)] == []


@pytest.mark.parametrize("block", WORKFLOWS, ids=by_name)
def test_a_documented_workflow_validates_against_the_schema(block: Block) -> None:
    text = completed(block)
    document = json_value(read_tree(decode_source(text.encode(), block.name)))
    # in JSON Schema a tagged value is seen without its tag
    tagged = re.search(r"!(custom|batched|exponential|fixed|linear|fibonacci)\b", text)
    assert tagged or [error.message[:200] for error in SCHEMA.iter_errors(json.loads(json.dumps(document)))] == []


@pytest.mark.parametrize("block", OF_GITHUB, ids=by_name)
def test_a_documented_job_is_a_workflow_of_github_with_inputs_that_exist(block: Block) -> None:
    document = yaml.safe_load(block.text)
    if isinstance(document, list):
        document = {"on": "push", "jobs": {"job": {"runs-on": "ubuntu-latest", "steps": document}}}
    text = json.dumps({("on" if key is True else key): value for key, value in document.items()})
    validator = jsonschema.Draft7Validator(get_builtin_schema("vendor.github-workflows"))
    assert [error.message[:200] for error in validator.iter_errors(json.loads(text))] == []
    known = {each.name for each in ACTION_INPUTS}
    for job in document["jobs"].values():
        for step in job.get("steps", ()):
            if "prodigy-action" in step.get("uses", ""):
                assert set(step.get("with", {})) <= known


@pytest.mark.parametrize("row", FILTERS)
def test_a_documented_filter_chooses_what_the_table_says(row: tuple[str, str]) -> None:
    chosen = [item["name"] for item in json.loads(ITEMS) if Filter.parse(row[0]).matches(item)]
    assert ", ".join(chosen) == row[1]


def test_no_block_escapes() -> None:
    for page in PAGES:
        fences = len(re.findall(r"^ *(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert fences == 2 * len(list(read_blocks(page))), page
    assert {block.language for block in BLOCKS} <= OTHER_LANGUAGES | {"yaml"}


def test_every_key_that_editors_offer_is_explained() -> None:
    reference = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / REFERENCE).glob("*.md"))
    definitions = json.loads(read_schema("workflow"))["$defs"].values()
    keys = {key for definition in definitions for key in definition.get("properties", {})}
    assert {key for key in keys if not re.search(rf"\b{re.escape(key.strip('$'))}\b", reference)} == set()


def test_every_field_of_the_language_has_an_example_that_runs() -> None:
    written: dict[str, set[str]] = {}
    for block in WORKFLOWS:
        if block.page.startswith(REFERENCE):
            _collect(load_workflow(completed(block).encode(), block.name, block.check.get("files")).workflow, written)
    models = {model.__name__: model for model in _models()}
    missing = {
        f"{name}.{field}"
        for name, model in models.items()
        for field in set(model.model_fields) - written.get(name, set())
    }
    assert missing == set()


def _collect(value: object, written: dict[str, set[str]]) -> None:
    if isinstance(value, BaseModel):
        written.setdefault(type(value).__name__, set()).update(value.model_fields_set)
        for name in value.model_fields_set:
            _collect(getattr(value, name), written)
    elif isinstance(value, Mapping):
        for each in value.values():
            _collect(each, written)
    elif isinstance(value, tuple):
        for each in value:
            _collect(each, written)


def _models() -> list[type[BaseModel]]:
    found = [getattr(workflow, name) for name in workflow.__all__ if name not in {"Frozen", "Interpreter", "Seconds"}]
    assert all(issubclass(model, BaseModel) for model in found)
    return found
