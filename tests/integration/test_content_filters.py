"""Content filters and merge drivers: as in the checkout, or refused with their name before anything runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.git import git, make_repository

SEAL = {"clean": "tr a-z b-za", "smudge": "tr b-za a-z", "required": "true"}


def sealed(path: Path) -> Path:
    repository = make_repository(path, {"plain.txt": "abc\n"})
    configure(repository, SEAL)
    (repository / "secret").mkdir()
    (repository / "secret/old").write_text("abc\n")
    (repository / ".gitattributes").write_text("secret/** filter=seal\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "sealed")
    return repository


def configure(repository: Path, values: dict[str, str]) -> None:
    for key, value in values.items():
        git(repository, "config", f"filter.seal.{key}", value)


def phase(name: str, step: str) -> str:
    steps = dict.fromkeys(("setup", "agent_template", "reduce", "merge"), "    - shell: 'true'\n")
    steps[name] = f"    - shell: {step}\n      auto_commit: true\n"
    return f"""
name: filtered
setup:
{steps["setup"]}
map:
  input: [one]
  commit: auto
  agent_template:
{steps["agent_template"]}
reduce:
{steps["reduce"]}
merge:
{steps["merge"]}
"""


@pytest.mark.parametrize("name", ("setup", "agent_template", "reduce", "merge"))
def test_what_any_phase_commits_is_filtered_as_in_the_checkout(tmp_path: Path, name: str) -> None:
    repository = sealed(tmp_path / "repository")
    ended = run(repository, phase(name, 'test "$(cat secret/old)" = abc && echo password > secret/new'))
    assert ended.exit_code == 0, ended.stdout
    assert ended.tree()["secret/new"] == "qbttxpse"
    assert (repository / "secret/new").read_text() == "password\n"
    assert git(repository, "status", "--porcelain") == ""


def test_a_patch_of_a_failed_item_holds_what_would_have_been_committed(tmp_path: Path) -> None:
    ended = run(sealed(tmp_path / "repository"), phase("agent_template", "echo password > secret/new; exit 1"))
    assert ended.states == ["failed"]
    patch = (ended.results_dir / "patches/item-0000.patch").read_text()
    assert "+qbttxpse" in patch
    assert "password" not in patch


@pytest.mark.parametrize("young", (True, False), ids=("as young as the index", "older than the index"))
@pytest.mark.parametrize("broken", ({"smudge": "no-such-program"}, {"clean": "no-such-program"}, {"clean": "false"}))
def test_a_required_filter_that_fails_here_is_refused_before_anything_runs(
    tmp_path: Path, broken: dict[str, str], young: bool
) -> None:
    repository = sealed(tmp_path / "repository")
    for path in (repository / "plain.txt", repository / "secret/old", repository / ".gitattributes"):
        os.utime(path, None if young else (1e9, 1e9))  # git filters only files that are as young as the index
    git(repository, "update-index", "--refresh")
    configure(repository, broken)
    ended = run(repository, phase("setup", f"touch {tmp_path}/ran"))
    assert ended.exit_code == 2, ended.stdout
    assert "requires the content filter 'seal', which fails here" in ended.stderr
    assert not (tmp_path / "ran").exists()


def test_a_filter_that_no_file_has_is_nobodys_business(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"plain.txt": "abc\n"})
    configure(repository, {"clean": "no-such-program", "required": "true"})
    assert run(repository, phase("agent_template", "echo new > new")).exit_code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="other users need root")
def test_users_of_their_own_refuse_a_filter_that_root_would_run(tmp_path: Path) -> None:
    ended = run(sealed(tmp_path / "repository"), phase("agent_template", "echo new > new"), "--run-as", "owner")
    assert ended.exit_code == 2
    assert "content filter 'seal'" in ended.stderr


def test_without_git_lfs_a_new_large_file_is_not_committed_in_place_of_its_pointer(tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    repository = make_repository(
        tmp_path / "repository", {".gitattributes": "*.bin filter=lfs -text\n", "old.bin": pointer}
    )
    for name, value in {"clean": "git-lfs clean -- %f", "smudge": "git-lfs smudge -- %f", "required": "true"}.items():
        git(repository, "config", f"filter.lfs.{name}", value)
    git(repository, "config", "filter.lfs.process", "git-lfs filter-process")
    ended = run(
        repository,
        """
name: large
map:
  input: ["cp old.bin copy.bin; touch old.bin", "printf '\\\\000content' > new.bin"]
  commit: auto
  agent_template:
    - shell: eval "$(cat "$PRODIGY_ITEM_FILE" | sed 's/^"//; s/"$//; s/\\\\\\\\/\\\\/g')"
""",
        PATH=str(without_lfs(tmp_path / "bin")),
    )
    assert ended.states == ["succeeded", "failed"], ended.stdout
    assert ended.tree()["copy.bin"] + "\n" == pointer
    assert "git-lfs is not installed" in (ended.results["items"][1]["error"]["output_tail"])


def without_lfs(directory: Path) -> Path:
    directory.mkdir()
    for place in os.environ["PATH"].split(":"):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            link = directory / program.name
            if program.name != "git-lfs" and not link.is_symlink():
                link.symlink_to(program)
    return directory


CONFLICTING = """
name: drivers
map:
  input: [one, two]
  commit: auto
  agent_template:
    - shell: echo ${item} >> both.lock
"""


@pytest.mark.parametrize(
    ("attribute", "settings", "states", "content"),
    (
        ("", {}, ["succeeded", "conflicted"], "base\none"),
        ("*.lock merge=union", {}, ["succeeded", "succeeded"], "base\none\ntwo"),
        ("*.lock merge=binary", {}, ["succeeded", "conflicted"], "base\none"),
        ("*.lock -merge", {}, ["succeeded", "conflicted"], "base\none"),
        ("*.lock merge=ours", {}, ["succeeded", "conflicted"], "base\none"),
        ("*.lock merge=ours", {"ours.driver": "true"}, ["succeeded", "succeeded"], "base\none"),
        ("*.lock merge=mine", {"mine.driver": "cp %B %A"}, ["succeeded", "succeeded"], "base\ntwo"),
        ("", {"default": "union"}, ["succeeded", "succeeded"], "base\none\ntwo"),
        ("", {"default": "mine", "mine.driver": "cp %B %A"}, ["succeeded", "succeeded"], "base\ntwo"),
        ("*.lock merge=mine", {"mine.driver": "false"}, ["succeeded", "conflicted"], "base\none"),
    ),
)
def test_merge_drivers_count_as_in_the_checkout(
    tmp_path: Path, attribute: str, settings: dict[str, str], states: list[str], content: str
) -> None:
    repository = make_repository(tmp_path / "repository", {".gitattributes": f"{attribute}\n", "both.lock": "base\n"})
    for key, value in settings.items():
        git(repository, "config", f"merge.{key}", value)
    ended = run(repository, CONFLICTING)
    assert ended.states == states
    assert ended.tree(ended.results["head_sha"])["both.lock"] == content


def test_a_driver_that_a_step_defines_is_not_run_by_us(tmp_path: Path) -> None:
    repository = make_repository(
        tmp_path / "repository", {".gitattributes": "*.lock merge=mine\n", "both.lock": "base\n"}
    )
    ended = run(
        repository, CONFLICTING.replace("- shell: ", f"- shell: git config merge.mine.driver 'touch {tmp_path}/ran'; ")
    )
    assert ended.states == ["succeeded", "conflicted"]
    assert not (tmp_path / "ran").exists()
