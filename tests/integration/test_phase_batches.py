"""Batches as a user sees them: the order of real steps, the output of `plan`, what a failure stops."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository
from tests.support.timing import best_seconds

Step = str | dict[str, Any]
MAP = {
    "input": ["only"],
    "agent_template": [{"shell": "if [ -e result ]; then cp result kept; fi"}],
    "carry": ["result"],
    "commit": "auto",
}


def workflow(steps: Sequence[Step], **top: Any) -> str:
    """A workflow whose setup is these steps; what they leave in `result` lands as `kept`."""
    setup = [{"shell": step} if isinstance(step, str) else step for step in steps]
    return yaml.safe_dump({"name": "batches", **top, "setup": setup, "map": MAP}, sort_keys=False)


def run_setup(tmp_path: Path, *steps: Step, **top: Any) -> Ended:
    return run(make_repository(tmp_path / "repository", {"seed": "1\n"}), workflow(steps, **top))


def batches(ended: Ended) -> list[list[int]]:
    found: list[list[int]] = ended.results["phases"]["setup"]["batches"]
    return found


def kept(ended: Ended) -> str:
    """What setup left in `result`."""
    assert ended.exit_code == 0, ended.stdout
    return ended.tree()["kept"]


def plan(tmp_path: Path, *steps: Step) -> str:
    repository = make_repository(tmp_path / "repository", {"seed": "1\n"})
    (tmp_path / "workflow.yml").write_text(workflow(steps))
    ended = prodigy(repository, "plan", "--explain", str(tmp_path / "workflow.yml"))
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout


def test_a_reader_runs_after_the_writer_of_its_file(tmp_path: Path) -> None:
    ended = run_setup(tmp_path, "echo x > f", "cat f > result")
    assert (kept(ended), batches(ended)) == ("x", [[0], [1]])


def test_a_directory_is_made_before_a_program_writes_into_it_and_another_reads_that(tmp_path: Path) -> None:
    steps = ("mkdir -p out", "env printf '[1]' > out/a", "jq -c . out/a > result")
    ended = run_setup(tmp_path, *steps)
    assert (kept(ended), batches(ended)) == ("[1]", [[0], [1], [2]])


def test_two_unknown_programs_run_in_their_order(tmp_path: Path) -> None:
    ended = run_setup(tmp_path, "env sh -c 'echo a >> result'", "env sh -c 'echo b >> result'")
    assert (kept(ended), batches(ended)) == ("a\nb", [[0], [1]])


def test_two_unknown_programs_that_declare_disjoint_footprints_meet(tmp_path: Path) -> None:
    """Each waits for a file of the other, so that they end only side by side."""
    wait = "touch {own}; for i in $(seq 100); do [ -e {other} ] && exit 0; sleep 0.1; done; exit 1"
    left = {"shell": wait.format(own="a", other="b"), "reads": [], "writes": ["a"]}
    right = {"shell": wait.format(own="b", other="a"), "reads": [], "writes": ["b"]}
    ended = run_setup(tmp_path, left, right)
    assert (ended.exit_code, batches(ended)) == (0, [[0, 1]])


def test_the_reader_of_the_environment_runs_before_what_sets_variables(tmp_path: Path) -> None:
    ended = run_setup(tmp_path, "echo $A", "B=1", "C=2")
    assert (ended.exit_code, batches(ended)) == (0, [[0], [1, 2]])


@pytest.mark.timing
def test_three_independent_seconds_take_about_one(tmp_path: Path) -> None:
    def measure(number: int) -> float:
        ended = run_setup(tmp_path / str(number), "sleep 1", "sleep 1", "sleep 1")
        assert batches(ended) == [[0, 1, 2]]
        return float(ended.results["phases"]["setup"]["seconds"])

    assert 1 <= best_seconds(measure, below=2) < 2


def test_a_failed_batch_runs_to_its_end_shows_every_failure_and_stops_the_next(tmp_path: Path) -> None:
    """The second and the third step end only when the first has."""
    first_ended = "until [ -s first ] && ! kill -0 $(cat first); do sleep 0.01; done 2> /dev/null"
    fails = {"shell": "echo $$ > first.new; mv first.new first; exit 3", "reads": [], "writes": ["first"]}
    fails_later = {"shell": f"{first_ended}; exit 4", "reads": [], "writes": []}
    succeeds = {"shell": f"{first_ended}; echo done > slow", "reads": [], "writes": ["slow"]}
    ended = run_setup(tmp_path, fails, fails_later, succeeds, "cat slow; touch never")
    setup = ended.results["phases"]["setup"]
    assert (ended.exit_code, setup["state"], setup["batches"]) == (1, "failed", [[0, 1, 2]])
    assert setup["error"]["message"] == "; ".join(
        (f"{fails['shell']}: exit code 3", f"{setup['steps'][1]['name']}: exit code 4")
    )
    assert [(step["index"], step["exit_code"]) for step in setup["steps"]] == [(0, 3), (1, 4), (2, 0)]
    assert ended.results["items"] == []


def test_steps_are_reported_in_their_order_whatever_ended_first(tmp_path: Path) -> None:
    """They end from the last to the first."""
    after = "until [ -e {} ]; do sleep 0.01; done; touch {}"
    steps = [
        {"shell": after.format("second", "first"), "reads": [], "writes": ["first"]},
        {"shell": after.format("third", "second"), "reads": [], "writes": ["second"]},
        {"shell": "touch third", "reads": [], "writes": ["third"]},
    ]
    ended = run_setup(tmp_path, *steps)
    assert batches(ended) == [[0, 1, 2]]
    assert [step["index"] for step in ended.results["phases"]["setup"]["steps"]] == [0, 1, 2]


def test_the_output_of_the_step_before_is_meant_whatever_ran_later(tmp_path: Path) -> None:
    """The second step ends after the third; the fourth waits for both and reads the output of the third."""
    steps = ("echo x > f", "cp f f2; echo wrong", "echo right", 'echo "${shell.output}" > result; cat f2')
    ended = run_setup(tmp_path, *steps)
    assert batches(ended) == [[0, 2], [1], [3]]
    assert kept(ended) == "right"


def test_a_value_in_the_environment_of_a_step_orders_it(tmp_path: Path) -> None:
    capture = {"shell": "cat seed", "capture": "V"}
    ended = run_setup(tmp_path, capture, {"shell": 'echo "$X" > result', "env": {"X": "v=${V}"}})
    assert (kept(ended), batches(ended)) == ("v=1", [[0], [1]])


def test_values_pasted_as_code_are_a_barrier(tmp_path: Path) -> None:
    capture = {"shell": "echo '1; echo x > result'", "capture": "CODE"}
    raw = {"shell": "echo ${CODE}", "interpolation": "raw"}
    ended = run_setup(tmp_path, capture, raw, "echo y > result")
    assert (kept(ended), batches(ended)) == ("y", [[0], [1], [2]])


def test_a_link_that_a_barrier_leaves_is_seen(tmp_path: Path) -> None:
    steps = ("mkdir d; ln -s . d/l", "echo x > result", "cat d/l/../result > e")
    ended = run_setup(tmp_path, *steps)
    assert (ended.exit_code, batches(ended)) == (0, [[0], [1], [2]])


def test_a_second_name_of_a_file_is_seen(tmp_path: Path) -> None:
    steps = ("echo 1 > a; ln a b", "echo 2 >> a", "cat b > result")
    ended = run_setup(tmp_path, *steps)
    assert (kept(ended), batches(ended)) == ("1\n2", [[0], [1], [2]])


def test_reduce_and_merge_steps_run_in_batches_too(tmp_path: Path) -> None:
    document = {
        "name": "batches",
        "map": {"input": ["a"], "agent_template": [{"shell": "true"}]},
        "reduce": [{"shell": "echo a > a"}, {"shell": "echo b > b"}, {"shell": "cat a b"}],
        "merge": [{"shell": "echo c > c"}, {"shell": "cat c"}, {"shell": "true"}],
    }
    ended = run(make_repository(tmp_path / "repository", {}), yaml.safe_dump(document))
    assert ended.exit_code == 0, ended.stdout
    phases = ended.results["phases"]
    assert (phases["reduce"]["batches"], phases["merge"]["batches"]) == ([[0, 1], [2]], [[0, 2], [1]])


def test_plan_explains_why_each_step_waits(tmp_path: Path) -> None:
    shown = plan(
        tmp_path,
        {"shell": "echo x > f", "capture": "V"},
        "cat f",
        "frob --all",
        {"shell": "echo done", "id": "last", "needs": []},
        {"shell": 'echo "${V} ${shell.output}"', "needs": ["last"], "reads": [], "writes": []},
    )
    for line in (
        "setup     5 steps in 5 batches",
        "  step 2 waits for step 1: RAW: f",
        "  step 3 waits for step 1: barrier: what 'frob' reads and writes is not known",
        "  step 3 waits for step 2: barrier: what 'frob' reads and writes is not known",
        "  step 4 waits for step 3: barrier: what 'frob' reads and writes is not known",
        "  step 5 waits for step 1: RAW: $V",
        "  step 5 waits for step 4: needs: last; previous-output: output of step 4",
    ):
        assert line in shown.splitlines()


def test_plan_shows_all_kinds_of_edges(tmp_path: Path) -> None:
    shown = plan(tmp_path, "cat f", "echo x > f", "echo y > f", "echo $HOME", "X=1")
    assert "  step 2 waits for step 1: WAR: f" in shown.splitlines()
    assert "  step 3 waits for step 2: WAW: f" in shown.splitlines()
    assert "  step 5 waits for step 4: WAR: the environment" in shown.splitlines()
