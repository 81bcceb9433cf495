"""Every workflow of `examples/` is run, on a repository of its own, and lands what it promises."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from junitparser import JUnitXml

from examples.try_example import NEEDS
from examples.try_example import main as try_example
from tests.support.blackbox import Ended, prodigy
from tests.support.git import git, make_repository

EXAMPLES = Path(__file__).parents[2] / "examples"
OTHERS = {"gitlab-fanout.yml": "a pipeline of GitLab"}
"""What is no workflow of the action; `test_fanout_examples.py` tests it."""
NAMES = sorted({path.name for path in EXAMPLES.glob("*.yml")} - set(OTHERS))
COVERED: dict[str, str] = {}


def example(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Notes that a test runs this example."""

    def note(test: Callable[..., None]) -> Callable[..., None]:
        COVERED[name] = test.__name__
        return test

    return note


def run_example(directory: Path, name: str, *options: str, files: Mapping[str, str] | None = None) -> Ended:
    """Run an example as `make example` does, in a repository that holds `examples/` and what it needs; `options` and
    `files` replace these.
    """
    needs, repository = NEEDS[name], directory / "repository"
    shutil.copytree(EXAMPLES, repository / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    make_repository(repository, needs.files if files is None else files)
    return prodigy(repository, "run", f"examples/{name}", *(options or needs.options), **needs.environ)


def landed(ended: Ended, below: str = "") -> dict[str, str]:
    """The landed files below a directory, without the examples' own."""
    tree = ended.tree()
    return {path: text for path, text in tree.items() if path.startswith(below) and not path.startswith("examples/")}


@example("records-to-files.yml")
def test_records_become_pages_and_values_stay_values(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "records-to-files.yml")
    assert ended.exit_code == 0, ended.stdout
    assert [item["key"] for item in ended.results["items"]] == ["billing", "search", "mailer"]
    pages = landed(ended, "pages/")
    assert pages["pages/mailer.md"] == "# mailer\n\nSends mail; costs $(a lot).\n\nOwner: growth. Tags: queue."
    assert '"about": "Finds \\"things\\" in $INDEX."' in pages["pages/search.json"]
    assert ended.tree()["index.md"] == "\n".join(
        f"* [{name}](pages/{name}.md)" for name in ("billing", "mailer", "search")
    )
    assert git(ended.repository, "log", "-1", "--format=%s") == "Index 3 pages"


@example("package-checks.yml")
def test_package_checks_end_in_a_test_report_and_tolerate_one_failure_in_four(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "package-checks.yml")
    assert ended.exit_code == 0, ended.stdout
    assert (ended.results["result"], ended.states) == ("partial", ["unchanged", "unchanged", "failed", "unchanged"])
    (suite,) = JUnitXml.fromfile(str(ended.results_dir / "junit.xml"))
    assert (suite.tests, suite.failures) == (4, 1)
    assert [case.name for case in suite if case.is_failure] == ["packages/c/"]
    assert "1 of 7 failed" in (ended.results_dir / ended.results["items"][2]["log"]).read_text()


@example("package-checks.yml")
def test_package_checks_fail_beyond_that(tmp_path: Path) -> None:
    ended = run_example(
        tmp_path, "package-checks.yml", files={**NEEDS["package-checks.yml"].files, "packages/a/README.md": ""}
    )
    assert ended.exit_code == 1
    assert ended.states == ["failed", "unchanged", "failed", "unchanged"]


@example("csv-edits.yml")
def test_rows_of_a_csv_file_are_edits_that_merge_and_one_that_fails(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "csv-edits.yml")
    assert ended.exit_code == 0, ended.stdout
    tree = ended.tree()
    assert "timeout = 30" in tree["examples/data/api.ini"]
    assert "retries = 5" in tree["examples/data/api.ini"]
    assert "timeout = 120" in tree["examples/data/worker.ini"]
    assert "Set retries to 5 in examples/data/api.ini" in git(ended.repository, "log", "--format=%s").splitlines()


@example("agent-review.yml")
def test_an_agent_program_works_until_the_check_is_content(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "agent-review.yml")
    assert ended.exit_code == 0, ended.stdout
    assert landed(ended, "src/") == {
        f"src/{name}.py": f'"""About {name}.py."""\n{name} = 1\n# example: see the tests'
        for name in ("one", "two", "three")
    }
    assert ended.tree()["DOCUMENTED"] == "3 of 3"
    assert len(ended.results["items"][0]["commits"]) == 2


@example("inventory.yml")
def test_setup_captures_reach_the_agents_and_the_report(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "inventory.yml")
    assert ended.exit_code == 0, ended.stdout
    tree = landed(ended)
    assert tree["src/a.py"] == "a = 1\n__version__ = '3.14'"
    assert tree["src/b.py"] == ""
    first, *lines = tree["INVENTORY"].splitlines()
    assert re.fullmatch(r"Version 3\.14, \d{4}: 3 modules", first)
    assert lines == ["src/a.py 1", "src/b.py 0", "src/c.py 2"]
    assert "modules.txt" not in tree
    assert ended.results["phases"]["setup"]["batches"] == [[0, 1, 2]]


@example("retries.yml")
def test_flaky_steps_are_tried_again_and_lost_items_are_kept_in_the_results(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "retries.yml")
    assert ended.exit_code == 0, ended.stdout
    assert ended.states == ["succeeded", "succeeded", "failed", "timed_out"]
    assert set(landed(ended, "uploads/")) == {"uploads/steady", "uploads/flaky"}
    broken = ended.results["items"][2]
    assert (broken["error"]["exit_code"], broken["error"]["output_tail"]) == (75, "connection reset\n")
    assert '+{"name":"broken","fails":99}' in (ended.results_dir / broken["patch"]).read_text()
    log = (ended.results_dir / broken["log"]).read_text()
    assert log.splitlines().count("connection reset") == 3
    assert "broken was given up, exit code 75" in log


@example("conflicts.yml")
def test_the_first_of_two_opinions_lands_and_the_other_is_reported(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "conflicts.yml")
    assert ended.exit_code == 1
    assert ended.states == ["succeeded", "conflicted", "succeeded"]
    assert landed(ended) == {"motto.txt": "Slow and steady", "rules.txt": "Be kind"}
    ben = ended.results["items"][1]
    assert ben["conflict"] == {"files": ["motto.txt"], "with_items": [0]}
    assert "+Fast and loose" in (ended.results_dir / ben["patch"]).read_text()


@example("release.yml")
def test_a_workflow_without_a_map_runs_its_independent_steps_side_by_side(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "release.yml")
    assert ended.exit_code == 0, ended.stdout
    assert ended.tree()["VERSION"] == "2.1"
    assert ended.tree()["CHANGES.txt"] == "* start"
    assert git(ended.repository, "log", "-1", "--format=%s") == "Release 2.1"
    assert ended.results["phases"]["setup"]["batches"][0] == [0, 1]


@example("release.yml")
def test_a_release_of_no_version_publishes_nothing(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "release.yml", "--param", "version=next")
    assert ended.exit_code == 1
    assert landed(ended) == {}
    assert "next is no version" in (ended.results_dir / "logs/setup.log").read_text()


@example("environments.yml")
def test_profile_and_parameter_reach_every_file_and_the_secret_none(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "environments.yml")
    assert ended.exit_code == 0, ended.stdout
    settings = landed(ended, "settings/")
    assert list(settings) == ["settings/billing.yml", "settings/mailer.yml", "settings/search.yml"]
    written = settings["settings/search.yml"].splitlines()
    assert written[:3] == ["host: search.example.com:8002", "replicas: 3", "release: 7"]
    assert written[3].startswith("registry: ")
    everything = "".join(path.read_text(errors="replace") for path in ended.results_dir.rglob("*.*") if path.is_file())
    assert "used the token ***" in everything
    assert "t0p-secret-token" not in everything + ended.stdout + ended.stderr


@example("python-files.yml")
def test_every_python_file_gets_its_line(tmp_path: Path) -> None:
    ended = run_example(tmp_path, "python-files.yml")
    assert ended.exit_code == 0, ended.stdout
    tree = ended.tree()
    python = [text for path, text in tree.items() if path.endswith(".py")]
    assert all("SPDX-License-Identifier: MIT" in text for text in python)
    assert tree["pkg/b c.py"] == "# SPDX-License-Identifier: MIT\nb = 2"


def test_every_example_is_run_and_listed_with_its_command() -> None:
    assert sorted(COVERED) == sorted(NEEDS) == NAMES
    text = (EXAMPLES / "README.md").read_text()
    for name, needs in NEEDS.items():
        variables = "".join(f"{key}={value} " for key, value in needs.environ.items())
        assert f"`{variables}prodigy-action {shlex.join(['run', f'examples/{name}', *needs.options])}`" in text
        assert f"`make example NAME={name.removesuffix('.yml')}`" in text
    listed = re.findall(r"^\| \[(\S+)\]\((\S+)\) \|", text, re.MULTILINE)
    divided = {*OTHERS, "fanout.sh", "kubernetes-indexed-job.yaml"}
    assert sorted(listed) == sorted((name, name) for name in {*NAMES, *divided})


def test_make_example_prints_the_command_and_ends_as_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    assert try_example(["conflicts"]) == 1
    said = capfd.readouterr()
    repository, command = said.out.splitlines()[:2]
    assert command == "$ prodigy-action run examples/conflicts.yml"
    assert "1 of 3 items failed" in said.out
    shutil.rmtree(repository.removeprefix("$ cd "))


def test_make_example_names_the_examples_when_it_gets_no_name(capfd: pytest.CaptureFixture[str]) -> None:
    assert try_example([]) == 2
    assert "package-checks" in capfd.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_an_example_names_its_schema_and_has_no_warnings(name: str) -> None:
    path = EXAMPLES / name
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named is not None
    assert (EXAMPLES / named[1]).is_file()
    ended = prodigy(EXAMPLES, "validate", name)
    assert (ended.exit_code, ended.stdout) == (0, "1 file is valid\n")
