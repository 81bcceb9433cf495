"""The reports that every run writes into its results directory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository
from tests.support.killing import kill_at, seen

WORKFLOW = """
name: checks
secrets: {TOKEN: {provider: env, key: TOKEN}}
map:
  input: [{n: good}, {n: bad}, {n: idle}]
  key: n
  agent_template:
    - shell: |
        echo "token $TOKEN \\033[31mred\\033[0m </script><script>alert(1)</script> ]]>"
        echo "${item.n} $TOKEN" > "${item.n}"
        case "${item.n}" in bad) echo "cannot $TOKEN"; exit 3;; idle) rm idle; exit 0;; good) echo clean > good;; esac
        git add -A && git commit -qm "${item.n}"
"""


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    repository = make_repository(tmp_path_factory.mktemp("checks") / "r", {"shared": "start\n"})
    return run(repository, WORKFLOW, TOKEN="hush-hush-9")


def test_the_test_report_has_a_case_for_every_item(checks: Ended) -> None:
    (suite,) = JUnitXml.fromfile(str(checks.results_dir / "junit.xml"))
    cases = {case.name: case for case in suite}

    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("checks", 3, 1, 0, 0)
    assert set(cases) == {"good", "bad", "idle"}
    assert {case.classname for case in cases.values()} == {"checks"}
    assert "cannot ***" in cases["bad"].result[0].text


def test_no_report_holds_a_secret(checks: Ended) -> None:
    contents = {path.name: path.read_bytes() for path in checks.results_dir.rglob("*") if path.is_file()}

    assert {"report.html", "junit.xml", "results.json", "summary.md"} <= set(contents)
    assert [name for name, content in contents.items() if b"hush-hush-9" in content and name != "commits.bundle"] == []


def test_the_summary_in_the_directory_links_the_other_files(checks: Ended) -> None:
    summary = (checks.results_dir / "summary.md").read_text()
    links = set(re.findall(r'\]\(([^)]+)\)|<a href="([^"]+)">', summary))
    found = {one or other for one, other in links}

    assert found == {
        *("report.html", "results.json", "junit.xml", "log.jsonl"),
        *("logs/item-0001.log", "patches/item-0001.patch"),
    }
    assert all((checks.results_dir / path).is_file() for path in found)


def test_a_run_whose_setup_fails_is_an_error_in_the_test_report(tmp_path: Path) -> None:
    workflow = (
        "name: broken\nsetup: [shell: 'echo no such host; exit 7']\nmap: {input: [a], agent_template: [shell: 'true']}"
    )
    ended = run(make_repository(tmp_path / "r", {}), workflow)
    (suite,) = JUnitXml.fromfile(str(ended.results_dir / "junit.xml"))

    assert ended.exit_code == 1
    assert (suite.tests, suite.errors) == (1, 1)
    assert [case.name for case in suite] == ["setup"]


def test_a_killed_run_gets_its_reports_from_the_post_step(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {})
    workflow = tmp_path / "workflow.yml"
    workflow.write_text("map: {input: [a, b], max_parallel: 1, agent_template: [shell: 'sleep 60']}\nname: slow")
    kill_at(repository, seen("agent_started"), "run", str(workflow))
    assert not (repository / "prodigy-results" / "junit.xml").exists()
    prodigy(repository, "post")
    (suite,) = JUnitXml.fromfile(str(repository / "prodigy-results" / "junit.xml"))

    assert [(case.name, case.is_skipped) for case in suite] == [("a", True), ("b", True)]
