"""The shards of a plan, through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import make_repository

WORKFLOW = """
name: sharded
map:
  input: letters.json
  agent_template:
    - shell: echo ${item}
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    took = {"a": 1.0, "b": 1.0, "c": 9.0, "d": 2.5}
    results = {"items": [{"key": key, "seconds": seconds} for key, seconds in took.items()]}
    return make_repository(
        tmp_path_factory.mktemp("shards") / "r",
        {
            "w.yml": WORKFLOW,
            "letters.json": '["a", "b", "c", "d", "e"]',
            "none.json": "[]",
            "empty.yml": WORKFLOW.replace("letters", "none"),
            "later.yml": WORKFLOW.replace("letters", "made") + "setup:\n  - shell: make\n",
            "earlier/results.json": json.dumps(results),
            "others.json": json.dumps({"items": [{"key": "z", "seconds": 1}]}),
            "torn.json": '{"items": [\n  {"key" "a"}]}',
            "no-results/README": "",
        },
    )


def plan(repository: Path, workflow: str, *options: str) -> Ended:
    return prodigy(repository, "plan", workflow, "--format", "json", *options)


def document(ended: Ended) -> dict[str, Any]:
    assert ended.exit_code == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_auto_makes_one_shard_for_every_so_many_items(repository: Path) -> None:
    found = document(plan(repository, "w.yml", "--items-per-shard", "2"))

    assert found["matrix"] == {"include": [{"shard": index, "total": 3} for index in range(3)]}
    assert found["shards"] == [{"items": [0, 3]}, {"items": [1, 4]}, {"items": [2]}]


def test_durations_of_an_earlier_run_balance_the_shards(repository: Path) -> None:
    found = document(plan(repository, "w.yml", "--shards", "2", "--timings", "earlier"))

    # e is new: it counts with the median of the others.
    assert found["shards"] == [{"items": [2], "seconds": 9.0}, {"items": [0, 1, 3, 4], "seconds": 6.25}]
    assert found["warnings"] == []


def test_no_shard_is_without_items(repository: Path) -> None:
    assert len(document(plan(repository, "w.yml", "--shards", "100"))["matrix"]["include"]) == 5
    assert document(plan(repository, "empty.yml"))["matrix"] == {"include": []}


def test_the_matrix_is_null_while_the_items_are_not_known(repository: Path) -> None:
    found = document(plan(repository, "later.yml"))

    assert (found["items"], found["matrix"], found["shards"]) == (None, None, None)


def test_timings_of_other_items_are_warned_of(repository: Path) -> None:
    ended = plan(repository, "w.yml", "--timings", "others.json")

    assert document(ended)["warnings"] == [
        "input timings: 'others.json' has a duration of none of the 5 items: they are shared out in turn"
    ]


def test_the_variables_of_the_ci_choose_a_shard_that_recorded_durations_balance(repository: Path) -> None:
    ended = prodigy(repository, "run", "w.yml", "--phase", "setup", "--timings", "earlier/results.json")

    assert ended.exit_code == 0, ended.stdout
    planned = next(event for event in ended.events if event["event"] == "planned")
    assert planned["seconds"] == {"0": 1.0, "1": 1.0, "2": 9.0, "3": 2.5}

    options = ("--phase", "map", "--resume-from", "prodigy-results", "--results-dir", "shard")
    shard = prodigy(repository, "run", "w.yml", *options, CI_NODE_INDEX="2", CI_NODE_TOTAL="2")
    assert shard.exit_code == 0, shard.stdout
    results = json.loads((repository / "shard/results.json").read_text())
    assert [(item["key"], item["state"]) for item in results["items"]] == [(key, "unchanged") for key in "abde"]

    wrong = prodigy(repository, "run", "w.yml", *options, CI_NODE_INDEX="6", CI_NODE_TOTAL="5")
    assert wrong.exit_code == 2
    assert "variable CI_NODE_INDEX: error: 6 is no shard of 5" in wrong.stderr


def test_a_run_that_plans_no_shards_refuses_timings(repository: Path) -> None:
    ended = prodigy(repository, "run", "w.yml", "--timings", "earlier")

    assert ended.exit_code == 2
    assert "phase all plans no shards that timings could balance" in ended.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    (
        (("--shards", "257"), "option --shards: error: '257' is neither auto nor a whole number from 1 to 256"),
        (("--timings", "nowhere"), "input timings: error: 'nowhere' does not exist"),
        (("--timings", "no-results"), "no-results/results.json: error: cannot read it: no such file or directory"),
        (("--timings", "torn.json"), "torn.json:2:10: error: this is no JSON: expecting ':' delimiter"),
    ),
)
def test_what_is_wrong_is_refused_in_place(repository: Path, options: tuple[str, ...], message: str) -> None:
    ended = plan(repository, "w.yml", *options)

    assert ended.exit_code == 2
    assert message in ended.stderr
