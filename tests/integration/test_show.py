"""`show`: an earlier run, its failed items, one item."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository
from tests.support.killing import Gate, count, kill_at

WORKFLOW = r"""
name: shown
error_policy:
  on_item_failure: retry
  retry_config: {max_attempts: 2, initial_delay: 0s}
map:
  input:
    - {id: good, text: "a"}
    - {id: "bad\u202e ::error::x", text: "b"}
    - {id: worse, text: "c"}
  key: id
  agent_template:
    - shell: 'echo "of ${item.id}" > f-${item.text}.txt; echo "$(printf "\\033[31m::error::red")"'
    - shell: 'test "${item.text}" = a && git add . && git commit -qm done'
      capture: said
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    done = run(make_repository(tmp_path_factory.mktemp("show") / "r"), WORKFLOW)
    assert done.states == ["succeeded", "failed", "failed"], done.stdout + done.stderr
    return done


def show(ended: Ended, *options: str) -> str:
    done = prodigy(ended.repository, "show", *options)
    assert (done.exit_code, done.stderr) == (0, "")
    assert not any(line.lstrip().startswith("::") or "\x1b" in line for line in done.stdout.split("\n"))
    return done.stdout


def test_every_failed_item_is_shown_with_its_reason_output_and_log(ended: Ended) -> None:
    shown = show(ended, "--failed")
    assert shown.startswith("2 failed items\n  1  bad")
    assert shown.count("log: prodigy-results/logs/item-000") == 2
    assert shown.count("exit code 1") == 2
    assert shown.endswith("One of them whole: prodigy-action show prodigy-results --item 1\n")


def test_results_are_found_from_a_directory_of_the_checkout(ended: Ended) -> None:
    below = ended.repository / "below"
    below.mkdir(exist_ok=True)
    done = prodigy(below, "show", "--failed")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "log: ../prodigy-results/logs/item-0001.log" in done.stdout


@pytest.mark.parametrize("wanted", ("2", "worse"))
def test_one_item_is_shown_with_its_steps_executions_log_and_patch(ended: Ended, wanted: str) -> None:
    shown = show(ended, "prodigy-results", "--item", wanted)
    assert shown.startswith("item 2  worse\n")
    for part in ("exit code 0", "exit code 1", "executions", "\n    2  failed", "+of worse", "=== "):
        assert part in shown, shown
    assert "prodigy-results/patches/item-0002.patch" in shown


def test_an_item_that_landed_has_its_commit_and_no_patch(ended: Ended) -> None:
    shown = show(ended, "--item", "good")
    assert "state        landed" in shown
    assert ended.results["items"][0]["commits"][0][:12] in shown
    assert "f-a.txt" in shown
    assert "\npatch" not in shown


def test_json_is_that_of_the_results(ended: Ended) -> None:
    results = ended.results
    assert json.loads(show(ended, "--json")) == results
    assert json.loads(show(ended, "--failed", "--json")) == results["items"][1:]
    assert json.loads(show(ended, "--item", "0", "--json")) == results["items"][0]


@pytest.mark.parametrize("options", ((), ("--failed",), ("--item", "2"), ("--json",)))
def test_the_same_is_shown_without_the_journal(ended: Ended, options: tuple[str, ...], tmp_path: Path) -> None:
    copy = tmp_path / "prodigy-results"
    shutil.copytree(ended.results_dir, copy)
    (copy / "events.jsonl").unlink()
    assert prodigy(tmp_path, "show", *options).stdout == show(ended, *options)


@pytest.mark.parametrize(
    ("wanted", "hint"), (("worze", "did you mean `worse`?"), ("3", "ids are 0 to 2"), ("-1", "ids are 0 to 2"))
)
def test_an_unknown_item_is_refused(ended: Ended, wanted: str, hint: str) -> None:
    done = prodigy(ended.repository, "show", f"--item={wanted}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"no item has the id or the key '{wanted}'" in done.stderr
    assert hint in done.stderr


def test_both_at_once_are_refused(ended: Ended) -> None:
    done = prodigy(ended.repository, "show", "--failed", "--item", "1")
    assert done.exit_code == 2
    assert "exclude each other" in done.stderr


def test_a_log_that_became_a_link_is_not_followed(ended: Ended, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not for you")
    log = ended.results_dir / "logs/item-0000.log"
    log.unlink()
    log.symlink_to(tmp_path / "secret")
    shown = show(ended, "--item", "0")
    assert "not for you" not in shown
    assert "it is empty or cannot be read" in shown


def test_an_unfinished_run_is_shown_from_its_journal_with_the_command_that_resumes_it(tmp_path: Path) -> None:
    repository, gate = make_repository(tmp_path / "r"), Gate(tmp_path / "gate")
    step = json.dumps(gate.text("${item}"))
    (tmp_path / "workflow.yml").write_text(
        f"name: x\nmap:\n  input: [0, 1]\n  max_parallel: 1\n  agent_template: [{{shell: {step}}}]"
    )
    gate.open(1)
    kill_at(repository, lambda journal: count(journal, "agent_started") == 2, "run", "../workflow.yml")
    shown = prodigy(repository, "show")
    assert shown.exit_code == 0, shown.stderr
    assert "1 unchanged, 1 cancelled" in shown.stdout
    assert "prodigy-action run ../workflow.yml --resume-from prodigy-results" in shown.stdout
    nothing = prodigy(repository, "show", "elsewhere")
    assert (nothing.exit_code, nothing.stderr.splitlines()[-1]) == (2, "  = name the results directory of a run")
