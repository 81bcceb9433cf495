"""Branches, tags and stashes that steps make: said by name, and kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import git, make_repository
from tests.support.killing import count, kill_at

FILES = {"a.txt": "a\n", "b.txt": "b\n"}


def workflow(*, item: str = "true", reduce: str = "true", merge: str = "true", setup: str = "true") -> str:
    steps = {"item": item, "reduce": reduce, "merge": merge, "setup": setup}
    listed = {name: "; ".join(text.splitlines()) for name, text in steps.items()}
    return f"""
name: refs
setup:
  - shell: |
      {listed["setup"]}
map:
  input: [a, b]
  agent_template:
    - shell: |
        {listed["item"]}
    - shell: echo 2 > ${{item}}.txt && git commit -qam "edit ${{item}}"
reduce:
  - shell: |
      {listed["reduce"]}
merge:
  - shell: |
      {listed["merge"]}
"""


def names(refs: list[dict[str, str]]) -> list[str]:
    return [ref["name"] for ref in refs]


def fetched(repository: Path, results: Path) -> dict[str, str]:
    """The references of the bundle, in a clone that has them."""
    clone = repository.parent / "fetched"
    git(repository.parent, "clone", "-q", str(repository), str(clone))
    git(clone, "fetch", "-q", str(results / "commits.bundle"), "refs/prodigy/*:refs/prodigy/*")
    lines = git(clone, "for-each-ref", "--format=%(refname) %(objectname)", "refs/prodigy").split("\n")
    return dict(line.split(" ") for line in lines)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r", FILES)


def kept(ended: Ended, item: int) -> dict[str, str]:
    """The content of `kept.txt` at each reference of an item that is kept."""
    return {
        ref["name"]: git(ended.repository.parent / "fetched", "show", f"{ref['kept_as']}:kept.txt")
        for ref in ended.results["items"][item]["refs"]
    }


def test_commits_on_other_branches_stashes_and_tags_of_items_are_said_and_kept_in_the_bundle(repository: Path) -> None:
    item = """git switch -qc topic/one
echo "topic ${item}" > kept.txt && git add . && git commit -qm topic
git tag light && git tag -am annotated v1
git switch -q -
echo "first ${item}" > kept.txt && git add . && git stash -q
echo "second ${item}" > kept.txt && git add . && git stash -q
git branch same"""
    ended = run(repository, workflow(item=item))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    expected = ["refs/heads/topic/one", "refs/stash", "refs/stash@{1}", "refs/tags/light", "refs/tags/v1"]
    for number, name in enumerate("ab"):
        assert names(ended.results["items"][number]["refs"]) == expected
        fetched(repository, ended.results_dir)
        assert kept(ended, number) == {
            "refs/heads/topic/one": f"topic {name}",
            "refs/stash": f"second {name}",
            "refs/stash@{1}": f"first {name}",
            "refs/tags/light": f"topic {name}",
            "refs/tags/v1": f"topic {name}",
        }
        shutil.rmtree(repository.parent / "fetched")
    assert len(ended.logged("ref_not_landed")) == 10
    assert not (repository / "kept.txt").exists()


def test_commits_that_stay_on_the_items_own_branch_are_kept(repository: Path) -> None:
    item = """echo own > kept.txt && git add . && git commit -qm own
