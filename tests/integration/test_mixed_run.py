"""One run in which items end in many ways: what the console, the summary, the results and `show` say of it."""

from __future__ import annotations

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import make_repository

WORKFLOW = """
name: mixed
map:
  input: [{k: good}, {k: pkg/a.py}, {k: clash}, {k: broken}, {k: careless}, {k: shrug}]
  key: k
  max_parallel: 2
  agent_template:
    - name: edit
      shell: |
        case "${item.k}" in
          good) echo 1 > good.txt && git add good.txt && git commit -qm good;;
          pkg/a.py|clash) echo "${item.k}" > shared.txt && git add shared.txt && git commit -qm shared;;
          broken) echo what went wrong; exit 4;;
          careless) echo 1 > forgotten.txt;;
        esac
    - name: check
      when: ${item.k} == 'shrug'
      shell: echo tolerated && exit 3
      on_failure: true
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    directory = tmp_path_factory.mktemp("mixed")
    (directory / "summary.md").touch()
    repository = make_repository(directory / "repository", {"mixed.yml": WORKFLOW, "shared.txt": "0\n"})
    return prodigy(repository, "run", "mixed.yml", GITHUB_STEP_SUMMARY=str(directory / "summary.md"))


def summary_of(ended: Ended) -> str:
    return (ended.results_dir / "summary.md").read_text()


def test_every_item_has_its_state(ended: Ended) -> None:
    assert ended.exit_code == 1
    assert ended.states == ["succeeded", "succeeded", "conflicted", "failed", "unchanged", "unchanged"]


def test_a_conflict_names_the_other_item_by_its_key(ended: Ended) -> None:
    assert "conflict in shared.txt with pkg/a.py" in ended.stdout
    assert "with item" not in ended.stdout
    shown = prodigy(ended.repository, "show", "--failed").stdout
    assert "conflict in shared.txt with pkg/a.py" in shown
    assert "with item" not in summary_of(ended)


def test_uncommitted_changes_come_before_the_facts(ended: Ended) -> None:
    lines = ended.stdout[ended.stdout.index("✗ failure") :].splitlines()
    assert lines[1].startswith("! 1 item left uncommitted changes, which did not land (item 4)")


def test_a_tolerated_failure_is_in_words(ended: Ended) -> None:
    assert "1 tolerated failure: these steps failed, and the run continued" in ended.stdout


def test_the_job_summary_names_the_results_and_the_command_for_the_first_failure(ended: Ended) -> None:
    text = (ended.repository.parent / "summary.md").read_text()
    assert "in the results directory <code>prodigy-results</code>: download them from the artifact" in text
    assert "To reproduce the first failure: <code>prodigy-action reproduce prodigy-results 2</code>" in text


def test_the_summary_in_the_results_links_the_report_and_the_logs(ended: Ended) -> None:
    text = summary_of(ended)
    assert "[report.html](report.html)" in text
    assert "[log.jsonl](log.jsonl)" in text
    assert '<a href="logs/item-0003.log">' in text
    assert "artifact" not in text


def test_the_end_names_the_commands_to_resume_and_to_reproduce(ended: Ended) -> None:
    assert "prodigy-action run mixed.yml --resume-from prodigy-results" in ended.stdout
    assert "prodigy-action reproduce prodigy-results 3" in ended.stdout
