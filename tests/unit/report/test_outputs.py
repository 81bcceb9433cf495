from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.report.artifact import render_results
from prodigy_action.report.outputs import FAILED_ITEMS_MOST, action_outputs, render_file_command
from tests.support.runner.file_commands import parse_records
from tests.support.runner.hostile_texts import hostile_texts
from tests.support.samples import item_result, run_result, typical_run

ROOT = Path(__file__).parents[3]
DELIMITER = "ghadelimiter_5d7fb4a1-1d3e-4f5e-8f0a-1f1c7f1b8a55"
OUTPUT_LIMIT = 1024 * 1024
"""Of all outputs of a job together, which the runner measures as UTF-16."""


def test_every_declared_output_is_set_and_no_other() -> None:
    declared = yaml.safe_load((ROOT / "action.yml").read_text())["outputs"]
    assert set(action_outputs(typical_run(3), results_dir="out/")) == set(declared)


def test_numbers_add_up_and_paths_are_relative() -> None:
    values = action_outputs(typical_run(300), results_dir="out/")
    counted = [int(values[name]) for name in ("succeeded", "unchanged", "failed", "conflicted", "not-run")]
    assert (int(values["total"]), sum(counted)) == (300, 300)
    assert json.loads(values["failed-items"]) == [2, 3, 7, 11, 103, 104, 108, 112, 204, 205, 209, 213]
    assert (values["results-dir"], values["results-file"]) == ("out", "out/results.json")
    assert action_outputs(typical_run(3), results_dir=".")["results-file"] == "results.json"


def test_the_outputs_of_the_largest_run_fit_the_job() -> None:
    first = item_result(0, "failed")
    items = [first.model_copy(update={"id": 10**9 + id}) for id in range(100_000)]
    values = action_outputs(run_result(items), results_dir="r")
    assert len(json.loads(values["failed-items"])) == FAILED_ITEMS_MOST
    assert json.loads(values["failed-keys"])[0] == items[0].key
    assert len(render_file_command(values, DELIMITER).encode("utf-16")) < OUTPUT_LIMIT / 2


@given(st.dictionaries(st.sampled_from(["result", "run-id", "a_b"]), hostile_texts))
def test_the_runner_reads_the_values_as_they_are(values: dict[str, str]) -> None:
    assert parse_records(render_file_command(values, DELIMITER)) == values


@pytest.mark.parametrize(
    "values", ({"a": f"x\n{DELIMITER}\nb=1"}, {DELIMITER: "x"}, {"a=b": "x"}, {"a<<b": "x"}, {"": "x"})
)
def test_a_record_that_could_be_read_otherwise_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"delimiter|no name"):
        render_file_command(values, DELIMITER)


@given(st.lists(hostile_texts, max_size=5))
def test_results_are_ascii_with_an_item_on_each_line(texts: list[str]) -> None:
    texts = [json.loads(json.dumps(each)) for each in texts]  # as a reader of JSON makes them: it joins surrogate pairs
    text = "".join(render_results(run_result([item_result(id, item={each: each}) for id, each in enumerate(texts)])))
    assert text.isascii()
    assert [item["item"] for item in json.loads(text)["items"]] == [{each: each} for each in texts]
    rows = [line for line in text.splitlines() if line.startswith('    {"id":')]
    assert len(rows) == len(texts)