git switch -q --detach HEAD~1"""
    ended = run(repository, workflow(item=item))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    (ref,) = ended.results["items"][0]["refs"]
    assert ref["name"].endswith("-item-0")
    fetched(repository, ended.results_dir)
    assert kept(ended, 0) == {ref["name"]: "own"}


def test_packed_references_are_found_and_those_of_the_checkout_are_left_out(repository: Path) -> None:
    git(repository, "branch", "mine")
    git(repository, "tag", "mine")
    item = "git switch -qc other && echo x > kept.txt && git add . && git commit -qm x && git switch -q - && git gc -q"
    ended = run(repository, workflow(item=item))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert names(ended.results["items"][0]["refs"]) == ["refs/heads/other"]
    fetched(repository, ended.results_dir)
    assert kept(ended, 0) == {"refs/heads/other": "x"}


def test_what_an_item_made_is_in_the_bundle_of_a_resumed_run(repository: Path, tmp_path: Path) -> None:
    text = workflow(
        item="git switch -qc other && echo x > kept.txt && git add . && git commit -qm x && git switch -q -",
        reduce=f"until test -e {tmp_path}/go; do sleep 0.05; done",
    )
    (tmp_path / "workflow.yml").write_text(text)
    kill_at(repository, lambda records: count(records, "item_landed") == 2, "run", "../workflow.yml")
    (tmp_path / "go").touch()
    ended = prodigy(repository, "run", "../workflow.yml", "--resume-from", "prodigy-results")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    fetched(repository, ended.results_dir)
    assert kept(ended, 1) == {"refs/heads/other": "x"}


def test_what_setup_reduce_and_merge_make_is_published_under_names_of_the_run(repository: Path) -> None:
    ended = run(
        repository,
        workflow(
            setup="git tag from-setup",
            reduce="git tag -am 'version 2' v2.0\ngit branch release/2.0",
            merge="echo stashed > kept.txt && git add . && git stash -q",
        ),
    )
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    branch = ended.results["branch"]
    found = {ref["name"]: ref["kept_as"] for ref in ended.results["refs"]}
    assert found == {
        "refs/heads/release/2.0": f"refs/heads/{branch}-refs/release/2.0",
        "refs/stash": f"refs/heads/{branch}-stash/0",
        "refs/tags/from-setup": f"refs/tags/{branch}/from-setup",
        "refs/tags/v2.0": f"refs/tags/{branch}/v2.0",
    }
    assert git(repository, "rev-parse", f"{branch}-refs/release/2.0") == git(repository, "rev-parse", "HEAD")
    assert git(repository, "cat-file", "-t", found["refs/tags/v2.0"]) == "tag"
    assert git(repository, "show", f"{branch}-stash/0:kept.txt") == "stashed"
    assert len(ended.logged("ref_made_by_steps")) == 4
    assert git(repository, "fsck", "--full") == ""


def test_references_that_cannot_be_read_stop_nothing(repository: Path) -> None:
    item = """rm -rf "$(git rev-parse --git-dir)/refs/tags" && ln -s / "$(git rev-parse --git-dir)/refs/tags"
