"""Links on the way to the results directory: a user's are followed, those of the repository and of items are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.git import commit_all, make_repository

WORKFLOW = """
name: links
map:
  input: [a, b]
  agent_template:
    - shell: echo made > "made-${item}"
      auto_commit: true
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere/below").mkdir(parents=True)
    return tmp_path / "elsewhere"


def linked_repository(tmp_path: Path, name: str, target: Path) -> Path:
    repository = make_repository(tmp_path / "r", {"f": "x"})
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).symlink_to(target)
    commit_all(repository)
    return repository


def names_in(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


TRACKED = {
    "the directory": ("prodigy-results", "prodigy-results"),
    "a directory above it": ("out", "out/results"),
    "a directory deeper": ("deep/out", "deep/out/below/results"),
}


@pytest.mark.parametrize("case", TRACKED)
def test_a_results_directory_behind_a_link_of_the_repository_is_refused(
    case: str, tmp_path: Path, elsewhere: Path
) -> None:
    link, results = TRACKED[case]
    ended = run(linked_repository(tmp_path, link, elsewhere), WORKFLOW, "--results-dir", results)

    assert ended.exit_code == 2
    assert f"{link!r} is a link that the repository tracks" in ended.stderr
    assert "git rm" in ended.stderr
    assert names_in(elsewhere) == ["below"]


def test_a_link_of_a_user_through_a_link_of_the_repository_is_refused(tmp_path: Path, elsewhere: Path) -> None:
    repository = linked_repository(tmp_path, "out", elsewhere)
    (tmp_path / "mine").symlink_to(repository / "out/below")
    ended = run(repository, WORKFLOW, "--results-dir", str(tmp_path / "mine/results"))

    assert ended.exit_code == 2
    assert "'out' is a link that the repository tracks" in ended.stderr
    assert names_in(elsewhere) == ["below"]


def test_links_outside_of_the_checkout_are_followed_also_to_resume(tmp_path: Path, elsewhere: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": "x"})
    (tmp_path / "link").symlink_to(elsewhere)
    results = str(tmp_path / "link/results")
    ended = run(repository, WORKFLOW, "--results-dir", results)
    assert ended.exit_code == 0, ended.stderr
    assert (elsewhere / "results/results.json").is_file()

    again = run(repository, WORKFLOW, "--results-dir", results, "--resume-from", results)
    assert again.exit_code == 0, again.stderr
    assert "has ended before" in again.stdout


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"f": "x"})
    (repository / "prodigy-results").symlink_to("prodigy-results")
    ended = run(repository, WORKFLOW)

    assert ended.exit_code == 2
    assert "Traceback" not in ended.stderr


REPLACED = """
name: replaced
map:
  input: [a, b, c]
  max_parallel: 1
  agent_template:
    - shell: |
        if [ "${item}" = b ]; then mv RESULTS RESULTS.away; ln -s ELSEWHERE RESULTS; fi
        echo made > "made-${item}"
      auto_commit: true
"""


@pytest.mark.parametrize("name", ("prodigy-results", "results/of/mine"))
def test_a_results_directory_that_an_item_replaces_by_a_link_is_not_followed(
    name: str, tmp_path: Path, elsewhere: Path
) -> None:
    repository = make_repository(tmp_path / "r", {"f": "x"})
    for below in ("state", "logs"):
        (elsewhere / below).mkdir()
        (elsewhere / below / "mine").write_text("mine")
    before = names_in(elsewhere)
    replaced = repository / name.partition("/")[0]
    workflow = REPLACED.replace("RESULTS", str(replaced)).replace("ELSEWHERE", str(elsewhere))
    ended = run(repository, workflow, "--run-as", "root", "--results-dir", name)

    assert ended.exit_code in {1, 70}, ended.stdout + ended.stderr
    assert "a symbolic link is in its place" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert names_in(elsewhere) == before


def test_the_post_step_follows_no_link_of_the_repository(tmp_path: Path, elsewhere: Path) -> None:
    repository = linked_repository(tmp_path, "prodigy-results", elsewhere)
    ended = prodigy(repository, "post")

    assert ended.exit_code == 0
    assert names_in(elsewhere) == ["below"]
