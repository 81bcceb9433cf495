"""The published schemas are those of the models, and accept what the loader accepts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prodigy_action.errors import InvalidInput
from prodigy_action.inputs.documents.document import read_tree
from prodigy_action.inputs.documents.located_tree import json_value
from prodigy_action.inputs.documents.source_text import decode_source
from prodigy_action.inputs.normalize.phases import MAP
from prodigy_action.inputs.normalize.steps import STEP
from prodigy_action.inputs.normalize.workflow import WORKFLOW
from prodigy_action.schema import read_schema
from prodigy_action.schema.results_schema import render_results_schema
from prodigy_action.schema.workflow_schema import render_workflow_schema
from tests.support.malformed import FILES, wrong_value
from tests.support.shell_parsing import load_workflow
from tests.workflows.snapshots import INVALID, VALID

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(set((ROOT / "examples").glob("**/*.yml")) - {ROOT / "examples/gitlab-fanout.yml"})
HOW = "regenerate with: python -m prodigy_action.schema"
SCHEMA: dict[str, Any] = json.loads(read_schema("workflow"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
TAGGED = frozenset({"policy.yml"})
"""JSON Schema sees `!custom name` without its tag, and takes the name for a wrong word."""


def document(path: Path) -> Any:
    return json.loads(json.dumps(json_value(read_tree(decode_source(path.read_bytes(), path.name)))))


def test_the_committed_workflow_schema_is_fresh() -> None:
    assert read_schema("workflow") == render_workflow_schema(), HOW


def test_the_committed_results_schema_is_fresh() -> None:
    assert read_schema("results") == render_results_schema(), HOW


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "path", [path for path in VALID if path.name not in TAGGED] + EXAMPLES, ids=lambda path: path.name
)
def test_what_the_loader_accepts_the_schema_accepts(path: Path) -> None:
    assert [error.message[:200] for error in VALIDATOR.iter_errors(document(path))] == []


@pytest.mark.parametrize(
    "path", [p for p in INVALID if p.name in {"words.yml", "wrong-types.yml", "text.yml"}], ids=str
)
def test_wrong_words_and_types_are_refused_by_the_schema_too(path: Path) -> None:
    assert not VALIDATOR.is_valid(document(path))


@pytest.mark.parametrize(
    ("definition", "keys"),
    (("Workflow", WORKFLOW), ("MapPhase", MAP), ("Step", STEP)),
    ids=["workflow", "map", "step"],
)
def test_the_schema_knows_every_key_the_loader_knows(definition: str, keys: dict[str, object]) -> None:
    assert set(keys) - set(SCHEMA["$defs"][definition]["properties"]) == set()


def accepted_changes(seeds: Iterable[int]) -> Iterator[tuple[str, bytes]]:
    """Changed files of the corpus that the loader accepts without a warning that an editor gives too."""
    for seed in seeds:
        rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
        name, content = rng.choice([file for file in FILES if file[0] not in TAGGED])
        changed = wrong_value(content, rng)
        if b"[[[" in changed:
            continue  # lists in lists mean nothing
        try:
            warnings = load_workflow(changed, name).warnings
        except InvalidInput:
            continue
        if not any(warning.code in {"unknown-key", "no-effect"} for warning in warnings):
            yield name, changed


def test_what_the_loader_accepts_of_changed_files_the_schema_accepts() -> None:
    refused, judged = [], 0
    for name, changed in accepted_changes(range(400)):
        tree = json_value(read_tree(decode_source(changed, name)))
        judged += 1
        refused += [error.message[:200] for error in VALIDATOR.iter_errors(json.loads(json.dumps(tree)))]
    assert refused == []
    assert judged > 50


def test_every_key_is_described() -> None:
    silent = {
        f"{name}.{key}"
        for name, definition in SCHEMA["$defs"].items()
        for key, value in definition.get("properties", {}).items()
        if not value.get("description")
    }
    assert silent == set()


def test_words_and_defaults_are_offered() -> None:
    commit = SCHEMA["$defs"]["MapPhase"]["properties"]["commit"]
    assert commit["default"] == "as-made"
    assert commit["anyOf"][0] == {"enum": ["required", "auto", "as-made"]}


def test_deprecated_keys_are_marked() -> None:
    assert SCHEMA["$defs"]["MapPhase"]["properties"]["timeout_per_agent"]["deprecated"] is True