mkfifo "$(git rev-parse --git-dir)/refs/heads/fifo"
echo rubbish > "$(git rev-parse --git-dir)/refs/heads/rubbish"
echo 0123456789012345678901234567890123456789 > "$(git rev-parse --git-dir)/refs/heads/missing" """
    ended = run(repository, workflow(item=item))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    (ref,) = ended.results["items"][0]["refs"]
    assert (ref["name"], ref["kept_as"]) == ("refs/heads/missing", None)
    assert ref["reason"]


def test_a_run_without_such_references_reports_none(repository: Path) -> None:
    ended = run(repository, workflow())
    assert (ended.results["refs"], [item["refs"] for item in ended.results["items"]]) == ([], [[], []])
    listed = git(repository, "bundle", "list-heads", str(ended.results_dir / "commits.bundle"))
    assert f"refs/prodigy/{ended.results['run_id']}/refs/" not in listed


def test_a_tag_that_holds_a_secret_is_not_kept(repository: Path) -> None:
    text = workflow(item='git tag -am "token $TOKEN" v1', reduce='git tag -am "token $TOKEN" v2')
    text = text.replace("name: refs\n", "name: refs\nsecrets: {TOKEN: {provider: env, key: TOKEN}}\n")
    ended = run(repository, text, TOKEN="hush-hush-9")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    found = [*ended.results["items"][0]["refs"], *ended.results["refs"]]
    assert [(ref["name"], ref["kept_as"]) for ref in found] == [("refs/tags/v1", None), ("refs/tags/v2", None)]
    assert all("holds a secret" in ref["reason"] for ref in found)
    assert git(repository, "tag") == ""


def resumable(marker: Path) -> str:
    """A run whose merge step fails the first time; reduce makes a branch and a tag with a commit that is always new."""
    made = (
        "git switch -qc topic && date +%N > kept.txt && git add . && git commit -qm topic && git tag light"
        " && git switch -q -"
    )
    return workflow(reduce=made, merge=f"test -e {marker}")


def test_a_resume_takes_no_name_from_what_the_user_has_committed_there(repository: Path, tmp_path: Path) -> None:
    text = resumable(tmp_path / "marker")
    first = run(repository, text)
    assert first.exit_code == 1, first.stdout + first.stderr
    branch = first.results["branch"]
    topic = f"{branch}-refs/topic"
    light = f"{branch}/light"
    mine = git(repository, "commit-tree", "-p", topic, "-m", "Mine", f"{topic}^{{tree}}")
    git(repository, "branch", "-f", topic, mine)
    git(repository, "tag", "-f", light, mine)
    (tmp_path / "marker").touch()
    again = run(repository, text, "--resume-from", "prodigy-results")

    assert again.exit_code == 0, again.stdout + again.stderr
    assert git(repository, "rev-parse", topic, light).splitlines() == [mine, mine]
    kept = {ref["name"]: ref for ref in again.results["refs"]}
    assert kept["refs/heads/topic"]["kept_as"] == f"refs/heads/{topic}-2"
    assert kept["refs/tags/light"]["kept_as"] == f"refs/tags/{light}-2"
    for ref in kept.values():
        assert git(repository, "rev-parse", ref["kept_as"]) == ref["object_id"]


def test_a_resume_moves_what_an_earlier_attempt_published(repository: Path, tmp_path: Path) -> None:
    text = resumable(tmp_path / "marker")
    published = run(repository, text).results["refs"]
    (tmp_path / "marker").touch()
    again = run(repository, text, "--resume-from", "prodigy-results")

    assert again.exit_code == 0, again.stdout + again.stderr
    for before, after in zip(published, again.results["refs"], strict=True):
        assert before["kept_as"] == after["kept_as"]
        assert before["object_id"] != after["object_id"]
        assert git(repository, "rev-parse", after["kept_as"]) == after["object_id"]


def test_a_resume_does_not_move_a_branch_that_is_checked_out(repository: Path, tmp_path: Path) -> None:
    text = resumable(tmp_path / "marker")
    first = run(repository, text)
    topic = f"{first.results['branch']}-refs/topic"
    git(repository, "worktree", "add", "-q", str(tmp_path / "w"), topic)
    (tmp_path / "marker").touch()
    again = run(repository, text, "--resume-from", "prodigy-results")

    assert again.exit_code == 0, again.stdout + again.stderr
    assert again.results["refs"][0]["kept_as"] == f"refs/heads/{topic}-2"
    assert git(tmp_path / "w", "status", "--porcelain") == ""


def test_a_reference_that_cannot_be_published_leaves_an_unfinished_run(repository: Path) -> None:
    made = "git switch -qc topic && echo x > kept.txt && git add . && git commit -qm topic && git tag v1"
    place = f"{repository}/.git/refs/tags/prodigy/$PRODIGY_RUN_ID"
    made, lock = f"{made} && git switch -q -", f"mkdir -p {place} && touch {place}/v1.lock"
    ended = run(repository, workflow(reduce=made, merge=lock))

    assert ended.exit_code == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert (ended.results["missing"], ended.results["checkout_updated"]) == (["refs"], True)
    branch = ended.results["branch"]
    assert [ref["kept_as"] for ref in ended.results["refs"]] == [f"refs/heads/{branch}-refs/topic", None]
    assert "v1.lock" in ended.results["refs"][1]["reason"]
    assert (ended.results_dir / "state").is_dir()
    run_id = ended.results["run_id"]
    (repository / f".git/refs/tags/prodigy/{run_id}/v1.lock").unlink()
    in_bundle = fetched(repository, ended.results_dir)
    assert f"refs/prodigy/{run_id}/refs/phases/tags/v1" in in_bundle

    again = prodigy(repository, "run", "../workflow.yml", "--resume-from", "prodigy-results")
    assert (again.exit_code, again.results["missing"]) == (0, []), again.stdout + again.stderr
    assert git(repository, "show", f"prodigy/{run_id}/v1:kept.txt") == "x"
    assert not (again.results_dir / "state").exists()


def test_references_that_could_not_be_brought_are_published_by_a_resume_on_another_machine(
    repository: Path, tmp_path: Path
) -> None:
    made = "git switch -qc topic && echo x > kept.txt && git add . && git commit -qm topic && git switch -q -"
    obstacle = f"rm -rf {repository}/.git/objects/pack && touch {repository}/.git/objects/pack"
    git(repository.parent, "clone", "-q", str(repository), "elsewhere")
    (tmp_path / "w.yml").write_text(
        f"name: x\nmode: standard\ncommands:\n  - shell: {made}\n  - shell: echo x >> {tmp_path}/counts; {obstacle}\n"
    )
    ended = prodigy(repository, "run", "../w.yml")
    assert (ended.exit_code, ended.results["missing"]) == (1, ["refs"]), ended.stdout + ended.stderr
    assert "in commits.bundle" in ended.results["message"]
    (tmp_path / "artifact").mkdir()
    shutil.copytree(ended.results_dir, tmp_path / "artifact", dirs_exist_ok=True)
    again = prodigy(tmp_path / "elsewhere", "run", "../w.yml", "--resume-from", str(tmp_path / "artifact"))

    assert (again.exit_code, again.results["missing"]) == (0, []), again.stdout + again.stderr
    assert git(tmp_path / "elsewhere", "show", f"{again.results['refs'][0]['kept_as']}:kept.txt") == "x"
    assert (tmp_path / "counts").read_text() == "x\n", "no step ran again"


def test_what_setup_made_is_named_and_published_by_a_resume_too(repository: Path) -> None:
    text = workflow(setup="git tag from-setup", merge="exit 1")
    first = run(repository, text)
    assert first.exit_code == 1
    git(repository, "tag", "-d", f"{first.results['branch']}/from-setup")
    again = run(repository, text, "--resume-from", "prodigy-results")

    assert [ref["name"] for ref in again.results["refs"]] == ["refs/tags/from-setup"]
    assert git(repository, "tag") == f"{first.results['branch']}/from-setup"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_references_of_a_run_without_a_result_belong_to_the_checkouts_owner(repository: Path) -> None:
    for path in (repository, *repository.rglob("*")):
        os.lchown(path, 1001, 121)
    made = "git switch -qc topic && echo x > kept.txt && git add . && git commit -qm topic && git switch -q -"
    (repository.parent / "w.yml").write_text(f"name: x\nmode: standard\ncommands:\n  - shell: {made}\n")
    os.chown(repository.parent, 1001, 121)
    ended = prodigy(repository, "run", "../w.yml")

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.results["branch"] is None
    assert [str(path) for path in (repository / ".git").rglob("*") if path.lstat().st_uid != 1001] == []
    for path in (repository, repository / ".git"):
        os.chown(path, 0, 0)  # git of another user reads nothing
    assert git(repository, "show", f"{ended.results['refs'][0]['kept_as']}:kept.txt") == "x"


def test_names_and_messages_may_hold_other_line_ends(repository: Path) -> None:
    item = """git switch -qc "$(printf 'a\\342\\200\\250b')" && echo x > kept.txt
