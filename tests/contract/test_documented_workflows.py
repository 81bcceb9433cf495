"""Every block of the documentation is executed, or checked, and does what the text says."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema  # type: ignore[import-untyped] # has no types
from pydantic import BaseModel

from prodigy_action.inputs.document import read_tree
from prodigy_action.inputs.marked_tree import json_value
from prodigy_action.inputs.source_text import decode_source
from prodigy_action.inputs.workflow_file import load_workflow
from prodigy_action.model.settings import INPUTS
from prodigy_action.pure.filters import Filter
from prodigy_action.schema import read_schema
from tests.blackbox import Ended, git, make_repository, prodigy
from tests.contract import documented
from tests.contract.documented import EXPECTATIONS, KEYS, PAGES, ROOT, Block, complete, is_github, read_blocks

BLOCKS = [block for page in PAGES for block in read_blocks(page)]
YAML = [block for block in BLOCKS if block.language in {"yaml", "yml"}]
WORKFLOWS = [block for block in YAML if not is_github(block.text)]
OF_GITHUB = [block for block in YAML if is_github(block.text)]
REFERENCE = "docs/workflow-reference.md"
ITEMS = next(block.text for block in BLOCKS if block.page == REFERENCE and block.language == "json")
FILES = {"packages.json": ITEMS, **{f"{item['name']}.txt": "1.0\n" for item in json.loads(ITEMS)}}
FILTERS = re.findall(
    r"^\| `(.+)` \| ((?:(?:core|web|cli|docs)(?:, )?)+) \|$", (ROOT / REFERENCE).read_text(), re.MULTILINE
)
OTHER_LANGUAGES = frozenset({"json", "sh", "python", "text", "console"})
"""Blocks in these are no workflows: `json` is the items of the page, `python` is run by a test of its own."""
SCHEMA = jsonschema.Draft202012Validator(json.loads(read_schema("workflow")))
AGENT = """#!/bin/sh
mkdir -p notes
file="notes/$(printf %s "$1" | tr -c 'A-Za-z0-9\\n' -).txt"
printf '%s\\n' "$1" | tee "$file"
git add notes && git commit -qm "agent: $1"
"""
"""Stands in for `claude`: repeats its prompt, and commits it to a file below `notes`."""


def by_name(block: Block) -> str:
    return block.name


def execute(block: Block, directory: Path) -> Ended:
    """Run what the check of a block says, in a repository of its own; how the last command ended."""
    check = block.check
    repository = make_repository(directory / "repository", {**FILES, **check.get("files", {})})
    agent = directory / "bin" / "claude"
    agent.parent.mkdir()
    agent.write_text(AGENT)
    agent.chmod(0o755)
    (directory / "workflow.yml").write_text(complete(block.text, check.get("in")))
    environ = {"PATH": f"{agent.parent}:{os.environ['PATH']}", **check.get("environ", {})}
    ran = [
        prodigy(repository, name, str(directory / "workflow.yml"), *options, **environ)
        for name, *options in map(shlex.split, check.get("commands", ["run"]))
    ]
    return ran[-1]


@pytest.mark.parametrize("block", WORKFLOWS, ids=by_name)
def test_a_documented_workflow_does_what_the_text_says(block: Block, tmp_path: Path) -> None:
    check = block.check
    assert set(check) <= KEYS, f"unknown: {set(check) - KEYS}"
    assert set(check) & EXPECTATIONS, f"write a check before this block, as {documented.__name__} tells"
    ended = execute(block, tmp_path)
    told = ended.stdout + ended.stderr
    assert ended.exit_code == check.get("exit", 0), told
    logs = "".join(path.read_text() for path in sorted(ended.results_dir.glob("logs/*")))
    for text in check.get("says", ()):
        assert text in told
    for text in check.get("logged", ()):
        assert text in logs
    subjects = git(ended.repository, "log", "--format=%s").splitlines()
    for text in check.get("subjects", ()):
        assert text in subjects
    expect_tree(check, ended)
    expect_results(check, ended)


def expect_tree(check: Mapping[str, Any], ended: Ended) -> None:
    tree = ended.tree()
    landed = {path: tree.get(path) for path in check.get("lands", {})}
    assert landed == check.get("lands", {}), tree
    assert not set(check.get("lacks", ())) & set(tree)


def expect_results(check: Mapping[str, Any], ended: Ended) -> None:
    if "names" in check:
        assert [item["item"]["name"] for item in ended.results["items"]] == check["names"]
    if "states" in check:
        assert ended.states == check["states"]
    for path, expected in check.get("results", {}).items():
        found: Any = ended.results
        for part in path.split("."):
            found = found[int(part) if part.isdecimal() else part]
        assert found == expected, path


@pytest.mark.parametrize("block", WORKFLOWS, ids=by_name)
def test_a_documented_workflow_has_no_warnings_but_those_it_is_about(block: Block) -> None:
    loaded = load_workflow(complete(block.text, block.check.get("in")).encode(), block.name)
    told = [warning.message for warning in loaded.warnings]
    expected = block.check.get("warns", ())
    assert [text for text in expected if not any(text in message for message in told)] == []
    assert [message for message in told if not any(text in message for text in expected)] == []


@pytest.mark.parametrize("block", WORKFLOWS, ids=by_name)
def test_a_documented_workflow_validates_against_the_schema(block: Block) -> None:
    text = complete(block.text, block.check.get("in"))
    document = json_value(read_tree(decode_source(text.encode(), block.name)))
    # in JSON Schema a tagged value is seen without its tag
    tagged = re.search(r"!(custom|batched|exponential|fixed|linear|fibonacci)\b", text)
    assert tagged or [error.message[:200] for error in SCHEMA.iter_errors(json.loads(json.dumps(document)))] == []


@pytest.mark.parametrize("block", OF_GITHUB, ids=by_name)
def test_a_documented_job_is_a_workflow_of_github_with_inputs_that_exist(block: Block) -> None:
    import yaml

    document = yaml.safe_load(block.text)
    if isinstance(document, list):
        document = {"on": "push", "jobs": {"job": {"runs-on": "ubuntu-latest", "steps": document}}}
    text = json.dumps({("on" if key is True else key): value for key, value in document.items()})
    validator = jsonschema.Draft7Validator(get_builtin_schema("vendor.github-workflows"))
    assert [error.message[:200] for error in validator.iter_errors(json.loads(text))] == []
    known = {each.name for each in INPUTS}
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


def test_every_field_of_the_language_has_an_example_that_runs() -> None:
    written: dict[str, set[str]] = {}
    for block in WORKFLOWS:
        if block.page == REFERENCE:
            _collect(load_workflow(complete(block.text, block.check.get("in")).encode(), block.name).workflow, written)
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
    from prodigy_action.model import workflow

    found = [getattr(workflow, name) for name in workflow.__all__ if name not in {"Frozen", "Interpreter", "Seconds"}]
    assert all(issubclass(model, BaseModel) for model in found)
    return found