git add . && git commit -qm x && git pack-refs --all && git switch -q -
echo first > kept.txt && git add . && git stash push -qm "$(printf 'one\\342\\200\\250two')"
echo second > kept.txt && git add . && git stash push -qm "$(printf 'three\\302\\205four')" """
    ended = run(repository, workflow(item=item, merge=item))

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    expected = ["refs/heads/a\u2028b", "refs/stash", "refs/stash@{1}"]
    assert names(ended.results["items"][0]["refs"]) == names(ended.results["refs"]) == expected
    fetched(repository, ended.results_dir)
    assert kept(ended, 0) == dict(zip(expected, ("x", "second", "first"), strict=True))
    contents = [git(repository, "show", f"{ref['kept_as']}:kept.txt") for ref in ended.results["refs"]]
    assert contents == ["x", "second", "first"]


@pytest.mark.parametrize(
    "end", ("exit 1", "rm -rf .git && git init -q . && exit 1", "git checkout -q --orphan new && git commit -qm new")
)
def test_what_a_failed_item_made_besides_is_named_and_kept(repository: Path, end: str) -> None:
    item = f"""git switch -qc topic && echo topic > kept.txt && git add . && git commit -qm topic && git tag v1
git switch -q - && echo stashed > kept.txt && git add . && git stash -q
echo own > own.txt && git add . && git commit -qm own
test ${{item}} = b || {{ {end}; }}"""
    ended = run(repository, workflow(item=item) + "error_policy: {continue_on_failure: true}\n")

    assert ended.states == ["failed", "succeeded"], ended.stdout + ended.stderr
    fetched(repository, ended.results_dir)
    for item_result in ended.results["items"]:
        contents = {
            ref["name"]: git(repository.parent / "fetched", "show", f"{ref['kept_as']}:kept.txt")
            for ref in item_result["refs"]
            if not ref["name"].endswith("-item-0")
        }
        assert contents == {"refs/heads/topic": "topic", "refs/stash": "stashed", "refs/tags/v1": "topic"}
    count_of_all = sum(len(each["refs"]) for each in ended.results["items"])
    assert len(ended.logged("ref_not_landed")) == count_of_all


def test_what_a_failed_item_made_is_in_the_bundle_of_a_run_that_is_resumed(repository: Path) -> None:
    item = "git switch -qc other && echo x > kept.txt && git add . && git commit -qm x && git switch -q -; exit 1"
    first = run(repository, workflow(item=item) + "error_policy: {continue_on_failure: true}\n")
    assert first.states == ["failed", "failed"]
    again = prodigy(repository, "run", "../workflow.yml", "--resume-from", "prodigy-results", "--redrive", "none")

    assert names(again.results["items"][1]["refs"]) == ["refs/heads/other"], again.stdout + again.stderr
    fetched(repository, again.results_dir)
    assert kept(again, 1) == {"refs/heads/other": "x"}
